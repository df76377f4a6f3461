"""A card is rendered once a minute and filled in for each list: it says what a fresh one says, in that list."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from msgspec.structs import replace

from aggregator.country.geography import distance_m
from aggregator.web.language import words
from aggregator.web.serving.cache import SizedCache
from aggregator.web.serving.fragments import Fragment, hole
from aggregator.web.serving.page_cache import PageCache
from aggregator.web.serving.site import Site
from tests.clock import Clock
from tests.web.conftest import layer

LISTS = [
    "/recherche?insee=69123&rayon=50",
    "/recherche?insee=69123&rayon=25",
    "/recherche?insee=69123&rayon=25&tri=tot",
    "/recherche?insee=69123&rayon=50&moment=soir",
    "/recherche?insee=69123&rayon=50&page=2",
    "/recherche?insee=01053&rayon=50&vu=1",
    "/recherche?insee=69123&rayon=50&langue=en",
    "/embed/recherche?insee=69123&rayon=50",
]
CARD = re.compile(r'<li class="carte" id="lieu-(\d+)">.*?href="/centre/(p-[a-z2-7]{10})\?([^"]*)".*?</li>', re.DOTALL)
BUTTON = re.compile(r'action="/rdv/([\w-]+)">\s*<button class="bouton">[^<]*<span class="insecable">([^<]+)</span>')


def test_a_card_that_was_kept_says_what_a_fresh_one_says(browser: FlaskClient, site: Site) -> None:
    for path in LISTS:
        browser.get(path)
    kept = {path: forgetful(browser, site, path, cards=False) for path in LISTS}
    fresh = {path: forgetful(browser, site, path, cards=True) for path in LISTS}

    assert kept == fresh
    assert all(len(CARD.findall(page)) > 3 for page in fresh.values())


def forgetful(browser: FlaskClient, site: Site, path: str, cards: bool) -> str:
    """A page that was not asked for before; with `cards`, nor were its cards rendered."""
    if cards:
        site.cards.clear()
    layer(browser.application, PageCache)._answers.clear()
    return browser.get(path).text


def test_the_same_place_has_the_rank_the_link_and_the_buttons_of_each_list(browser: FlaskClient, site: Site) -> None:
    assert site.snapshot is not None
    seen: Counter[str] = Counter()
    offers: Counter[int] = Counter()
    bookable_twice(site)
    for path in LISTS:
        page = browser.get(path).text
        for card in CARD.finditer(page):
            rank, place_id, query = card.groups()
            seen[place_id] += 1
            buttons = [(site.tokens.read(token), label) for token, label in BUTTON.findall(card[0])]
            clicks = [click for click, _ in buttons]
            assert {(click.position, click.place_id) for click in clicks} <= {(int(rank), place_id)}
            assert len({click.offer_id for click in clicks}) == len(clicks)
            for click, label in buttons:
                assert site.label(site.snapshot.places.offers[click.offer_id].provider) == label
            offers[len(clicks)] += 1
            assert all(f"empreinte={click.list_hash[:16]}" in page for click in clicks)
            assert all(part in query for part in re.findall(r"insee=\w+|tri=tot|moment=soir", path))

    assert max(seen.values()) > 2  # the same place, in several lists
    assert offers[2], offers


def bookable_twice(site: Site) -> None:
    """Every place with a button gets that of its neighbour in the file too."""
    assert site.snapshot is not None
    places = site.snapshot.places
    bookable = [number for number, place in enumerate(places.all) if place.offers]
    more = dict(zip(bookable, [*bookable[1:], bookable[0]], strict=True))
    places.all = tuple(
        replace(place, offers=(*place.offers, *places.all[more[number]].offers)) if number in more else place
        for number, place in enumerate(places.all)
    )


def test_the_same_place_is_as_far_as_it_is_from_where_each_list_starts(browser: FlaskClient, site: Site) -> None:
    assert site.snapshot is not None
    places = site.snapshot.places
    told = set()
    starts = {"insee=69123": places.points["69123"], "lat=45.75&lon=4.95": (45.75, 4.95)}
    for question, start in starts.items():
        path = f"/recherche?{question}&rayon=50"
        for card in CARD.finditer(browser.get(path).text):
            place = places.all[places.index[card[2]]]
            far = distance_m(*start, place.lat or 0, place.lon or 0)
            assert f"<strong>{words.band(far)}</strong>" in card[0]
            told.add((place.id, words.band(far)))

    assert len(told) > len({place_id for place_id, _ in told})


def test_a_kept_card_does_not_outlive_its_minute(browser: FlaskClient, site: Site, clock: Clock) -> None:
    browser.get(LISTS[0])
    clock.forward(minutes=59)
    later = forgetful(browser, site, LISTS[0], cards=False)

    assert "sans doute dépassé" in later
    assert later == forgetful(browser, site, LISTS[0], cards=True)


def test_cards_take_as_much_memory_as_they_may_and_no_more(browser: FlaskClient, site: Site) -> None:
    site.cards = SizedCache(20_000)
    for path in LISTS:
        browser.get(path)

    assert 0 < site.cards.size <= 20_000


@given(st.text(), st.dictionaries(st.from_regex(r"[a-z]+[0-9]*", fullmatch=True), st.text(), min_size=1))
def test_holes_are_filled_with_escaped_values_and_nothing_else_changes(text: str, values: dict[str, str]) -> None:
    around = str(escape(text))
    template = around.join(["", *(hole(name) for name in values), ""])

    filled = Fragment(template).fill(values)

    assert filled == around.join(["", *(str(escape(value)) for value in values.values()), ""])


def test_a_hole_without_a_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError, match="token1"):
        Fragment(f"<p>{hole('token1')}</p>").fill({"token0": "x"})
