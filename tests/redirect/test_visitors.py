"""Who presses a button: duplicates, robots, prefetches and other people's pages are told apart."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.redirect import visitors
from aggregator.redirect.tokens import HOURS_VALID
from aggregator.redirect.visitors import (
    DUPLICATE_S,
    ClickLimits,
    Duplicates,
    Visitor,
    address_in,
    is_foreign,
    is_prefetch,
    is_robot,
    networks_of,
)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def visitor(**headers: str) -> Visitor:
    return Visitor("192.0.2.1", FIREFOX, {k.replace("_", "-"): v for k, v in headers.items()}, "aiguillage.example")


class TestDuplicates:
    def test_the_same_person_and_offer_within_half_an_hour(self) -> None:
        now = [0.0]
        seen = Duplicates(lambda: now[0])

        assert not seen.seen_before("192.0.2.1", "o-1")
        assert seen.seen_before("192.0.2.1", "o-1")
        assert not seen.seen_before("192.0.2.1", "o-2")
        assert not seen.seen_before("192.0.2.2", "o-1")
        now[0] = 1799
        assert seen.seen_before("192.0.2.1", "o-1")
        now[0] = 1801
        assert not seen.seen_before("192.0.2.1", "o-1")

    def test_what_it_remembers_is_neither_address_nor_browser(self) -> None:
        seen = Duplicates()
        seen.seen_before("192.0.2.1", "o-1")

        assert "192.0.2.1" not in repr(seen._seen)
        assert all(len(mark) == 16 for mark in seen._seen)

    def test_two_nodes_or_two_days_give_different_marks(self) -> None:
        one, other = Duplicates(), Duplicates()
        one.seen_before("192.0.2.1", "o-1")
        other.seen_before("192.0.2.1", "o-1")

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


OPENING_BY_THEMSELVES = """\
Microsoft Office Existence Discovery
Microsoft Office Protocol Discovery
Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)
Microsoft Office Word 2014
Mozilla/4.0 (compatible; ms-office; MSOffice 16)
Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; ms-office; MSOffice 16)
Microsoft-WebDAV-MiniRedir/10.0.19045
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Word/16.78.3
Excel/16.0
Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)
Mozilla/5.0 (compatible; GoogleDocs; apps-spreadsheets; +http://docs.google.com)
LibreOffice 7.4.7.2 denylistedbackend/8.0.0 NSS/3.87
Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)
facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
WhatsApp/2.23.20.0 A
TelegramBot (like TwitterBot)
Twitterbot/1.0
LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)
Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5
Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)
mattermost-9.5.0
Rocket.Chat/6.0
Bluesky Cardyb/1.1
Mozilla/5.0 (compatible; BarracudaCentral)
Barracuda Sentinel (EE)
W3C-checklink/4.81
Mozilla/5.0 (compatible; LinkChecker/10.2; +https://linkchecker.github.io/linkchecker/)
lychee/0.14.3
Wget/1.21.4
python-urllib3/2.0
PostmanRuntime/7.36"""


@pytest.mark.parametrize("user_agent", OPENING_BY_THEMSELVES.splitlines())
def test_programs_that_open_links_by_themselves_are_robots(user_agent: str) -> None:
    assert is_robot(user_agent)


PEOPLE = """\
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Teams/1.6 Chrome/108 Electron/22 Safari/537.36
Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS]
Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 Instagram 300
Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.0
Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0; Passwordmanager/2) like Gecko"""


@pytest.mark.parametrize("user_agent", PEOPLE.splitlines())
def test_the_browser_of_a_person_is_none_however_it_was_opened(user_agent: str) -> None:
    """The control: a page that opens inside another application is looked at by somebody."""
    assert not is_robot(user_agent)


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


@pytest.mark.parametrize("header", ["sec-purpose", "purpose", "x-purpose", "x-moz"])
@pytest.mark.parametrize("value", ["prefetch;prerender", "Prerender", "preview"])
def test_a_prefetch_is_seen_by_any_of_its_names(header: str, value: str) -> None:
    assert is_prefetch({header: value})
    assert not is_prefetch({header: "something"})
    assert not is_prefetch({})


class TestMemory:
    """Duplicates are remembered for half an hour, under a key that changes each day, and never without limit."""

    def test_a_new_key_each_day_forgets_everybody(self) -> None:
        now = [0.0]
        seen = Duplicates(lambda: now[0])
        now[0] = 24 * 3600 - 1
        seen.seen_before("192.0.2.1", "o-1")
        (first,) = seen._seen
        now[0] += 2

        assert not seen.seen_before("192.0.2.1", "o-1")
        assert first not in seen._seen

    def test_the_key_of_the_second_day_lasts_a_day_too(self) -> None:
        now = [24 * 3600 + 1.0]
        seen = Duplicates(lambda: now[0])
        now[0] *= 2

        first = [seen.seen_before("192.0.2.1", "o-1") for _ in range(2)]
        (mark,) = seen._seen
        now[0] += 24 * 3600 + 1
        later = [seen.seen_before("192.0.2.1", "o-1") for _ in range(2)]

        assert first == later == [False, True]
        assert mark not in seen._seen

    def test_what_is_too_old_is_let_go(self) -> None:
        now = [0.0]
        seen = Duplicates(lambda: now[0])
        for number in range(50):
            seen.seen_before(f"192.0.2.{number}", "o-1")
        now[0] = DUPLICATE_S + 1

        seen.seen_before("192.0.2.200", "o-1")

        assert len(seen._seen) == 1

    def test_a_flood_takes_no_more_than_its_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("aggregator.redirect.visitors.MAX_REMEMBERED", 10)
        seen = Duplicates(lambda: 0.0)

        for number in range(100):
            assert not seen.seen_before(f"192.0.2.{number}", "o-1")

        assert len(seen._seen) <= 11
        assert seen.seen_before("192.0.2.99", "o-1")

    def test_parts_that_run_together_are_told_apart(self) -> None:
        seen = Duplicates(lambda: 0.0)

        assert [seen.seen_before("1", "23"), seen.seen_before("12", "3")] == [False, False]

    def test_a_user_agent_of_broken_characters_is_a_person_too(self) -> None:
        seen = Duplicates(lambda: 0.0)

        assert [seen.seen_before("\ud800", "o-1") for _ in range(2)] == [False, True]


class TestLimits:
    """What one address, one network and one list can count within an hour; the hour of start is the one before."""

    NOW = "2026-11-23T12"

    def pressed(self, limits: ClickLimits, times: int, address: str = "a", offers: int = 1, listed: str = "l") -> int:
        """How many of so many clicks count, offers taken in turn."""
        sources = {address: 20, f"{address}*": 200}
        clicks = (limits.exceeded(self.NOW, self.NOW, listed, f"o-{n % offers}", sources) for n in range(times))
        return sum(not exceeded for exceeded in clicks)

    def test_a_button_counts_as_often_as_its_list_was_served(self) -> None:
        limits = ClickLimits("2026-11-23T11")
        for _ in range(3):
            limits.served("l", self.NOW)

        assert self.pressed(limits, 10) == 3

    def test_a_list_that_was_never_served_counts_nothing(self) -> None:
        assert self.pressed(ClickLimits("2026-11-23T11"), 10) == 0

    @pytest.mark.parametrize("limits", [ClickLimits("2026-11-23T12"), ClickLimits("2026-11-23T11", several=True)])
    def test_a_list_that_another_process_served_is_not_held_against_anybody(self, limits: ClickLimits) -> None:
        assert self.pressed(limits, 10, offers=10) == 10

    def test_an_address_counts_twenty_times_an_hour(self) -> None:
        limits = ClickLimits("2026-11-23T12")

        assert self.pressed(limits, 100, "a", offers=100) == 20
        assert self.pressed(limits, 100, "b", offers=100, listed="other") == 20

    def test_a_list_that_was_forgotten_for_lack_of_room_is_not_held_against_anybody(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else a flood of questions would make `excess` of other people's clicks."""
        monkeypatch.setattr(visitors, "MAX_REMEMBERED", 50)
        limits = ClickLimits("2026-11-23T11")
        limits.served("l", self.NOW)
        for number in range(51):
            limits.served(f"flood-{number}", self.NOW)

        assert self.pressed(limits, 1, listed="l") == 1

    def test_lists_are_let_go_once_their_tokens_have_expired_and_not_before(self) -> None:
        limits = ClickLimits("2026-11-23T00")
        for hour in range(1, 24):
            now, oldest = f"2026-11-23T{hour:02}", f"2026-11-23T{hour - HOURS_VALID:02}"
            for number in range(10):
                limits.served(f"{now} {number}", now)
            assert not limits.exceeded(now, now, f"{now} 9", "o-1", {})
            if hour > HOURS_VALID:
                assert not limits.exceeded(now, oldest, f"{oldest} 9", "o-2", {})
                assert limits.exceeded(now, oldest, f"{oldest} 9", "o-1", {})  # pressed once in its own hour

        assert len(limits._served) <= 10 * (HOURS_VALID + 2)
        assert len(limits._pressed) <= 2 * (HOURS_VALID + 2)

    def test_a_new_hour_begins_anew(self) -> None:
        limits = ClickLimits("2026-11-23T13")
        self.pressed(limits, 30, offers=30)

        assert not limits.exceeded("2026-11-23T13", "2026-11-23T13", "m", "o-1", {"a": 20})

    def test_a_new_key_each_day_forgets_which_addresses_pressed(self) -> None:
        now = [0.0]
        limits = ClickLimits(self.NOW, clock=lambda: now[0])
        self.pressed(limits, 1)
        before = set(limits._clicks)
        now[0] = 24 * 3600 + 1.0

        self.pressed(limits, 1)

        assert len(before) == len(limits._clicks) == 2  # the address and its network
        assert not before & set(limits._clicks)

    def test_offers_that_are_pressed_faster_than_people_press_are_counted_for_the_alarm(self) -> None:
        now = [0.0]
        limits = ClickLimits("2026-11-23T12", clock=lambda: now[0])
        self.pressed(limits, 31, "a", listed="l")
        self.pressed(limits, 30, "b", offers=30, listed="m")
        assert limits.hasty == 0  # the running minute is not over

        now[0] = 60.0
        self.pressed(limits, 1, "c")

        assert limits.hasty == 1

    @given(st.lists(st.tuples(st.sampled_from("lmn"), st.sampled_from("op"), st.booleans()), max_size=200))
    def test_clicks_that_count_never_exceed_the_times_that_lists_were_served(
        self, steps: list[tuple[str, str, bool]]
    ) -> None:
        limits, served, counted = ClickLimits("2026-11-23T11"), Counter[str](), Counter[tuple[str, str]]()
        for listed, offer, is_click in steps:
            if is_click:
                counted[listed, offer] += not limits.exceeded(self.NOW, self.NOW, listed, offer, {"a": 1000})
            else:
                limits.served(listed, self.NOW)
                served[listed] += 1

        assert all(n <= served[listed] for (listed, _), n in counted.items())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_addresses_of_one_connection_are_one(one: str, other: str) -> None:
    assert networks_of(one)[0] == networks_of(other)[0]


def test_addresses_of_one_network_are_near_and_not_the_same() -> None:
    assert networks_of("192.0.2.1")[0] != networks_of("192.0.2.2")[0]
    assert networks_of("192.0.2.1")[1] == networks_of("192.0.2.200")[1]
    assert networks_of("192.0.2.1")[1] != networks_of("192.0.3.1")[1]
    assert networks_of("unknown") == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("unknown", "unknown"),
    ],
)
def test_a_forwarded_address_loses_its_port_and_brackets(text: str, address: str) -> None:
    assert address_in(text) == address
