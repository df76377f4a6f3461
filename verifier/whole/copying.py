"""A copy of everything that a check needs, this very program and the sums of all files included."""

from __future__ import annotations

import hashlib
from pathlib import Path

from verifier.figures.editions import check_edition
from verifier.log import check_log
from verifier.order import named, snapshots_of_hour
from verifier.source import Missing
from verifier.whole.gaps import changed_ids, check_gaps

SUMS, PROGRAM = "SHA256SUMS", "verify.py"


def check_copy(log, arguments):
    """Everything that the log names, checked on the way; of some days snapshots, editions, pages' figures too."""
    log.source.get("vkey")
    said = check_log(log, arguments)
    days, kept = set(arguments.day or ()), set()
    for entry in log.of_type("snapshots"):
        found, _ = snapshots_of_hour(log, entry["hour"])
        if entry["hour"][:10] in days:
            kept.update(one[part] for one in found for part in ("places", "slots"))
    for digest in sorted(kept):
        named(log.source, digest)
    if days:
        for name in ("shares.json", "closed.json"):
            keep_if_there(log, name)
        for name in sorted(days):
            if log.one("release", name=name):
                check_edition(log, name)
    said.append(f"copied to {arguments.to}, with {len(kept)} snapshot files of {len(days)} days")
    said.append(f"{write_sums(Path(arguments.to))} files in {SUMS}; there, without the portal: python {PROGRAM} all .")
    hours = [one["hour"] for one in log.of_type("snapshots") if one["hour"][:10] in days]
    return said + check_gaps(log, 0) + changed_ids(log, hours)


def keep_if_there(log, name):
    try:
        log.source.get(name)
    except Missing:
        pass


def write_sums(folder):
    """Put this program beside what it has copied, and name each file with its hash, as `sha256sum --check` reads it."""
    (folder / PROGRAM).write_bytes(Path(__file__).read_bytes())
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return len(files)
