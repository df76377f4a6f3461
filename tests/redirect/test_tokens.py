"""List tokens: what was written is read again with its proof; nothing else is genuine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.redirect.tokens import TokenError, Tokens, load_secret, still_valid
from aggregator.store.registry import draw

TOKENS = Tokens(b"\x01" * 32)
HASH = "7f3a91c2" * 8


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


@pytest.mark.parametrize(("seconds", "valid"), [(-60, True), (-61, False), (-600, False)])
def test_a_clock_may_be_a_minute_behind_the_one_that_wrote_the_token_and_no_more(seconds: int, valid: bool) -> None:
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert still_valid("2026-11-23T12", start + timedelta(seconds=seconds)) is valid


def test_the_secret_is_drawn_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "token.key"

    assert load_secret(path) == load_secret(path)
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o600
