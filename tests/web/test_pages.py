"""What a citizen sees: the list, its words, and a helpful answer to anything typed."""

from __future__ import annotations

import re
import sqlite3

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.config.settings import Settings
from aggregator.ledger.log import LogError
from aggregator.publish.publisher import Publisher
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from aggregator.snapshot.supply import PLACE
from aggregator.store import open_stores
from aggregator.web.language.words import phone
from aggregator.web.serving.site import Site
from app import create_app
from providers.sandbox.server import Sandbox
from tests.clock import Clock
from tests.conftest import seal

PAGES = ["/", "/transparence", "/transparence/methode", "/hebergement", "/etat", "/contrat", "/verifier",
         "/accessibilite", "/annuaire", "/annuaire/69", "/mentions-legales", "/confidentialite", "/signaler",
         "/donnees", "/donnees/citer", "/api",
         "/recherche?q=Lyon", "/recherche?insee=69123&tri=tot", "/filtres?insee=69123"]  # fmt: skip


def plain(html: str) -> str:
    """With ordinary spaces, so that a test can be read."""
    return html.replace("\u00a0", " ")


def names(html: str) -> list[str]:
    return re.findall(r"/centre/(p-\w+)\?", html)


def tokens(html: str) -> list[str]:
    return re.findall(r'action="/rdv/([^"?]+)"', html)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_french_marked_as_a_demonstration(visitor: FlaskClient, path: str) -> None:
    page = visitor.get(path)

    assert page.status_code == 200
    assert '<html lang="fr">' in page.text
    assert "données inventées" in page.text
    assert page.text.count("<h1") == 1


def test_every_link_of_every_page_leads_somewhere(visitor: FlaskClient) -> None:
    found = {link for path in PAGES for link in re.findall(r'href="(/[^"#]*)"', visitor.get(path).text)}
    found.discard("/log/vkey")  # written by the first sealing

    assert len(found) > 20
    assert [link for link in found if visitor.get(link.replace("&amp;", "&")).status_code != 200] == []


@pytest.mark.parametrize(
    ("text", "town"), [("Bourg-en-Bresse", "Bourg-en-Bresse (01)"), ("97400", "Saint-Denis (974)")]
)
def test_a_town_or_a_postal_code_shows_its_places(visitor: FlaskClient, text: str, town: str) -> None:
    page = visitor.get("/recherche", query_string={"q": text})

    assert page.status_code == 200
    assert f"Autour de {town}" in page.text
    assert tokens(page.text)
    assert "Rendez-vous sur" in page.text


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ("/recherche?", "q=97400", "q=Lyon"),
        ("/recherche?insee=69123", "tri=tot", "tri=proche"),
        ("/embed/recherche?", "insee=97411", "insee=69123"),
        ("/api/v1/places?insee=69123", "rayon=25", "rayon=50"),
    ],
)
def test_of_a_parameter_that_is_given_twice_the_first_counts(
    visitor: FlaskClient, path: str, first: str, second: str
) -> None:
    both, one, other = (
        re.findall(r"/centre/(p-\w+)", visitor.get(f"{path}&{asked}").text)
        for asked in (f"{first}&{second}", first, second)
    )

    assert both == one != other


def test_homonyms_are_asked_about(visitor: FlaskClient) -> None:
    page = visitor.get("/recherche?q=saint-denis")

    assert "Quel <bdi>saint-denis</bdi> ?" in plain(page.text)
    assert "La Réunion" in page.text
    assert "Seine-Saint-Denis" in page.text
    assert not tokens(page.text)


def test_a_postal_code_of_two_departments_is_asked_about(visitor: FlaskClient) -> None:
    assert "01200 couvre 2 départements" in visitor.get("/recherche?q=01200").text


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("q=", 400, "Écrivez une ville ou un code postal, par exemple 42000."),
        ("", 400, "Écrivez une ville"),
        ("q=Sain-Deni", 404, "Vouliez-vous dire"),
        ("q=qqqqqqqq", 404, "Écrivez le nom d’une ville"),
        ("q=Lyon&rayon=abc", 400, "Nous n’avons pas compris « rayon=abc »"),
        ("q=Lyon&tri=doctolib", 400, "tri=doctolib"),
        ("q=Lyon&page=99", 404, "La page 99 n’existe pas"),
        ("insee=99999", 404, "Nous ne trouvons pas"),
        ("lat=48.85&lon=abc", 400, "Écrivez une ville"),
        ("q=Lyon&du=2026-13-45", 400, "du=2026-13-45"),
        ("q=Lyon&ref=hier", 400, "ref=hier"),
    ],
)
def test_what_is_not_understood_gets_a_helpful_page(browser: FlaskClient, query: str, status: int, says: str) -> None:
    page = browser.get(f"/recherche?{query}")

    assert page.status_code == status
    assert says in plain(page.text)


@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["q", "insee", "lat", "lon", "rayon", "tri", "besoin", "etape", "public", "du", "au", "moment",
                         "vu", "sans-rdv", "acces", "ref", "page", "langue"]),
        st.text(max_size=60) | st.sampled_from(["69123", "Lyon", "45.75", "4.85", "tot", "pfizer", "2026-12-01", "1"]),
        max_size=8,
    )
)  # fmt: skip
def test_no_question_breaks_the_page(visitor: FlaskClient, query: dict[str, str]) -> None:
    page = visitor.get("/recherche", query_string={k: v.encode("utf-8", "replace") for k, v in query.items()})

    assert page.status_code in (200, 400, 404)


@pytest.mark.parametrize(
    "path", ["/nope", "/centre/p-aaaaaaaaaa", "/centre/..%2f..%2fetc", "/rdv/x", "/recherche/x", "/static/../app.py"]
)
def test_unknown_addresses_get_a_page_of_ours(visitor: FlaskClient, path: str) -> None:
    page = visitor.get(path)

    assert page.status_code in (404, 405)
    assert "Chercher un lieu" in page.text


def test_a_hostile_query_is_text(visitor: FlaskClient) -> None:
    page = visitor.get("/recherche", query_string={"q": "<script>alert(1)</script>{{7*7}}"})

    assert "<script>" not in page.text
    assert "{{7*7}}" in page.text


def test_pages_of_a_list_hold_every_place_once_across_a_full_hour(browser: FlaskClient, clock: Clock) -> None:
    first = browser.get("/recherche?insee=69123&rayon=50")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link is not None
    clock.forward(minutes=61)
    second = browser.get(link[1].replace("&amp;", "&"))

    count = re.search(r"<h1[^>]*>(\d+)", first.text)
    assert count is not None
    together = names(first.text) + names(second.text)
    assert len(set(together)) == len(together)
    assert len(together) == min(int(count[1]), 40)


def test_a_reference_keeps_the_order_and_its_absence_does_not(browser: FlaskClient, clock: Clock, site: Site) -> None:
    page = browser.get("/recherche?insee=69123&rayon=50")
    order, reference = names(page.text), f"{site.epoch}-{site.snapshot.short}"  # type: ignore[union-attr]
    clock.forward(minutes=60)

    assert names(browser.get(f"/recherche?insee=69123&rayon=50&ref={reference}").text) == order
    assert names(browser.get("/recherche?insee=69123&rayon=50").text) != order


def test_an_old_reference_gets_today_s_list_and_a_sentence(visitor: FlaskClient) -> None:
    page = visitor.get("/recherche?q=Lyon&ref=2026-11-01T10-deadbeef")

    assert page.status_code == 200
    assert "La liste demandée n’est plus gardée ici" in page.text


def test_bands_and_headings_never_go_backwards(visitor: FlaskClient) -> None:
    soon = visitor.get("/recherche?insee=69123&rayon=50&tri=tot").text
    headings = re.findall(r'class="demi-journee">([^<]+)<', soon)

    assert headings
    assert len(set(headings)) == len(headings)
    unknown = [number for number, text in enumerate(headings) if "inconnus" in text]
    assert not unknown or all("Aucun" in text for text in headings[unknown[0] + 1 :])


def test_the_first_slot_of_a_list_is_told_on_the_day_of_its_place(browser: FlaskClient, clock: Clock) -> None:
    """At 21 h UTC it is already the next day in La Réunion: the heading and the card must agree."""
    clock.forward(hours=9)
    page = plain(browser.get("/recherche?insee=97411&rayon=50&tri=tot").text)

    said = re.search(r'Premier créneau vu : <a href="[^"]+">([^<]+)</a>', page)
    assert said is not None
    assert f"<strong>{said[1]}</strong>" in page or f"dépassé : {said[1]}</strong>" in page


@pytest.mark.parametrize(("length", "folded"), [(140, False), (141, True)])
def test_a_long_note_is_folded_and_whole(browser: FlaskClient, site: Site, length: int, folded: bool) -> None:
    assert site.snapshot is not None
    places = site.snapshot.places
    object.__setattr__(places, "all", tuple(replace(p, note="n" * length) for p in places.all))

    page = browser.get("/recherche?q=Lyon").text

    assert "n" * length in page
    assert ("Le lieu précise des conditions" in page) is folded


@pytest.mark.parametrize(
    ("number", "printed"),
    [("+33499000001", "04 99 00 00 01"), ("+262262720404", "02 62 72 04 04"), ("+590590522722", "05 90 52 27 22"),
     ("+3234", "<bdi>+3234</bdi>")],
)  # fmt: skip
def test_numbers_are_printed_as_they_are_dialled_there(number: str, printed: str) -> None:
    assert plain(phone(number)).removeprefix('<span class="insecable">').removesuffix("</span>") == printed


def test_filters_say_how_many_places_they_hide(visitor: FlaskClient) -> None:
    page = visitor.get("/recherche?insee=69123&rayon=50&acces=1")

    assert re.search(r"lieux? masqués?, dont l’accès en fauteuil n’est pas indiqué", page.text)


def test_access_is_told_as_it_was_stated_and_never_as_impossible_when_it_is_unknown(
    browser: FlaskClient, site: Site
) -> None:
    assert site.snapshot is not None
    places = site.snapshot.places
    stated = {place.id: (True, False, None)[number % 3] for number, place in enumerate(places.all)}
    object.__setattr__(places, "all", tuple(replace(p, wheelchair=stated[p.id]) for p in places.all))
    words = {True: "accès indiqué", False: "accès indiqué comme impossible", None: "non renseigné"}

    for place in places.all[:3]:
        page = browser.get(f"/centre/{place.id}").text
        told = re.search(r"<p>Fauteuil roulant :\s*([^<]+?)\s*</p>", plain(page))
        assert told is not None
        assert told[1] == words[place.wheelchair]
        assert re.findall(r'"wheelchair accessible", "value": (\w+)', page) == (
            [] if place.wheelchair is None else [str(place.wheelchair).lower()]
        )
        assert browser.get(f"/api/v1/places/{place.id}").get_json()["place"]["wheelchair"] is place.wheelchair
    cards = browser.get("/recherche?insee=69123&rayon=50").text.split('<li class="carte"')[1:]
    assert {stated[names(card)[0]] for card in cards} == {True, False, None}
    assert all(("accès fauteuil indiqué" in card) is (stated[names(card)[0]] is True) for card in cards)


def test_a_platform_that_stops_is_named_and_its_places_stay(
    browser: FlaskClient, site: Site, filled: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    before = names(browser.get("/recherche?insee=69123&rayon=50").text)
    stores = open_stores(filled.data_dir)
    for row in stores.catalog.readings():
        if row["provider"] == "maiia":
            stores.catalog.mark_unread([row["offer_id"]], clock.at)
    Publisher(filled, stores, site.gazetteer, clock).publish()
    stores.close()
    site.refresh()

    page = browser.get("/recherche?insee=69123&rayon=50").text

    assert names(page) == before
    assert "Nous ne lisons plus <strong>Maiia</strong>" in page
    assert "créneaux inconnus" in page
    assert "Maiia" in browser.get("/etat").text


def test_page_swap_exchanging_names_changes_nothing_but_the_names(filled: Settings, clock: Clock) -> None:
    """N3: the rendered page with two labels exchanged is the same page with the names exchanged."""

    def page(labels: dict[str, str]) -> str:
        app = create_app(filled, clock)
        site: Site = app.extensions["aiguillage"]
        site.labels = labels
        client = app.test_client()
        html = client.get("/recherche?insee=69123&rayon=50").text
        site.close()
        return re.sub(r"/rdv/[\w-]+", "/rdv/", html)

    plain = page({"doctolib": "AAAA", "maiia": "BBBB", "keldoc": "CCCC", "ordoclic": "DDDD"})
    swapped = page({"doctolib": "BBBB", "maiia": "CCCC", "keldoc": "AAAA", "ordoclic": "DDDD"})

    mapped = swapped.replace("BBBB", "@1").replace("CCCC", "@2").replace("AAAA", "@3")
    assert mapped.replace("@1", "AAAA").replace("@2", "BBBB").replace("@3", "CCCC") == plain


def test_a_place_has_its_page_with_days_hours_and_links(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    place = next(
        p
        for p in still.snapshot.places.all
        if p.offers and p.hours and still.snapshot.slots.offers[p.offers[0].id].state == "seen"
    )

    page = visitor.get(f"/centre/{place.id}?insee=69123")

    assert page.status_code == 200
    assert "Prendre rendez-vous" in page.text
    assert "Créneaux vus" in page.text
    assert "Aujourd’hui lundi" in page.text
    assert "tel:" in page.text
    assert "geo:" in page.text
    assert tokens(page.text)


def test_walk_in_telephone_and_undeclared_places_keep_their_card(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    kinds = {
        "walk-in": next((p for p in still.snapshot.places.all if p.walk_in), None),
        "telephone": next((p for p in still.snapshot.places.all if not p.offers and p.phone and not p.walk_in), None),
        "undeclared": next((p for p in still.snapshot.places.all if p.site), None),
    }
    says = {"walk-in": "sans rendez-vous", "telephone": "par téléphone", "undeclared": "Réservation sur un autre site"}

    for kind, place in kinds.items():
        assert place is not None, kind
        assert says[kind] in visitor.get(f"/centre/{place.id}").text


def test_by_telephone_and_never_read_are_not_said_to_have_no_slot(browser: FlaskClient, site: Site) -> None:
    assert site.snapshot is not None
    slots, places = site.snapshot.slots, [place for place in site.snapshot.places.all if len(place.offers) == 1]
    by_phone = next(place for place in places if slots.offers[place.offers[0].id].state == "phone")
    never_read = next(place for place in places if slots.offers[place.offers[0].id].state == "none")
    nothing = browser.get(f"/centre/{never_read.id}").text
    del slots.offers[never_read.offers[0].id]

    phone, unread = (browser.get(f"/centre/{place.id}").text for place in (by_phone, never_read))

    assert "<strong>aucun créneau vu</strong>" in nothing
    assert "<strong>par téléphone</strong>" in phone
    assert "<strong>créneaux inconnus</strong>" in unread
    assert "aucun créneau vu" not in phone + unread


def test_nothing_published_yet_says_so(settings: Settings) -> None:
    app = create_app(settings)
    client = app.test_client()

    page = client.get("/recherche?q=Lyon")

    assert page.status_code == 503
    assert "Nous relevons les lieux pour la première fois" in page.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    app.extensions["aiguillage"].close()


def test_the_campaign_of_identity_cards_speaks_of_no_vaccine(filled: Settings, clock: Clock) -> None:
    path = filled.campaign_path.with_name("carte-identite.toml")
    app = create_app(filled.but(campaign_path=path), clock)
    client = app.test_client()

    text = " ".join(client.get(page).text for page in PAGES)

    app.extensions["aiguillage"].close()
    visible = re.sub(r"<[^>]+>|<bdi>.*?</bdi>", " ", re.sub(r"<bdi>.*?</bdi>", "", text, flags=re.DOTALL)).lower()
    visible = re.sub(r"centre de vaccination\S*|maison de santé|[^ ]*vaccination-[^ ]*", "", visible)
    assert "démarche" in visible
    assert not re.search(r"\b(vaccin|vaccins|dose|hds)\b", visible)


def test_a_closed_campaign_gives_way_to_its_end_message(filled: Settings, clock: Clock, covid: object) -> None:
    path = filled.campaign_path.with_name("grippe-covid-2026.toml")
    clock.forward(days=100)
    app = create_app(filled.but(campaign_path=path), clock)

    page = app.test_client().get("/")

    app.extensions["aiguillage"].close()
    assert "La campagne est terminée depuis le 31 janvier" in page.text.replace("\u00a0", " ")
    assert 'name="q"' not in page.text


def test_transparency_counts_a_redirect_once(browser: FlaskClient, site: Site, filled: Settings, clock: Clock) -> None:
    token = tokens(browser.get("/recherche?q=Lyon").text)[0]
    for _ in range(3):
        browser.post(f"/rdv/{token}")
    seal(filled, clock())
    site.refresh()

    page = plain(browser.get("/transparence").text)

    assert "1 redirection (le lundi 23 novembre 2026, 13 h 00 ; total à la minute) : il en faut au moins 30" in page
    assert "On ne peut pas encore le dire." in page
    assert EventReader(filled.data_dir / "events.db").totals(EventClass.DUPLICATE) == 2


def test_the_verdict_is_suspended_when_the_log_no_longer_agrees_with_itself(
    browser: FlaskClient, site: Site, filled: Settings, clock: Clock
) -> None:
    """The page can turn red: an entry changed behind the log's back."""
    seal(filled, clock())
    site.refresh()
    assert "aucune changée depuis l’ouverture" in browser.get("/transparence").text
    store = sqlite3.connect(filled.data_dir / "log.db")
    with store:
        store.execute("UPDATE entries SET entry = ? WHERE n = 0", (b'{"t":"contract","version":"order/2"}',))
    store.close()

    clock.forward(minutes=1)
    with pytest.raises(LogError):
        seal(filled, clock())
    site.refresh()
    page = browser.get("/transparence").text.replace("\u00a0", " ")

    assert "Suspendu : un contrôle a échoué le 23 nov. 2026 à 12 h 01 UTC" in page
    assert "Oui, pour" not in page


def test_what_is_shown_is_counted_for_people_and_not_for_robots(app: Flask, browser: FlaskClient, site: Site) -> None:
    robot = app.test_client()
    robot.environ_base["HTTP_USER_AGENT"] = "Googlebot/2.1"
    robot.get("/recherche?q=Lyon")
    assert site.showings.take() == ([], [], [])

    places = len(names(browser.get("/recherche?q=Lyon").text))
    impressions, lists, ages = site.showings.take()

    shown = sum(row[4] for row in impressions)  # type: ignore[misc]
    assert 0 < shown <= places * PLACE
    assert [row[-1] for row in lists] == [1]
    assert sum(row[-1] for row in ages) == sum(row[3] for row in impressions)  # type: ignore[misc]


def test_only_the_first_page_of_a_list_is_counted(browser: FlaskClient, site: Site) -> None:
    first = browser.get("/recherche?insee=69123&rayon=50").text
    site.showings.take()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None

    browser.get(following[1].replace("&amp;", "&"))

    assert site.showings.take() == ([], [], [])


def test_hostile_names_are_text_and_keep_to_themselves(browser: FlaskClient, site: Site) -> None:
    assert site.snapshot is not None
    places = site.snapshot.places
    hostile = "<script>alert(1)</script> \u202egnp.exe {{7*7}} " + "é" * 200
    object.__setattr__(places, "all", tuple(replace(p, name=hostile) for p in places.all))

    page = browser.get("/recherche?q=Lyon").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page
    assert page.count("<bdi>") == page.count("</bdi>") > 0


@pytest.mark.parametrize("path", PAGES)
def test_no_line_breaks_where_french_does_not(visitor: FlaskClient, path: str) -> None:
    visible = re.sub(r"<(style|script).*?</\1>|<[^>]+>", "", visitor.get(path).text, flags=re.DOTALL)

    assert re.findall(r".{12}[\w»] [:;?!»].{5}", visible) == []
    assert re.findall(r"« .{9}", visible) == []
    assert re.findall(r".{9}\d (?:km|%)", visible) == []
