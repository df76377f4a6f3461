"""What a bundle holds: the log's entries under a signed head, and all files that the checks of one day read."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from aggregator.config.settings import ROOT

# Files of the log: {} is the day. All tables, because an edition is made of those of every day before it too.
OF_A_DAY = (
    "keys/*", "contracts/*", "hosting/*", "policies/*", "programs/*", "witness-policy", "seeds/{}.json", "stamps/{}.*",
    "openings/{}.json", "replays/{}T*", "metrics/*", "releases/{}.sha256",
)  # fmt: skip
BACK_DAYS = 2  # a list may rest on a snapshot of before, as far back as verify.py looks (docs/ranking.md §7.1)
TILE = 256

Named = tuple[str, BinaryIO]


def closed_days(published: Path) -> list[str]:
    """The days whose table is in force, newest first."""
    return sorted((path.stem for path in (published / "log" / "metrics").glob("????-??-??.json")), reverse=True)


def head(published: Path) -> list[tuple[str, bytes]]:
    """The signed head with the tiles that are not full yet: what changes, read at once.

    Raises FileNotFoundError when the log has grown over the end of a tile meanwhile: it is then to be read again.
    """
    log = published / "log"
    checkpoint = (log / "checkpoint").read_bytes()
    names, size, level = [_partial("entries", int(checkpoint.split(b"\n")[1]))], int(checkpoint.split(b"\n")[1]), 0
    while size:
        names.append(_partial(str(level), size))
        size, level = size // TILE, level + 1
    return [("checkpoint", checkpoint), ("vkey", (log / "vkey").read_bytes())] + [
        (name, (log / name).read_bytes()) for name in names if name
    ]


def _partial(level: str, size: int) -> str:
    number, width = divmod(size, TILE)
    digits, rest = f"{number % 1000:03d}", number // 1000
    while rest:
        digits, rest = f"x{rest % 1000:03d}/{digits}", rest // 1000
    return f"tile/{level}/{digits}.p/{width}" if width else ""


def files(published: Path, day: str, begin: list[tuple[str, bytes]]) -> Iterator[Named]:
    """(name, opened file), beginning with the head that was read."""
    log = published / "log"
    for name, body in [*begin, ("LISEZ-MOI.txt", read_me(day).encode())]:
        yield name, io.BytesIO(body)
    yield "verify.py", (ROOT / "verify.py").open("rb")
    found = [path for pattern in OF_A_DAY for path in sorted(log.glob(pattern.format(day)))]
    found += sorted((log / "minutes" / day.replace("-", "/")).rglob("*.bin"))
    found += [path for path in sorted((log / "tile").rglob("*")) if path.is_file() and path.parent.suffix != ".p"]
    for path in found:
        yield path.relative_to(log).as_posix(), path.open("rb")
    yield from _snapshots(published, day)
    yield from _edition(published / "data" / day, day)


def _snapshots(published: Path, day: str) -> Iterator[Named]:
    """The lists of hours and the files that they name: of the day, and what was in force as it began."""
    first, wanted = date.fromisoformat(day), set[str]()
    before: dict[str, str] = {}
    days = [(first - timedelta(days=back)).isoformat() for back in range(BACK_DAYS, -1, -1)]
    for path in [path for one in days for path in sorted((published / "hours").glob(f"{one}T*.ndjson"))]:
        yield f"hours/{path.name}", path.open("rb")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        mine = path.name >= f"{days[1]}T21"  # three hours of the evening before, too
        wanted |= {row[part] for row in rows if mine for part in ("places", "slots")}
        if rows and not mine:
            before = rows[-1]
    wanted |= {before[part] for part in ("places", "slots") if before}
    for digest in sorted(wanted):
        path = published / "snapshots" / f"{digest}.json.gz"
        if path.exists():
            yield f"snapshots/{path.name}", path.open("rb")


def _edition(folder: Path, day: str) -> Iterator[Named]:
    """Files of the day's open data, unpacked as their sums name them; none where no edition was written."""
    sums = folder / "SHA256SUMS"
    if not sums.exists():
        return
    for name in ["SHA256SUMS", *(line.partition("  ")[2] for line in sums.read_text(encoding="utf-8").splitlines())]:
        packed = folder / f"{name}.gz"
        file = cast(BinaryIO, gzip.GzipFile(packed)) if packed.exists() else (folder / name).open("rb")
        yield f"donnees/{day}/{name}", file


def read_me(day: str) -> str:
    return f"""Tout ce qu’il faut pour vérifier le {day} sans le portail.
Everything that checking {day} needs, without the portal.

    pip install cryptography
    python verify.py all --day {day} .               (--langue fr)
    sha256sum --check SHA256SUMS

La clé `vkey` vient du portail : comparez-la à une ancienne copie (--vkey).
The key `vkey` comes from the portal: compare it with an old copy (--vkey).
Le journal entier / the whole log: python verify.py copy --to DOSSIER ADRESSE
"""
