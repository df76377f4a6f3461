"""A card says how to reach its place, in the time of the place, and leads back to itself."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from aggregator.snapshot.places import Place
from aggregator.web.language.words import phone, tel
from aggregator.web.serving.site import Site
from tests.clock import NOON
from tests.web.test_pages import plain

LIST = "/recherche?insee=69123&rayon=50"


def cards(client: FlaskClient, address: str = LIST) -> dict[str, str]:
    """Place -> its card, of the first pages of a list."""
    html = "".join(client.get(f"{address}&page={page}").text for page in (1, 2, 3))
    parts = [part.partition("\n</li>")[0] for part in html.split('<li class="carte"')[1:]]
    return {re.search(r'id="(p-\w+)"', part)[1]: part for part in parts}  # type: ignore[index]


def place_of(site: Site, place_id: str) -> Place:
    assert site.snapshot is not None
    places = site.snapshot.places
    return places.all[places.index[place_id]]


def states(site: Site, place: Place) -> set[str]:
    assert site.snapshot is not None
    offers = site.snapshot.slots.offers
    return {offers[one.id].state if one.id in offers else "never" for one in place.offers}


def test_every_card_whose_place_has_a_telephone_can_be_called(visitor: FlaskClient, still: Site) -> None:
    called = {one: re.findall(r'href="tel:([^"]+)"', card) for one, card in cards(visitor).items()}

    assert len(called) > 20
    for place_id, numbers in called.items():
        known = place_of(still, place_id).phone
        assert numbers == ([tel(known)] if known else [])
        assert known is None or str(phone(known)) in cards(visitor)[place_id]


def test_where_no_slot_can_be_told_the_call_leads_and_the_same_buttons_follow(
    visitor: FlaskClient, still: Site
) -> None:
    silent = {"unknown", "phone", "never"}
    leading, following = {}, {}
    for place_id, card in cards(visitor).items():
        place = place_of(still, place_id)
        if place.phone and place.offers:
            (leading if states(still, place) <= silent else following)[place_id] = card
    buttons = {
        re.sub(r">[^<]+<", "><", found)
        for card in (*leading.values(), *following.values())
        for found in re.findall(r'<button class="bouton">.*?</button>', card, re.DOTALL)
    }

    assert leading
    assert following
    assert all(card.index("Appeler le") < card.index("<form") for card in leading.values())
    assert not any("Appeler le" in card for card in following.values())
    assert len(buttons) == 1


def test_a_platform_that_is_silent_has_its_call_whichever_it_is(browser: FlaskClient, site: Site) -> None:
    """Neutral: the state decides, and it decides alike for all."""
    assert site.snapshot is not None
    offers = site.snapshot.slots.offers
    alone = {}
    for place_id in cards(browser):
        place = place_of(site, place_id)
        if len(place.offers) == 1 and place.phone and not place.walk_in and not place.site:
            alone.setdefault(place.offers[0].provider, place)
    for place in alone.values():
        del offers[place.offers[0].id]

    pages = {slug: browser.get(f"/centre/{place.id}").text for slug, place in alone.items()}

    assert len(pages) >= 3
    for page in pages.values():
        block = page[page.index('<div class="offres">') : page.index("</form>")]
        assert re.findall(r"<(strong|button|a class=\"bouton clair\")", block) == [
            "strong", 'a class="bouton clair"', "strong", "button",
        ]  # fmt: skip


def test_no_place_shows_a_week_of_zeros(visitor: FlaskClient, still: Site) -> None:
    """What comes later is told by its day instead, and how many slots that day has."""
    shown = {one: visitor.get(f"/centre/{one}").text for one in cards(visitor)}

    strips = [strip for page in shown.values() for strip in re.findall(r"<tbody><tr>(.*?)</tr></tbody>", page)]
    told = [found for page in shown.values() for found in re.findall(r"Premier jour avec des créneaux : ", plain(page))]
    assert strips
    assert [one for one in strips if set(re.findall(r"<td>([^<]+)</td>", one)) == {"0"}] == []
    assert len(told) == sum(later(still, place_of(still, one)) for one in shown) > 0


def later(site: Site, place: Place) -> int:
    """How many offers of a place have slots, all of them after the seven days of a strip."""
    assert site.snapshot is not None
    slots, noon = site.snapshot.slots, NOON.timestamp() // 60
    minutes = [
        [minute for minute in slots.minute[state.first : state.last].tolist() if minute > noon]
        for one in place.offers
        if (state := slots.offers.get(one.id)) is not None and state.state == "seen"
    ]
    end = int(NOON.timestamp()) // 86_400 + 7
    return sum(bool(ahead) and min(ahead) // 1440 >= end for ahead in minutes)


def test_a_list_leaves_the_days_to_the_page_of_the_place(visitor: FlaskClient) -> None:
    assert not any("<table" in card for card in cards(visitor).values())


def test_hours_and_addresses_are_printed_as_they_are_said_and_once(visitor: FlaskClient, still: Site) -> None:
    said = 0
    for place_id, card in cards(visitor).items():
        place, shown = place_of(still, place_id), card.partition('<p class="imprime">')[0]
        assert len(re.findall(rf"\b{place.postcode}\b", shown)) == 1
        page = visitor.get(f"/centre/{place_id}").text
        said += bool(place.hours)
        main = page[page.index("<main") : page.index("</main>")]
        assert not re.search(r"\b\d{1,2}:\d\d\b", main)
        assert main.count(f"<bdi>{place.address}") <= 1
    assert said


@pytest.mark.parametrize("address", [LIST, f"{LIST}&page=2", f"{LIST}&tri=tot&vu=1&langue=en"])
def test_back_from_a_place_is_its_own_card_on_the_same_page_of_the_same_list(
    visitor: FlaskClient, address: str
) -> None:
    listed = visitor.get(address).text
    link = [unescape(one) for one in re.findall(r'class="nom"[^>]*>.*?<a href="([^"]+)"', listed)][3]

    back = re.search(r'<p><a href="([^"]+)">‹', plain(visitor.get(link).text))
    assert back is not None
    path, _, fragment = unescape(back[1]).partition("#")

    assert fragment == urlsplit(link).path.rpartition("/")[2]
    assert f'id="{fragment}"' in visitor.get(path).text
    asked, again = (parse_qs(urlsplit(one).query) for one in (address, path))
    assert {name: again.get(name) for name in asked} == asked


@pytest.mark.parametrize("insee", ["69123", "97411", "93066"])
def test_modify_keeps_town_need_and_filters(visitor: FlaskClient, insee: str) -> None:
    asked = f"insee={insee}&besoin=moderna&rayon=25&moment=soir&acces=1&tri=tot"
    link = re.search(r'<a href="([^"]+)">Modifier</a>', visitor.get(f"/recherche?{asked}").text)
    assert link is not None

    page = visitor.get(unescape(link[1])).text
    form = page[page.index("<form") : page.index("</form>")]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', form))
    text = re.search(r'name="q"[^>]* value="([^"]*)"', form)

    assert hidden == {"rayon": "25", "moment": "soir", "acces": "1", "tri": "tot"}
    assert re.search(r'value="moderna" selected', form)
    assert text is not None
    again = visitor.get("/recherche", query_string={**hidden, "besoin": "moderna", "q": unescape(text[1])}).text
    assert f"insee={insee}" in again


def test_an_hour_is_told_in_the_time_of_paris_and_kept_in_utc_in_addresses(visitor: FlaskClient) -> None:
    page = plain(visitor.get(LIST).text)
    main = page[page.index("<main") : page.index("</main>")]

    assert "23 nov. 2026, 13 h, heure de Paris" in main
    assert "heure=2026-11-23T12" in main
    assert "UTC" not in re.sub(r"<[^>]+>", "", main)
