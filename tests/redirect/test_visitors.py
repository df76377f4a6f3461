"""Who presses a button: duplicates, robots, prefetches and other people's pages are told apart."""

from __future__ import annotations

import pytest

from aggregator.redirect.visitors import DUPLICATE_S, Duplicates, Visitor, is_foreign, is_prefetch, is_robot

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def visitor(**headers: str) -> Visitor:
    return Visitor("192.0.2.1", FIREFOX, {k.replace("_", "-"): v for k, v in headers.items()}, "aiguillage.example")


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


class TestMemory:
    """Duplicates are remembered for half an hour, under a key that changes each day, and never without limit."""

    def test_a_new_key_each_day_forgets_everybody(self) -> None:
        now = [0.0]
        seen = Duplicates(lambda: now[0])
        now[0] = 24 * 3600 - 1
        seen.seen_before("192.0.2.1", FIREFOX, "o-1")
        (first,) = seen._seen
        now[0] += 2

        assert not seen.seen_before("192.0.2.1", FIREFOX, "o-1")
        assert first not in seen._seen

    def test_what_is_too_old_is_let_go(self) -> None:
        now = [0.0]
        seen = Duplicates(lambda: now[0])
        for number in range(50):
            seen.seen_before(f"192.0.2.{number}", FIREFOX, "o-1")
        now[0] = DUPLICATE_S + 1

        seen.seen_before("192.0.2.200", FIREFOX, "o-1")

        assert len(seen._seen) == 1

    def test_a_flood_takes_no_more_than_its_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("aggregator.redirect.visitors.MAX_REMEMBERED", 10)
        seen = Duplicates(lambda: 0.0)

        for number in range(100):
            assert not seen.seen_before(f"192.0.2.{number}", FIREFOX, "o-1")

        assert len(seen._seen) <= 11
        assert seen.seen_before("192.0.2.99", FIREFOX, "o-1")

    def test_parts_that_run_together_are_told_apart(self) -> None:
        seen = Duplicates(lambda: 0.0)

        assert [seen.seen_before("1", "2", "3"), seen.seen_before("12", "", "3")] == [False, False]

    def test_a_user_agent_of_broken_characters_is_a_person_too(self) -> None:
        seen = Duplicates(lambda: 0.0)

        assert [seen.seen_before("192.0.2.1", "\ud800", "o-1") for _ in range(2)] == [False, True]
