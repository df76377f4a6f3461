"""A copy of everything that a check needs."""

from __future__ import annotations

from verifier.figures.editions import check_edition
from verifier.log import check_log
from verifier.order import named, snapshots_of_hour
from verifier.source import Missing
from verifier.whole.gaps import changed_ids, check_gaps


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
    hours = [one["hour"] for one in log.of_type("snapshots") if one["hour"][:10] in days]
    return said + check_gaps(log, 0) + changed_ids(log, hours)


def keep_if_there(log, name):
    try:
        log.source.get(name)
    except Missing:
        pass
