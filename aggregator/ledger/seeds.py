"""The seed of the day: a reverse hash chain, fixed once, revealed link by link (docs/log.md §4).

chain_i = SHA256(chain_{i+1}); day D uses the link of D. The beacon is optional, and absent ("-") where no file of its
round lies beside the log as the day begins: no page ever waits for a network call.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import date
from pathlib import Path
from typing import Any

from aggregator import canonical, files

LINKS = 4_000  # almost eleven years of days
ABSENT = "-"


class SeedError(RuntimeError):
    """The chain cannot be read, or does not reach the day asked for."""


def day_seed(day: str, link: bytes, beacon: str = ABSENT) -> bytes:
    """seed_D of "2026-11-23" from its link and the beacon ("round randomness")."""
    text = f"aiguillage-seed/v1\n{day}\n{link.hex()}\n{beacon}\n"
    return hashlib.sha256(text.encode()).digest()


class SeedChain:
    """The secret end of the chain and the day that its first link belongs to."""

    def __init__(self, start: date, end: bytes, links: int = LINKS) -> None:
        self.start = start
        # From the last day to the first: a published link gives the earlier ones by hashing, and none that is to come.
        chain = [end]
        for _ in range(links):
            chain.append(hashlib.sha256(chain[-1]).digest())
        self._links = chain[::-1]

    @property
    def anchor(self) -> bytes:
        """chain_0: published at the opening; every later link hashes back to it."""
        return self._links[0]

    def link(self, day: date) -> bytes:
        """Raises SeedError outside the chain."""
        number = (day - self.start).days + 1  # link 0 is the anchor
        if not 1 <= number < len(self._links):
            raise SeedError(f"the seed chain does not reach {day}")
        return self._links[number]


class DaySeeds:
    """The seeds of days: the chain's, with the beacon where its round was kept beside the log before the day began."""

    def __init__(self, chain: SeedChain, log: Path) -> None:
        self._chain = chain
        self._log = log

    def entry(self, day: str) -> dict[str, Any]:
        """What the log says of a day, but for its type. Raises SeedError."""
        link = self._chain.link(date.fromisoformat(day))
        found = self._beacon(day)
        seed = day_seed(day, link, found["beacon"])
        return {"date": day, "link": link.hex(), **found, "seed": seed.hex()}

    def seed_of(self, day: str) -> bytes:
        """The seed of "2026-11-23", once that day has begun. Raises SeedError."""
        return bytes.fromhex(self.entry(day)["seed"])

    def _beacon(self, day: str) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads(beacon_path(self._log, day).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"beacon": ABSENT}
        except (OSError, ValueError) as error:
            raise SeedError(f"the beacon of {day}: {error}") from error
        return content


def beacon_path(log: Path, day: str) -> Path:
    """Where the round of a day is kept. Written before the day begins, or never."""
    return log / "beacons" / f"{day}.json"


def load_or_create(path: Path, today: date) -> SeedChain:
    """The chain of `path`, drawn once. Raises SeedError."""

    def draw() -> bytes:
        return canonical.to_json({"start": today.isoformat(), "end": secrets.token_hex(32), "links": LINKS})

    try:
        content = json.loads(files.drawn_once(path, draw))
        return SeedChain(date.fromisoformat(content["start"]), bytes.fromhex(content["end"]), content["links"])
    except (OSError, ValueError, KeyError) as error:
        raise SeedError(f"{path}: {error}") from error
