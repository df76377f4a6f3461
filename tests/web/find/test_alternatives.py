"""Filters never lie: whatever is asked, every sentence with a number is true of the files that pages are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config.campaign import ANY
from aggregator.country.geography import distance_m
from aggregator.search.question import Moment, Question
from aggregator.snapshot.places import Place
from aggregator.web.find import alternatives, query
from aggregator.web.serving.site import Site
from tests.clock import NOON
from tests.web.conftest import citizen_of
from tests.web.test_pages import plain

EPOCH_DAY = date(1970, 1, 1)
SHORTCUT = re.compile(r'<a href="([^"]+)"( aria-current="true")?>[^<]+ \((\d+)\)</a>')
KM = re.compile(r"([\d,]+) (km|m)\b")


# The list again, place by place and slot by slot, without the arrays and the index that the portal asks


@dataclass(frozen=True)
class Naive:
    """What a question finds. `near`: (metres, place) that filters are applied to."""

    site: Site
    question: Question

    @cached_property
    def distances(self) -> list[tuple[int, str, Place]]:
        assert self.site.snapshot is not None
        places = self.site.snapshot.places
        lat, lon = places.points[self.question.insee or ""]
        located = [one for one in places.all if one.lat is not None and one.lon is not None]
        return sorted((distance_m(lat, lon, one.lat, one.lon), one.id, one) for one in located)  # type: ignore[arg-type]

    def within(self, km: float) -> list[tuple[int, Place]]:
        return [(metres, place) for metres, _, place in self.distances if metres <= 1000 * km]

    @cached_property
    def widened(self) -> bool:
        return not self.within(self.question.radius_km)

    @property
    def near(self) -> list[tuple[int, Place]]:
        return self.within(100)[:8] if self.widened else self.within(self.question.radius_km)

    @cached_property
    def found(self) -> list[tuple[int, Place]]:
        return [(metres, place) for metres, place in self.near if self.shows(place)]

    def shows(self, place: Place) -> bool:
        asked, has_slot = self.question, self.has_slot(place)
        states = self.states(place)
        only_for_others = asked.need != ANY and bool(states) and all(one == "seen" for one in states) and not has_slot
        return not (
            (asked.walk_in and not place.walk_in)
            or (asked.access and place.wheelchair is not True)
            or (asked.seen and not has_slot)
            or only_for_others
        )

    def states(self, place: Place) -> list[str]:
        assert self.site.snapshot is not None
        offers = self.site.snapshot.slots.offers
        return [offers[one.id].state if one.id in offers else "never" for one in place.offers]

    def unknown(self, place: Place) -> bool:
        states = self.states(place)
        return not self.has_slot(place) and not (states and all(one in ("seen", "none") for one in states))

    def has_slot(self, place: Place) -> bool:
        return bool(self.slots(place))

    def slots_ahead(self) -> int:
        now = self.site.now().timestamp() // 60
        return sum(minute > now for _, place in self.found for minute in self.slots(place))

    def slots(self, place: Place) -> list[int]:
        """The minutes (UTC) of those that fit."""
        assert self.site.snapshot is not None
        slots = self.site.snapshot.slots
        states = [slots.offers[one.id] for one in place.offers if one.id in slots.offers]
        return [
            int(slots.minute[number])
            for state in states
            if state.state == "seen"
            for number in range(state.first, state.last)
            if self.fits(int(slots.local[number]), slots.kinds[slots.kind[number]])
        ]

    def fits(self, local: int, kind: Mapping[str, object]) -> bool:
        asked, day, hour = self.question, EPOCH_DAY + timedelta(days=local // 1440), local % 1440 // 60
        moments = {
            None: True,
            Moment.MORNING: hour < 12,
            Moment.AFTERNOON: 12 <= hour < 18,
            Moment.EVENING: hour >= 18,
            Moment.WEEK_END: day.weekday() >= 5,
        }
        return (
            (asked.first_day or day) <= day <= (asked.last_day or day)
            and moments[asked.moment]
            and (asked.need == ANY or not kind["needs"] or asked.need in kind["needs"])  # type: ignore[operator]
            and (asked.step == ANY or kind["step"] in (None, asked.step))
            and (asked.audience == ANY or kind["audience"] == asked.audience)
        )


def metres(text: str) -> list[float]:
    return [float(n.replace(",", ".")) * (1000 if unit == "km" else 1) for n, unit in KM.findall(text)]


# Each sentence with a number that the head of a list may hold, and when it is true


def true_of(naive: Naive, sentence: str) -> bool | None:
    """None for a sentence that no rule knows."""
    rules: dict[str, Callable[[list[str]], bool]] = {
        r"(\d+) lieux? à moins de (\d+) km": lambda n: (
            int(n[0]) == len(naive.found) == len(naive.within(int(n[1]))) and not naive.widened
        ),
        r"(\d+) lieux? sur (\d+) à moins de (\d+) km": lambda n: (
            [int(n[0]), int(n[1])] == [len(naive.found), len(naive.within(int(n[2])))] and not naive.widened
        ),
        r"Aucun lieu à moins de (\d+) km": lambda n: not naive.within(int(n[0])),
        r"Aucun lieu ne correspond à vos filtres à moins de (\d+) km": lambda n: (
            bool(naive.within(int(n[0]))) and not any(naive.shows(one) for _, one in naive.within(int(n[0])))
        ),
        r"Aucun lieu connu à moins de (100) km": lambda n: not naive.within(100),
        r"Aucun lieu connu n’y correspond à moins de (100) km": lambda n: (
            not any(naive.shows(one) for _, one in naive.within(100))
        ),
        r"Aucun des (\d+) plus proches ne correspond à vos filtres": lambda n: (
            int(n[0]) == len(naive.near) and not naive.found
        ),
        r"Des (\d+) lieux les plus proches, (\d+) correspond(?:ent)? à vos filtres, (?:à|de) .*": lambda n: (
            [int(n[0]), int(n[1])] == [len(naive.near), len(naive.found)] and ends(naive, sentence.split("filtres")[1])
        ),
        r"Voici les (\d+) plus proches, de .*": lambda n: (
            int(n[0]) == len(naive.found) == len(naive.near) and ends(naive, sentence)
        ),
        r"Voici le plus proche, à (.*)": lambda n: len(naive.found) == 1 and ends(naive, sentence),
        r"Le plus proche qui y correspond est à ([\d,]+ k?m) : .*": lambda n: (
            abs(min(m for m, one in naive.within(100) if naive.shows(one)) - metres(n[0])[0]) <= 5
        ),
        r"Aucun créneau vu(?: pour cette demande)? dans (?:ces )?(\d+) lieux?": lambda n: (
            int(n[0]) == sum(not naive.unknown(one) and not naive.has_slot(one) for _, one in naive.found)
        ),
        r"Vaccin : (.*)": lambda n: all(of_need(naive, *one) for one in re.findall(r"([^·(]+) \((\d+) lieux?\)", n[0])),
        r"Créneaux inconnus dans (\d+) lieux?": lambda n: (
            int(n[0]) == sum(naive.unknown(one) for _, one in naive.found)
        ),
        r"Par téléphone : (\d+) lieux? de cette liste": lambda n: (
            int(n[0]) == sum(one.phone is not None for _, one in naive.found)
        ),
        r"Premier créneau .* · (\d+) créneaux?": lambda n: int(n[0]) == naive.slots_ahead(),
        r"Sans rendez-vous : (\d+) lieux?": lambda n: int(n[0]) == sum(one.walk_in for _, one in naive.found),
    }
    for pattern, rule in rules.items():
        if found := re.fullmatch(pattern, sentence):
            return rule(list(found.groups()))
    return None


def of_need(naive: Naive, label: str, number: str) -> bool:
    slugs = {one.label: one.slug for one in naive.site.campaign.needs}
    return int(number) == len(Naive(naive.site, replace(naive.question, need=slugs[label.strip()])).found)


def ends(naive: Naive, text: str) -> bool:
    said, all_metres = metres(text), [one for one, _ in naive.found]
    return all(abs(a - b) <= 5 for a, b in zip(said, (min(all_metres), max(all_metres)), strict=False))


# Numbers that say nothing of how many places there are: moments, the telephone of the campaign, pages.
OF_MOMENTS = re.compile(r"(Plus loin : |Aide par téléphone|.* \d+ h\b).*")


def head(html: str) -> str:
    """What stands above the order and the cards, and the box of filters."""
    main = html[html.index("<h1") : html.index('<div class="rang">')]
    boxes = re.findall(r'<div class="boite masques">.*?</div>', html, re.DOTALL)
    return main + "".join(box for box in boxes if box not in main)


def sentences(html: str) -> list[str]:
    html = re.sub(r"<li>.*?</li>|<nav.*?</nav>", "", html, flags=re.DOTALL)
    lines = re.sub(r"</(?:h1|p|li)>", "\n", html)
    text = plain(unescape(re.sub(r"<[^>]+>", "", lines)))
    return [one.strip() for line in text.split("\n") for one in re.split(r"\.(?:\s|$)", line) if re.search(r"\d", one)]


def untrue(site: Site, client: FlaskClient, address: str) -> list[str]:
    """Sentences with a number on a page that are not so, or that no rule knows."""
    html = head(client.get(address).text)

    def asked(url: str) -> Naive:
        arguments = dict(parse_qsl(urlsplit(unescape(url)).query))
        return Naive(site, query.read(arguments, site.campaign, NOON.date()).question)

    naive = asked(address)
    wrong = [one for one in sentences(html) if not OF_MOMENTS.fullmatch(one) and not true_of(naive, one)]
    for row in re.findall(r"<li>(.*?)</li>", html, re.DOTALL):
        url, number = re.search(r'href="([^"]+)"', row), re.search(r"(\d+)\slieu", plain(row))
        assert url is not None
        more = len(asked(url[1]).found) - (0 if "Enlever tous" in row else len(naive.found))
        if more != (int(number[1]) if number else 0):
            wrong.append(row)
    for url, on, number in SHORTCUT.findall(plain(html)):
        if int(number) != len(naive.found if on else asked(url).found):
            wrong.append(url)
    return wrong


DAYS = st.none() | st.integers(-1, 40).map(lambda ahead: NOON.date() + timedelta(days=ahead))


@st.composite
def questions(draw: st.DrawFn) -> dict[str, str]:
    """Parameters as the page of filters sends them."""
    given_values = {
        "insee": draw(st.sampled_from(["69123", "48080", "97411", "75056", "2A004", "01053"])),
        "rayon": draw(st.sampled_from(["5", "10", "25", "50"])),
        "moment": draw(st.sampled_from(["", "", *Moment])),
        "besoin": draw(st.sampled_from(["", "", "pfizer", "moderna", "astrazeneca"])),
        "etape": draw(st.sampled_from(["", "", "", "1", "2", "rappel"])),
        "public": draw(st.sampled_from(["", "", "", "enfant", "adulte"])),
        "du": str(draw(DAYS) or ""),
        "au": str(draw(DAYS) or ""),
        "tri": draw(st.sampled_from(["", "tot"])),
        **{name: draw(st.sampled_from(["", "1"])) for name in ("vu", "sans-rdv", "acces")},
    }
    return {name: value for name, value in given_values.items() if value}


@settings(max_examples=120)
@given(questions())
def test_every_sentence_with_a_number_is_true_whatever_the_filters(
    still_app: Flask, still_site: Site, asked: dict[str, str]
) -> None:
    assert untrue(still_site, citizen_of(still_app), f"/recherche?{urlencode(asked)}") == []


@pytest.fixture(scope="module")
def still_site(still_app: Flask) -> Site:
    found: Site = still_app.extensions["aiguillage"]
    return found


@pytest.fixture(scope="module")
def empty(still_site: Site) -> Naive:
    """A question without an answer in its radius, where there are places, and with one farther on."""
    assert still_site.snapshot is not None
    asked = [
        Naive(still_site, Question(insee=insee, radius_km=5, moment=moment, seen=True))
        for insee in sorted(still_site.snapshot.places.points)
        for moment in (Moment.EVENING, Moment.WEEK_END)
    ]
    return next(one for one in asked if not one.widened and not one.found and wide(one) and len(one.near) > 1)


def address_of(naive: Naive) -> str:
    return f"/recherche?{urlencode(query.parameters(naive.question, naive.site.campaign))}"


def wide(naive: Naive) -> list[Place]:
    return [place for _, place in naive.within(100) if naive.shows(place)]


@pytest.mark.parametrize(
    ("honest", "lie"),
    [
        (r"Aucun lieu ne correspond à vos filtres à moins de", "Aucun lieu connu à moins de 100 km</h1><h1>"),
        (r"(\d+)\s(lieux? masqués?)", r"1\g<1> \2"),
        (r"qui y correspond est à\s[\d,]+", "qui y correspond est à 0,25"),
        (r"<h1>", "<h1>7 platanes. "),
    ],
)
def test_a_page_that_lies_would_be_found(
    still_app: Flask, still_site: Site, empty: Naive, honest: str, lie: str
) -> None:
    """The control: what the list said until filters were told apart, and other numbers that are not so."""
    address = address_of(empty)
    answer = citizen_of(still_app).get(address).text
    assert re.search(honest, answer)

    class Liar:
        text = re.sub(honest, lie, answer, count=1)

        def get(self, _: str) -> Liar:
            return self

    assert untrue(still_site, Liar(), address) != []  # type: ignore[arg-type]


def test_an_empty_list_names_the_nearest_that_fits_and_lifts_each_filter(still_app: Flask, empty: Naive) -> None:
    page = citizen_of(still_app).get(address_of(empty))
    links = [unescape(url) for url in re.findall(r'<li>.*?href="([^"]+)"', head(page.text), re.DOTALL)]

    assert page.status_code == 200
    assert "Aucun lieu connu" not in page.text
    assert f"/centre/{wide(empty)[0].id}?" in head(page.text)
    assert [sorted(dict(parse_qsl(urlsplit(url).query))) for url in links] == [
        ["insee", "rayon", "vu"], ["insee", "moment", "vu"], ["insee", "moment", "rayon"], ["insee"],
    ]  # fmt: skip


def test_nothing_is_said_of_filters_where_none_hides_a_place(still_app: Flask) -> None:
    for address in ("/recherche?insee=69123", "/recherche?insee=69123&moment=soir&rayon=50"):
        assert "masqu" not in citizen_of(still_app).get(address).text


def test_no_slot_is_said_of_this_request_alone_where_others_are_seen(still_app: Flask, still_site: Site) -> None:
    """A card that asks for evenings must not say that a place with mornings has no slot."""
    client, others = citizen_of(still_app), Naive(still_site, Question(insee="69123", radius_km=50))
    evenings = Naive(still_site, replace(others.question, moment=Moment.EVENING))
    text = "".join(client.get(f"/recherche?insee=69123&rayon=50&moment=soir&page={page}").text for page in (1, 2))
    cards = {card[:12]: card for card in re.split(r'id="(?=p-)', text)[1:]}
    told = [
        place for _, place in others.found
        if len(place.offers) == 1 and others.has_slot(place) and not evenings.has_slot(place) and place.id in cards
    ]  # fmt: skip

    assert told
    for place in told:
        assert "aucun créneau vu pour cette demande" in cards[place.id]


def test_a_filter_that_is_lifted_is_the_only_thing_that_changes(still_site: Site) -> None:
    question = Question(
        insee="69123", radius_km=5, need="pfizer", step="1", audience="adulte", last_day=NOON.date(),
        moment=Moment.EVENING, seen=True, walk_in=True, access=True,
    )  # fmt: skip

    changes = query.lifted(question)

    assert set(changes) == set(alternatives.HIDDEN_WORDS)
    assert len({replace(question, **one) for one in changes.values()}) == len(changes)
    assert (
        query.filters_set(
            replace(question, **query.without_filters(question, still_site.campaign)), still_site.campaign
        )
        == 0
    )
