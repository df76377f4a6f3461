"""What helps a citizen beside the list: suggestions, map, feeds, linked data, share, report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from aggregator.config.campaign import Campaign
from aggregator.config.settings import Settings
from aggregator.country import towns
from aggregator.country.gazetteer import Gazetteer
from aggregator.country.outlines import SCALE, Box, Outlines
from aggregator.publish.publisher import Publisher
from aggregator.search.question import Question
from aggregator.search.search import Ranking
from aggregator.search.slot_filter import slot_filter
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Shelf
from aggregator.store import open_stores
from aggregator.web.find import map as maps
from aggregator.web.find.alternatives import ways_on
from aggregator.web.language import words
from aggregator.web.place import linked_data
from aggregator.web.serving.site import Site
from app import create_app
from tests.clock import Clock
from tests.web.test_pages import names

EMPTY = ((np.zeros(0, dtype=np.int32), (0, 2)), (np.zeros(1, dtype=np.int32), (1,)))
ATOM = "{http://www.w3.org/2005/Atom}"


def test_suggestions_put_the_exact_name_first_then_the_largest(visitor: FlaskClient) -> None:
    found = visitor.get("/suggestions?q=saint-denis").get_json()

    assert len(found) == 6
    assert {one["department"] for one in found[:2]} == {"93", "974"}
    assert found[0]["url"].startswith("/recherche?insee=")
    assert [one["name"] for one in visitor.get("/suggestions?q=01000").get_json()] == [
        "Bourg-en-Bresse",
        "Saint-Denis-lès-Bourg",
    ]


@pytest.mark.parametrize("text", ["", "   ", "<script>", "é" * 300, "\x00"])
def test_whatever_is_typed_gets_suggestions_or_none(visitor: FlaskClient, text: str) -> None:
    answer = visitor.get("/suggestions", query_string={"q": text})

    assert answer.status_code == 200
    assert isinstance(answer.get_json(), list)


def test_the_map_numbers_its_places_as_the_list_does(visitor: FlaskClient) -> None:
    page = visitor.get("/recherche?insee=69123&rayon=50").text
    drawn = re.findall(r'<a href="#lieu-(\d+)" aria-label="\1, ([^"]+)"', page)

    assert [int(number) for number, _ in drawn] == list(range(1, 21))
    assert all(f'id="lieu-{number}"' in page for number, _ in drawn)
    assert "aucune image ne vient d’ailleurs" in page


def place_at(number: int, lat: float, lon: float) -> tuple[int, Place]:
    fields = {**dict.fromkeys(Place.__struct_fields__, ""), "lat": lat, "lon": lon, "name": f"Lieu {number}"}
    return number, Place(**fields)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.floats(41.5, 51), st.floats(-5, 9.5)), min_size=1, max_size=20))
def test_marks_never_hide_one_another_and_stay_on_the_map(points: list[tuple[float, float]]) -> None:
    nothing = Outlines(*(part.reshape(shape) for part, shape in EMPTY))
    found = maps.map_of(nothing, towns.Towns([]), [place_at(n, *at) for n, at in enumerate(points, 1)], points[0])

    assert found is not None
    for index, mark in enumerate(found.marks):
        assert 0 <= mark.x <= maps.WIDTH
        assert 0 <= mark.y <= maps.HEIGHT
        for other in found.marks[:index]:
            assert max(abs(mark.x - other.x), abs(mark.y - other.y)) > maps.MARK


def test_the_name_of_the_town_asked_for_stands_below_its_point(gazetteer: Gazetteer, still: Site) -> None:
    paris = gazetteer.communes["75056"]
    drawn = maps.map_of(still.outlines, still.towns, [place_at(1, paris.lat + 0.02, paris.lon)], (paris.lat, paris.lon))

    assert drawn is not None
    assert drawn.here is not None
    label = next(one for one in drawn.labels if one.name == "Paris")
    assert label.y - 10 > drawn.here[1] + maps.HERE  # its letters are some ten pixels high


@pytest.mark.parametrize("insee", ["69123", "97411", "2A004", "29155"])
def test_borders_lie_where_the_marks_say_that_they_are(gazetteer: Gazetteer, still: Site, insee: str) -> None:
    commune = gazetteer.communes[insee]
    around = Box(commune.lat - 0.01, commune.lon - 0.01, commune.lat + 0.01, commune.lon + 0.01)
    corners = [(lat, lon) for ring in still.outlines.within(around) for lon, lat in ring.tolist()]
    nearest = min(corners, key=lambda corner: abs(corner[0] - commune.lat) + abs(corner[1] - commune.lon))

    drawn = maps.map_of(still.outlines, still.towns, [place_at(1, *nearest)], (commune.lat, commune.lon))

    assert drawn is not None
    x_scale, y_scale, x_shift, y_shift = (float(re.findall(r"[-\d.e]+", drawn.transform)[n]) for n in (0, 3, 4, 5))
    pixels = [(x * x_scale + x_shift, y * y_scale + y_shift) for x, y in points_of(drawn.borders)]
    assert min(abs(x - drawn.marks[0].x) + abs(y - drawn.marks[0].y) for x, y in pixels) < 1.5


def points_of(path: str) -> Iterator[tuple[int, int]]:
    for ring in path.split("z")[:-1]:
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x = y = 0
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            yield x, y


def test_outlines_cover_france_overseas_included(still: Site) -> None:
    for lat, lon in ((48.86, 2.35), (-20.88, 55.45), (4.92, -52.31), (42.15, 9.1)):
        rings = list(still.outlines.within(Box(lat - 0.05, lon - 0.05, lat + 0.05, lon + 0.05)))
        assert rings, (lat, lon)
        assert all(len(ring) > 3 for ring in rings)


@given(
    st.lists(st.tuples(st.integers(-60, 60), st.integers(-60, 60), st.integers(1, 40), st.integers(1, 40)), min_size=1),
    st.tuples(st.integers(-60, 60), st.integers(-60, 60), st.integers(0, 40), st.integers(0, 40)),
)
def test_a_window_touches_the_outlines_that_a_look_at_each_would_find(
    boxes: list[tuple[int, int, int, int]], window: tuple[int, int, int, int]
) -> None:
    corners = [[(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)] for x, y, wide, tall in boxes]
    points = np.array(corners, dtype=np.int32).reshape(-1, 2) * SCALE
    outlines = Outlines(points, np.arange(0, len(points) + 1, 4, dtype=np.int32))
    left, bottom, wide, tall = window

    found = outlines.touching(Box(bottom, left, bottom + tall, left + wide))

    assert sorted(found) == [
        number
        for number, (x, y, w, h) in enumerate(boxes)
        if x <= left + wide and x + w >= left and y <= bottom + tall and y + h >= bottom
    ]


def test_the_largest_towns_of_a_window_come_first(gazetteer: Gazetteer, still: Site) -> None:
    window = Box(45.5, 4.5, 46.0, 5.2)
    inside = [
        one.population
        for one in gazetteer.communes.values()
        if one.parent is None and window.south < one.lat < window.north and window.west < one.lon < window.east
    ]

    found = still.towns.largest(window, 60)

    assert found[0].name == "Lyon"
    assert [one.population for one in found] == sorted(inside, reverse=True)[:60]


def test_a_feed_tells_the_first_slots_of_a_search(visitor: FlaskClient) -> None:
    answer = visitor.get("/recherche.atom?insee=69123&rayon=50")
    feed = ElementTree.fromstring(answer.data)  # noqa: S314 - ours

    assert answer.content_type.startswith("application/atom+xml")
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    assert all("/centre/p-" in entry.find(f"{ATOM}link").get("href", "") for entry in entries)  # type: ignore[union-attr]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    assert "[Démonstration]" in (feed.findtext(f"{ATOM}title") or "")


def test_a_feed_of_a_place_changes_when_its_first_half_day_does(browser: FlaskClient, site: Site, clock: Clock) -> None:
    assert site.snapshot is not None
    states = site.snapshot.slots.offers
    place = next(
        p
        for p in site.snapshot.places.all
        if p.offers and states[p.offers[0].id].last - states[p.offers[0].id].first > 30
    )
    seen = set()
    for _ in range(8):
        feed = ElementTree.fromstring(browser.get(f"/centre/{place.id}.atom").data)  # noqa: S314 - ours
        seen.add(feed.findtext(f"{ATOM}entry/{ATOM}id"))
        clock.forward(days=1)

    assert len(seen) > 2


@pytest.mark.parametrize("path", ["/recherche.atom", "/recherche.atom?insee=99999", "/centre/p-nothing000.atom"])
def test_a_feed_of_nothing_is_refused(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).status_code in (400, 404)


def test_search_engines_are_told_of_the_place_and_sent_to_our_page(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    place = next(p for p in still.snapshot.places.all if p.hours and p.exact and p.phone)
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', visitor.get(f"/centre/{place.id}").text)

    assert block is not None
    said = json.loads(block[1])
    assert (said["@type"], said["name"], said["telephone"]) == ("Place", place.name, place.phone)
    assert said["url"].endswith(f"/centre/{place.id}")
    assert said["openingHoursSpecification"][0]["dayOfWeek"] == "Monday"


def test_a_hostile_name_cannot_close_the_block_of_linked_data(still: Site) -> None:
    assert still.snapshot is not None
    hostile = replace(still.snapshot.places.all[0], name='</script><script>alert(1)</script>"&')

    said = str(linked_data.of_place(hostile, "https://x.example/"))

    assert "<" not in said
    assert json.loads(said)["name"] == hostile.name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("9:00-12:00", [("09:00", "12:00")]), ("8h30-12h, 14h-18h", [("08:30", "12:00"), ("14:00", "18:00")]),
     ("fermé", []), ("sur demande", []), (None, []), ("", [])],
)  # fmt: skip
def test_hours_that_are_not_understood_are_left_out(text: str | None, wanted: list[tuple[str, str]]) -> None:
    assert linked_data.spans(text) == wanted


def test_an_error_is_reported_by_mail_with_the_place_s_reference(filled: Settings, clock: Clock) -> None:
    app = create_app(filled, clock)
    site: Site = app.extensions["aiguillage"]
    assert site.snapshot is not None
    place = site.snapshot.places.all[0]
    silent = app.test_client().get(f"/centre/{place.id}").text
    operator = site.campaign.operator
    site.campaign.operator = structs.replace(operator, contact="aide@ville.example")
    page = app.test_client().get(f"/centre/{place.id}").text
    site.close()

    assert "mailto:" not in silent
    assert f"mailto:aide@ville.example?subject=Erreur%20sur%20le%20lieu%20{place.id}" in page


def test_a_list_can_be_shared_without_script(browser: FlaskClient, clock: Clock) -> None:
    page = browser.get("/recherche?insee=69123&rayon=50").text
    link = re.search(r'href="sms:\?&amp;body=([^"]+)"', page)

    assert link is not None
    assert "%3Finsee%3D69123" in link[1] or "insee%3D69123" in link[1]
    clock.forward(minutes=5)
    assert names(page)


def test_a_place_that_is_not_listed_any_more_has_no_feed(browser: FlaskClient, clock: Clock) -> None:
    clock.at += timedelta(days=1)

    assert browser.get("/centre/p-aaaaaaaaaa.atom").status_code == 404


def test_every_commune_can_be_drawn(gazetteer: Gazetteer, still: Site) -> None:
    for insee in ("75056", "97302", "2A004", "97801", "29155"):
        commune = gazetteer.communes[insee]
        found = maps.map_of(still.outlines, still.towns, [place_at(1, commune.lat, commune.lon)], None)
        assert found is not None
        assert found.scale[0] > 0


def test_a_town_hall_may_frame_the_list_and_nothing_else(visitor: FlaskClient) -> None:
    framed = visitor.get("/embed/recherche?insee=69123")
    own = visitor.get("/recherche?insee=69123")

    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    assert own.headers["X-Frame-Options"] == "DENY"
    assert names(framed.text) == names(own.text)
    assert '<base target="_top">' in framed.text
    assert "<script" not in framed.text
    assert 'name="q"' in visitor.get("/embed/recherche").text


def test_without_any_platform_the_portal_is_a_directory(browser: FlaskClient, site: Site) -> None:
    health = site.published("health")
    for row in health["providers"]:
        row["failing_since"] = "2026-11-23T11:20:00Z"

    page = browser.get("/recherche?insee=69123").text.replace("\u00a0", " ")

    assert (
        "Nous ne lisons plus aucune plateforme depuis 12 h 20, heure de Paris. "
        "Les lieux, téléphones et liens restent valables." in page
    )
    assert names(page)


def test_a_place_that_left_the_lists_keeps_its_page_and_says_why(
    filled: Settings, gazetteer: Gazetteer, clock: Clock
) -> None:
    with closing(open_stores(filled.data_dir)) as stores:
        closed, withdrawn, merged, into = published_ids(filled)[:4]
        stores.registry.withdraw(closed, "closed", clock.at, "operator")
        stores.registry.withdraw(withdrawn, "legal", clock.at, "operator")
        stores.registry.merge(merged, into, clock.at)
        Publisher(filled, stores, gazetteer, clock).publish()
    app = create_app(filled, clock)
    client = app.test_client()
    pages = {name: client.get(f"/centre/{place_id}") for name, place_id in
             {"closed": closed, "withdrawn": withdrawn, "merged": merged, "never": "p-aaaaaaaaaa"}.items()}  # fmt: skip
    app.extensions["aiguillage"].close()

    assert "Ce lieu a fermé le 23 nov. 2026." in pages["closed"].text.replace("\u00a0", " ")
    assert "Voir les lieux autour de" in pages["closed"].text
    assert "retiré de la liste" in pages["withdrawn"].text
    assert (pages["merged"].status_code, pages["merged"].headers["Location"]) == (301, f"/centre/{into}")
    assert pages["never"].status_code == 404


def published_ids(settings: Settings) -> list[str]:
    shelf = Shelf(settings.published_dir)
    shelf.refresh()
    assert shelf.current is not None
    return [place.id for place in shelf.current.places.all]


def test_a_card_says_what_its_slots_are_for_unless_it_was_asked(visitor: FlaskClient, covid: Campaign) -> None:
    asked_nothing = visitor.get("/recherche?insee=69123&rayon=50").text.replace("\u00a0", " ")
    asked_one = visitor.get("/recherche?insee=69123&rayon=50&besoin=moderna").text.replace("\u00a0", " ")

    told = [re.findall(r"vu à 1\d h \d\d · ([^<]+)</p>", page) for page in (asked_nothing, asked_one)]
    assert any("," in one for one in told[0])
    assert {need for one in told[0] for need in one.split(", ")} <= {need.label for need in covid.needs}
    assert told[1] == []


def test_the_home_page_tells_this_week_s_verdict(visitor: FlaskClient) -> None:
    assert "moins de 30 redirections, trop peu pour conclure" in visitor.get("/").text


def test_whoever_finds_a_weakness_is_told_whom_to_write_to(visitor: FlaskClient) -> None:
    answer = visitor.get("/.well-known/security.txt")

    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert answer.content_type.startswith("text/plain")
    assert fields["Contact"].endswith("/signaler")
    assert fields["Expires"] == "2027-11-23T00:00:00Z"


def test_places_and_telephones_of_a_departement_stand_on_one_light_page(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    mine = [place for place in still.snapshot.places.all if place.department == "69"]
    page = visitor.get("/annuaire/69").text

    assert sorted(re.findall(r'href="/centre/(p-\w+)"', page)) == sorted(place.id for place in mine)
    assert all(place.phone is None or f"tel:{words.tel(place.phone)}" in page for place in mine)
    assert 'href="/annuaire/69"' in visitor.get("/annuaire").text


def test_the_directory_follows_postal_codes_and_then_the_draw_of_the_hour(browser: FlaskClient, clock: Clock) -> None:
    now = re.findall(r'href="/centre/(p-\w+)"', browser.get("/annuaire/69").text)
    clock.forward(hours=1)
    later = re.findall(r'href="/centre/(p-\w+)"', browser.get("/annuaire/69").text)

    assert sorted(now) == sorted(later)
    assert now != later


def test_an_unknown_departement_has_no_page(visitor: FlaskClient) -> None:
    assert visitor.get("/annuaire/zz").status_code == 404


def test_too_many_people_are_given_telephones_and_a_time_to_come_back(app: Flask, browser: FlaskClient) -> None:
    app.add_url_rule("/crowded", view_func=lambda: abort(503))
    page = browser.get("/crowded")

    assert page.status_code == 503
    assert page.headers["Retry-After"] == "120"
    assert "Voici les téléphones" in page.text
    assert 'href="/annuaire/69"' in page.text


def test_a_place_tells_since_when_it_is_known_and_what_changed(
    browser: FlaskClient, site: Site, filled: Settings, clock: Clock, gazetteer: Gazetteer
) -> None:
    assert site.snapshot is not None
    where = next(place for place in site.snapshot.places.all if place.offers)
    before = browser.get(f"/centre/{where.id}").text
    clock.forward(days=1)
    with closing(open_stores(filled.data_dir)) as stores:
        offer = where.offers[0]
        known = next(row for row in stores.registry.offers() if row.offer_id == offer.id)
        stores.registry.put_offer(where.id, offer.provider, known.link_key, f"{offer.url}?moved=1", clock())
        Publisher(filled, stores, gazetteer, clock).publish()
    site.refresh()
    after = browser.get(f"/centre/{where.id}").text

    assert "Connu ici depuis le 23" in before
    assert "Lien de réservation changé" not in before
    assert f"Lien de réservation changé ({site.label(offer.provider)})" in after


def test_a_list_without_a_slot_leads_on(browser: FlaskClient, site: Site) -> None:
    """Farther, by telephone, without appointment; with the moment and the circle."""
    empty_near_lyon(site, "none")

    page = words_of(browser.get("/recherche?insee=69123&rayon=5").text)

    assert re.search(r"Aucun créneau vu dans \d+ lieux", page)
    assert re.search(r"Par téléphone : \d+ lieux? de cette liste", page)
    assert "Aide par téléphone" in page


def test_a_place_that_nobody_could_read_is_never_said_to_have_no_slot(browser: FlaskClient, site: Site) -> None:
    near = [place for place in empty_near_lyon(site, "none") if place.offers]
    empty_near_lyon(site, "unknown", *near[:1])

    page = words_of(browser.get("/recherche?insee=69123&rayon=5").text)

    told = re.search(
        r"(\d+) lieux à moins .* Aucun créneau vu dans (\d+) lieux. Créneaux inconnus dans (\d+) lieux?.", page
    )
    assert told
    listed, none, unknown = (int(number) for number in told.groups())
    assert none + unknown == listed
    assert unknown >= 1
    assert "Aucun créneau vu dans ces" not in page


def test_a_list_that_was_read_whole_and_has_no_slot_says_so(browser: FlaskClient, site: Site) -> None:
    assert site.snapshot is not None
    booked = next(place for place in empty_near_lyon(site, "none") if place.offers)
    for place in site.snapshot.places.all:
        if not place.offers:
            structs.force_setattr(place, "offers", booked.offers)

    page = words_of(browser.get("/recherche?insee=69123&rayon=5").text)

    assert re.search(r"(\d+) lieux à moins de 5 km Aucun créneau vu dans ces \1 lieux\.", page)
    assert "inconnus" not in page


def test_where_nothing_was_read_yet_no_place_is_said_to_have_no_slot(browser: FlaskClient, site: Site) -> None:
    empty_near_lyon(site, "unknown")

    page = words_of(browser.get("/recherche?insee=69123&rayon=5").text)

    assert re.search(r"(\d+) lieux à moins de 5 km Créneaux inconnus dans \1 lieux\.", page)
    assert "Aucun créneau vu" not in page


def test_another_need_is_offered_where_nobody_has_this_one(app: Flask, site: Site) -> None:
    assert site.snapshot is not None
    first, *others = site.campaign.needs
    question = Question(insee="69123", radius_km=50, need=first.slug)
    fits = slot_filter(site.snapshot, question, site.campaign)
    nobody = Ranking(question, site.epoch, site.snapshot, site.snapshot, fits, ())

    with app.test_request_context("/"):
        found = ways_on(site, nobody, lambda **changes: str(changes["need"]) if "need" in changes else "")

    assert {one["url"] for one in found.needs} <= {need.slug for need in others}
    assert found.needs
    assert all(one["count"] > 0 for one in found.needs)
    assert (found.phones, found.walk_ins) == (0, 0)


def empty_near_lyon(site: Site, state: str, *places: Place) -> list[Place]:
    """Take the slots away from places (those near Lyon), and say so or say that it is not known."""
    assert site.snapshot is not None
    chosen = places or [p for p in site.snapshot.places.all if p.insee and p.insee.startswith("69")]
    for place in chosen:
        for offer in place.offers:
            known = site.snapshot.slots.offers[offer.id]
            site.snapshot.slots.offers[offer.id] = replace(known, state=state, first=0, last=0)
    return list(chosen)


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).replace("\u00a0", " ")
