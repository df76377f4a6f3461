"""The seeds of the days: a reverse hash chain, drawn once, revealed link by link."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.ledger import seeds
from aggregator.ledger.seeds import DaySeeds, SeedChain, SeedError, beacon_path, day_seed, load_or_create
from tests.clock import NOON

CHAIN = SeedChain(date(2026, 11, 22), b"end" * 11, links=30)
TODAY = "2026-11-23"


class TestSeeds:
    """A reverse hash chain: today's link gives yesterday's, never tomorrow's."""

    def test_each_link_hashes_to_the_one_before(self) -> None:
        chain = seeds.SeedChain(NOON.date(), b"\x01" * 32, links=40)

        link = chain.link(NOON.date() + timedelta(days=30))
        for back in range(29, -1, -1):
            link = hashlib.sha256(link).digest()
            assert link == chain.link(NOON.date() + timedelta(days=back))
        assert hashlib.sha256(link).digest() == chain.anchor

    def test_the_seed_of_the_day_is_the_formula_of_the_specification(self) -> None:
        text = "aiguillage-seed/v1\n2026-11-23\n" + "ab" * 32 + "\n-\n"

        assert seeds.day_seed("2026-11-23", bytes.fromhex("ab" * 32)) == hashlib.sha256(text.encode()).digest()

    def test_it_is_drawn_once_and_kept_to_ourselves(self, tmp_path: Path) -> None:
        path = tmp_path / "keys" / "seed-chain.json"

        first = seeds.load_or_create(path, NOON.date())

        assert seeds.load_or_create(path, NOON.date()).anchor == first.anchor
        assert path.stat().st_mode & 0o777 == 0o600

    @given(st.integers(-10, 0) | st.integers(4001, 5000))
    def test_outside_the_chain_is_refused(self, days: int) -> None:
        chain = seeds.SeedChain(NOON.date(), b"\x01" * 32, links=10)

        with pytest.raises(seeds.SeedError):
            chain.link(NOON.date() + timedelta(days=days - 1))


class TestSeedChain:
    def test_each_link_hashes_to_the_one_before(self) -> None:
        links = [CHAIN.link(date(2026, 11, 22) + timedelta(days=day)) for day in range(30)]

        for earlier, later in zip([CHAIN.anchor, *links], links, strict=False):
            assert hashlib.sha256(later).digest() == earlier

    @pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 12, 22)])
    def test_a_day_outside_the_chain_is_refused(self, day: date) -> None:
        assert CHAIN.link(date(2026, 12, 21)) == b"end" * 11

        with pytest.raises(SeedError, match=f"the seed chain does not reach {day}"):
            CHAIN.link(day)

    def test_a_beacon_changes_the_seed(self) -> None:
        text = b"aiguillage-seed/v1\n2026-11-23\n6c\nb\n"

        assert day_seed(TODAY, b"l", "b") == hashlib.sha256(text).digest()
        assert day_seed(TODAY, b"l") == hashlib.sha256(text.replace(b"\nb\n", b"\n-\n")).digest()

    def test_it_is_drawn_once_and_lasts_for_years(self, tmp_path: Path) -> None:
        first = load_or_create(tmp_path / "seed-chain.json", date(2026, 11, 23))
        again = load_or_create(tmp_path / "seed-chain.json", date(2027, 1, 1))

        assert (again.start, again.anchor) == (date(2026, 11, 23), first.anchor)
        assert again.link(date(2026, 11, 23) + timedelta(days=3_999))
        kept = json.loads((tmp_path / "seed-chain.json").read_text())
        assert (kept["start"], kept["links"], len(kept["end"])) == ("2026-11-23", 4_000, 64)

    def test_one_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "seed-chain.json").write_text("{}")

        with pytest.raises(SeedError, match=r"seed-chain\.json: "):
            load_or_create(tmp_path / "seed-chain.json", datetime.now(UTC).date())


class TestDaySeeds:
    def test_a_day_has_the_beacon_that_was_kept_before_it_began_and_others_none(self, tmp_path: Path) -> None:
        path = beacon_path(tmp_path, TODAY)
        path.parent.mkdir()
        path.write_text('{"beacon": "7 ab", "signature": "cd"}')
        drawn = DaySeeds(CHAIN, tmp_path)
        links = [CHAIN.link(date(2026, 11, day)) for day in (22, 23)]

        assert drawn.seed_of(TODAY) == day_seed(TODAY, links[1], "7 ab")
        assert drawn.seed_of("2026-11-22") == day_seed("2026-11-22", links[0])
        entry = drawn.entry(TODAY)
        assert (entry["beacon"], entry["signature"], entry["seed"]) == ("7 ab", "cd", drawn.seed_of(TODAY).hex())

    def test_a_file_that_cannot_be_read_is_named_and_never_passed_over(self, tmp_path: Path) -> None:
        path = beacon_path(tmp_path, TODAY)
        path.parent.mkdir()
        path.write_text("{")

        with pytest.raises(SeedError, match=f"the beacon of {TODAY}"):
            DaySeeds(CHAIN, tmp_path).seed_of(TODAY)
