"""The simulated booking pages, read over HTTP as by somebody who has just left the portal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from providers.sandbox.pages import DAYS_SHOWN, TIMES_SHOWN, clock_time, day_and_month
from providers.sandbox.platform import DAYS_AHEAD
from providers.sandbox.server import Sandbox
from providers.sandbox.world import MOTIVES, World
from tests.clock import NOON
from tests.providers.sandbox.little import PORTAL, centre_of, little_sandbox


@pytest.fixture(scope="module")
def little() -> Iterator[Sandbox]:
    with little_sandbox() as running:
        yield running


def page(running: Sandbox, path: str, slug: str = "maiia") -> str:
    with urlopen(Request(running.origins[slug] + path, headers={"Accept": "text/html"})) as answer:
        text: str = answer.read().decode()
    return text.replace("\u00a0", " ")


def test_a_page_says_whose_it_is_where_and_that_the_portal_was_left(little: Sandbox) -> None:
    text = page(little, "/a/b/place-1")

    assert '<strong id="plateforme">Maiia</strong>' in text
    assert "<bdi>Salle 1</bdi>" in text
    assert "<bdi>3 rue des Écoles, 97400 Saint-Denis</bdi>" in text
    assert "Vous avez quitté le portail ici ; votre clic est compté" in text
    assert "Un clic n’est pas un rendez-vous pris." in text


def test_it_leads_back_to_the_portal_to_the_count_and_to_the_receipt(little: Sandbox) -> None:
    text = page(little, "/a/b/place-1")

    assert {f"{PORTAL}/", f"{PORTAL}/transparence", f"{PORTAL}/preuve"} == set(re.findall(r'href="(http[^"]+)"', text))


def test_the_way_back_is_the_portal_that_was_handed_in_and_no_referer() -> None:
    world = World(seed=1)
    world.centres["maiia"] = [centre_of("maiia")]
    with Sandbox(world, now=lambda: NOON) as alone:
        headers = {"Accept": "text/html", "Referer": "http://evil.example/"}
        text = urlopen(Request(alone.origins["maiia"] + "/a/b/place-1", headers=headers)).read().decode()

    assert "http" not in text.partition("<body>")[2]


def test_slots_are_those_that_the_platform_answers_in_the_time_of_the_place(little: Sandbox) -> None:
    centre = little.world.centres["maiia"][0]
    zone = centre.zone
    query = f"rootCenterId={centre.key}"
    reasons = json.load(urlopen(f"{little.origins['maiia']}/api/pat-public/consultation-reason-hcd?{query}"))["items"]
    answered = little.world.free(centre, 0, NOON.astimezone(zone).date(), 30, NOON)

    text = page(little, "/a/b/place-1")
    shown = re.findall(r'<a href="#simulation">([^<]+)</a>', text.partition(MOTIVES[3][0])[0])

    assert [one["name"] for one in reasons] == [MOTIVES[0][0], MOTIVES[3][0]] == re.findall("<h3>(.*)</h3>", text)
    first_days = sorted({at.date() for at in answered})[:DAYS_SHOWN]
    expected = [[clock_time(at) for at in answered if at.date() == day][:TIMES_SHOWN] for day in first_days]
    assert shown == [at.replace("\u00a0", " ") for day in expected for at in day]
    assert all(at.tzinfo is zone for at in answered)
    assert "<h4>mardi 24 novembre</h4>" in text
    assert "8 h 00" in shown  # of La Réunion: it is 4:00 UTC


def test_a_day_says_how_many_more_slots_it_has_and_a_reason_its_last_day(little: Sandbox) -> None:
    text = page(little, "/a/b/place-1")

    assert "et 6 autres ce jour-là" in text  # every twenty minutes from 8 to 12, of which six are shown
    assert "D’autres jours ont aussi des créneaux, jusqu’au 22 décembre." in text


def test_a_slot_leads_to_a_sentence_of_the_same_page_and_to_nothing_else(little: Sandbox) -> None:
    text = page(little, "/a/b/place-1")

    assert text.count('href="#simulation"') >= 3
    assert re.search(r'id="simulation">\s*<p><strong>Aucun rendez-vous réel ne peut être pris ici\.</strong>', text)
    assert "<form" not in text
    assert "<button" not in text
    assert "<script" not in text


def test_where_nothing_is_free_the_page_says_up_to_when(little: Sandbox) -> None:
    last = NOON.date() + timedelta(days=DAYS_AHEAD - 1)

    text = page(little, "/a/b/place-2")

    assert text.count(f"Aucun créneau libre d’ici au {day_and_month(last)}.".replace("\u00a0", " ")) == 2
    assert 'href="#simulation"' not in text


def test_a_place_by_telephone_says_its_number_and_shows_no_slot(little: Sandbox) -> None:
    text = page(little, "/a/b/place-3")

    assert 'On l’appellerait au <strong class="whole">01 99 00 12 34</strong>' in text
    assert "Créneaux libres" not in text


def test_an_unknown_page_says_so_and_leads_back(little: Sandbox) -> None:
    with pytest.raises(HTTPError) as raised:
        page(little, "/a/b/personne")
    text = raised.value.read().decode()

    assert raised.value.code == 404
    assert "Aucun lieu n’a de page à cette adresse." in text
    assert f'<a href="{PORTAL}/">Revenir au portail</a>' in text
    assert "<h2>" not in text


def test_names_are_text_and_never_markup_nor_a_template(little: Sandbox) -> None:
    text = page(little, "/a/b/place-4")

    assert "<script" not in text
    assert "<b>" not in text
    assert text.count("</title>") == 1
    assert "<script>alert(1)</script>" in unescape(text)
    assert "{{ 7 * 7 }}" in text


def test_dates_and_times_are_said_as_in_french() -> None:
    assert day_and_month(date(2026, 12, 1)) == "1er\u00a0décembre"
    assert day_and_month(date(2027, 2, 14)) == "14\u00a0février"
    assert clock_time(datetime(2026, 12, 1, 9, 5)) == "9\u00a0h\u00a005"  # noqa: DTZ001 - as it stands on a wall
