"""Tokens, duplicates, robots: what is counted, what is set apart, and that everybody is sent on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.redirect.tokens import TokenError, Tokens, load_secret, still_valid
from aggregator.redirect.visitors import Duplicates, Visitor, is_foreign, is_prefetch, is_robot
from aggregator.store.registry import draw

TOKENS = Tokens(b"\x01" * 32)
HASH = "7f3a91c2" * 8
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def visitor(**headers: str) -> Visitor:
    return Visitor("192.0.2.1", FIREFOX, {k.replace("_", "-"): v for k, v in headers.items()}, "aiguillage.example")


@given(st.integers(0, 65535), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_token_says_what_was_written_and_proves_it(position: int, at: datetime) -> None:
    epoch, place, offer = at.strftime("%Y-%m-%dT%H"), draw("p"), draw("o")

    click = TOKENS.read(TOKENS.write(epoch, HASH, place, offer, position))

    assert (click.epoch, click.list_hash, click.place_id, click.offer_id) == (epoch, HASH[:32], place, offer)
    assert (click.position, click.genuine) == (position, True)


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_changed_token_is_genuine(position: int, change: int) -> None:
    import base64

    raw = bytearray(base64.urlsafe_b64decode(TOKENS.write("2026-11-23T12", HASH, draw("p"), draw("o"), 3) + "=="))
    raw[position % len(raw)] ^= change

    try:
        click = TOKENS.read(base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode())
    except TokenError:
        return
    assert not click.genuine


def test_another_node_s_token_is_not_ours() -> None:
    token = Tokens(b"\x02" * 32).write("2026-11-23T12", HASH, draw("p"), draw("o"), 1)

    assert not TOKENS.read(token).genuine


@given(st.text(max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        TOKENS.read(text)
    except TokenError:
        pass


@pytest.mark.parametrize(
    ("hours", "valid"), [(0, True), (5, True), (5.99, True), (6, False), (24, False), (-0.01, True), (-1, False)]
)
def test_a_token_holds_for_its_hour_and_the_five_after(hours: float, valid: bool) -> None:
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert still_valid("2026-11-23T12", start + timedelta(hours=hours)) is valid


class TestDuplicates:
    def test_the_same_person_and_offer_within_half_an_hour(self) -> None:
        now = [0.0]
        seen = Duplicates(lambda: now[0])

        assert not seen.seen_before("192.0.2.1", FIREFOX, "o-1")
        assert seen.seen_before("192.0.2.1", FIREFOX, "o-1")
        assert not seen.seen_before("192.0.2.1", FIREFOX, "o-2")
        assert not seen.seen_before("192.0.2.2", FIREFOX, "o-1")
        assert not seen.seen_before("192.0.2.1", "another browser", "o-1")
        now[0] = 1799
        assert seen.seen_before("192.0.2.1", FIREFOX, "o-1")
        now[0] = 1801
        assert not seen.seen_before("192.0.2.1", FIREFOX, "o-1")

    def test_what_it_remembers_is_neither_address_nor_browser(self) -> None:
        seen = Duplicates()
        seen.seen_before("192.0.2.1", FIREFOX, "o-1")

        assert "192.0.2.1" not in repr(seen._seen)
        assert all(len(mark) == 16 for mark in seen._seen)

    def test_two_nodes_or_two_days_give_different_marks(self) -> None:
        one, other = Duplicates(), Duplicates()
        one.seen_before("192.0.2.1", FIREFOX, "o-1")
        other.seen_before("192.0.2.1", FIREFOX, "o-1")

        assert not set(one._seen) & set(other._seen)


@pytest.mark.parametrize(
    ("user_agent", "robot"),
    [
        (FIREFOX, False),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
            False,
        ),
        ("", True),
        ("Googlebot/2.1 (+http://www.google.com/bot.html)", True),
        ("curl/8.5.0", True),
        ("python-requests/2.32", True),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/130.0 Safari/537.36", True),
    ],
)
def test_robots_are_told_by_the_public_list(user_agent: str, robot: bool) -> None:
    assert is_robot(user_agent) is robot


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"sec_fetch_site": "same-origin"}, False),
        ({"sec_fetch_site": "cross-site"}, True),
        ({"sec_fetch_site": "same-site"}, True),
        ({"origin": "https://aiguillage.example"}, False),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"sec_fetch_site": "same-origin", "origin": "https://evil.example"}, False),
    ],
)
def test_a_post_from_elsewhere_is_seen(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(visitor(**headers)) is foreign


@pytest.mark.parametrize("header", ["sec-purpose", "purpose", "x-moz"])
def test_a_prefetch_is_seen_by_any_of_its_names(header: str) -> None:
    assert is_prefetch({header: "prefetch;prerender"})
    assert not is_prefetch({header: "something"})
    assert not is_prefetch({})


def test_the_secret_is_drawn_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "token.key"

    assert load_secret(path) == load_secret(path)
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o600
