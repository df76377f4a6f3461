"""A portal on its first day: each section says when it fills, and an example is for the page alone."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from aggregator import canonical, files
from aggregator.config.settings import DEMO_INTERVAL_S, Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.web.evidence.waiting import EXAMPLE, closings
from aggregator.worker.editions.writing import write_editions
from app import create_app
from tests.clock import NOON
from tests.web.evidence.test_transparency import clicks
from tests.web.test_pages import plain

EXAMPLES = re.compile(r"chiffres inventés|invented figures|\((?:exemple|example)\)|0\.342\b|34[,.]2\s?%")
"""What an example cannot be shown without."""


@contextmanager
def visitor_of(settings: Settings, at: datetime = NOON) -> Iterator[FlaskClient]:
    app = create_app(settings, lambda: at)
    yield app.test_client()
    app.extensions["aiguillage"].close()


def words_of(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", plain(page.text)).split())


@pytest.fixture
def empty(settings: Settings) -> Iterator[FlaskClient]:
    """Before the first reading."""
    with visitor_of(settings) as client:
        yield client


@pytest.fixture
def first_day(filled: Settings) -> Iterator[FlaskClient]:
    """After the first reading, before the first click."""
    with visitor_of(filled) as client:
        yield client


FIRST_WEEK = "Se remplit quand la première semaine se clôt, dimanche à minuit UTC : lundi 30 novembre après 1 h 00"
FILLS = (
    "D’où vient l’écart Se remplit quand les jours clos ont 30 redirections, au plus tôt mardi 24 novembre après 1 h",
    "a-t-on préféré une plateforme ? Se remplit dès 11 clics sur des lieux que la règle met à égalité",
    f"Semaine par semaine {FIRST_WEEK}",
    f"Par territoire {FIRST_WEEK}",
    "Premières listes recalculées : lundi 23 novembre après 14 h 00, heure de Paris.",
    "Pannes et fraîcheur Se remplit quand le premier jour se clôt, à minuit UTC : mardi 24 novembre après 1 h 00",
)


def test_each_empty_section_says_when_it_fills_and_nothing_is_counted_three_times(first_day: FlaskClient) -> None:
    page = words_of(first_day, "/transparence")

    assert [words for words in FILLS if words not in page] == []
    assert "Aucune redirection pour l’instant : il en faut au moins 30" in page
    assert "avant la première redirection" not in page


def test_what_is_there_is_not_waited_for(a_week: Settings) -> None:
    """The control."""
    with visitor_of(a_week, NOON + timedelta(days=7)) as client:
        page = words_of(client, "/transparence")

    assert "Se remplit quand" not in page
    assert "Premières listes recalculées" not in page


def test_before_the_first_reading_no_table_is_empty_and_each_page_says_what_comes(empty: FlaskClient) -> None:
    shares, state, data = (words_of(empty, path) for path in ("/transparence", "/etat", "/donnees"))

    assert "Lieux, créneaux, redirections Se remplit avec le premier relevé des plateformes." in shares
    assert "0 lieux" not in shares
    assert f"chaque lieu est ensuite relu toutes les {DEMO_INTERVAL_S // 60} minutes" in state
    assert "Lecture des plateformes" not in state
    assert "dans les minutes qui suivent le premier relevé de toutes les plateformes" in data
    assert "Créneaux par jour" in data


def test_the_data_page_says_when_the_first_day_and_week_close(
    filled: Settings, gazetteer: Gazetteer, a_week: Settings
) -> None:
    write_editions(filled, gazetteer, NOON)
    with visitor_of(filled) as client:
        page = words_of(client, "/donnees")
    with visitor_of(a_week, NOON + timedelta(days=7)) as client:
        later = words_of(client, "/donnees")

    assert "Le premier jour se clôt mardi 24 novembre après 1 h 00, heure de Paris." in page
    assert "La première semaine se clôt lundi 30 novembre après 1 h 00, heure de Paris." in page
    assert "se clôt" not in later


def test_the_home_page_says_how_many_redirects_are_needed(first_day: FlaskClient) -> None:
    assert "moins de 30 redirections, trop peu pour conclure" in words_of(first_day, "/")


def test_the_page_to_cite_says_when_the_lasting_link_comes_with_a_labelled_example(
    first_day: FlaskClient, a_week: Settings
) -> None:
    with visitor_of(a_week, NOON + timedelta(days=7)) as client:
        later = words_of(client, "/donnees/citer")
    page = words_of(first_day, "/donnees/citer")

    assert "la première édition d’un jour clos : mardi 24 novembre après 1 h 00, heure de Paris." in page
    assert "Exemple, chiffres inventés : « Les redirections suivent-elles les lieux ? » : 3 000 redirections" in page
    assert "Exemple" not in later
    assert "3 000" not in later


def test_every_row_of_the_example_is_labelled_and_its_drawing_is_hidden_from_readers(first_day: FlaskClient) -> None:
    page = plain(first_day.get("/transparence").text)
    boxes = re.findall(r'(?s)<(div|p) class="boite exemple">(.*?)</\1>\s*(?:<h2|</div>|$)', page)
    alternatives = re.findall(r'(?s)(?:alt|aria-label)="([^"]*)"|<title[^>]*>(.*?)</title>', page)

    assert page.count("Exemple, chiffres inventés.") == 2  # the tracks, and the causes
    assert [letter for letter in "ABC" if f"Plateforme {letter} (exemple)" not in page] == []
    assert boxes
    assert len(re.findall(r'<svg class="piste"[^>]*aria-hidden="true"', page)) == len(EXAMPLE)
    assert not [text for text in alternatives if "50,2" in "".join(text) or "34,2" in "".join(text)]


def test_the_example_goes_with_the_first_redirect_a_closed_week_or_a_failed_control(
    filled: Settings, a_week: Settings
) -> None:
    with visitor_of(a_week, NOON + timedelta(days=7)) as client:
        after_a_week = client.get("/transparence").text
    controls = filled.published_dir / "controls.json"
    failed = {"log": {"ok": False, "at": "2026-11-23T12:00:00Z", "failed_since": "2026-11-23T11:00:00Z", "size": 3}}
    files.write_whole(controls, canonical.to_json(failed))
    with visitor_of(filled) as client:
        suspended = client.get("/transparence").text
    controls.unlink()
    with visitor_of(filled) as client:
        before = client.get("/transparence").text
    clicks(filled, {"maiia": 1})
    with visitor_of(filled) as client:
        counted = client.get("/transparence").text

    assert "(exemple)" in before  # the control
    assert "Suspendu" in suspended
    assert [page for page in (after_a_week, suspended, counted) if "(exemple)" in page] == []


def files_told(settings: Settings, client: FlaskClient) -> dict[str, str]:
    """All that a program may take on the first day: the files of the running edition, what the log tells, the API."""
    found = {
        str(path.relative_to(settings.editions_dir)): (
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        ).decode("utf-8", "ignore")
        for path in settings.editions_dir.rglob("*")
        if path.is_file()
    }
    rules = [rule.rule for rule in client.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    paths = [rule for rule in rules if rule.startswith("/api/v1/") and "<" not in rule]
    for path in (*paths, "/log/shares.json", "/donnees/catalogue.jsonld", "/metrics"):
        found[path] = client.get(path).text
    return found


def test_no_file_and_no_answer_of_the_api_holds_the_example(filled: Settings, gazetteer: Gazetteer) -> None:
    write_editions(filled, gazetteer, NOON)
    with visitor_of(filled) as client:
        told = files_told(filled, client)
        pages = {path: client.get(path).text for path in ("/transparence", "/transparence?langue=en", "/donnees/citer")}

    assert len(told) > 40
    assert {name: found[0] for name, text in told.items() if (found := EXAMPLES.search(text))} == {}
    assert [path for path, text in pages.items() if not EXAMPLES.search(plain(text))] == []  # the control


def test_an_example_is_invented_once_in_the_language_of_the_page(first_day: FlaskClient) -> None:
    page = words_of(first_day, "/transparence?langue=en")

    assert page.count("Example, invented figures.") == 2
    assert "Platform B (example)" in page
    assert "Fills when the first week closes, on Sunday at midnight UTC: Monday" in page
    assert "Exemple" not in page


def test_an_axis_speaks_the_language_of_the_page_whoever_asked_first(first_day: FlaskClient) -> None:
    """Constants of a template were once computed for all languages in that of the first visitor."""
    axes = {code: words_of(first_day, f"/transparence?langue={code}") for code in ("fr", "en")}

    assert ("×1,5 ×1 ×0,67" in axes["fr"], "×1.5 ×1 ×0.67" in axes["en"]) == (True, True)


@pytest.mark.parametrize(
    ("now", "first", "day", "week"),
    [
        # In the first hours of Monday, with a week that is over: what closes is made within the hour.
        ("2026-11-30T00:20", "2026-11-25", "lundi 30 novembre après 2 h 00", "lundi 30 novembre après 2 h 00"),
        ("2026-11-30T00:20", "2026-11-30", "mardi 1er décembre après 1 h 00", "lundi 7 décembre après 1 h 00"),
        ("2026-11-30T00:20", None, "mardi 1er décembre après 1 h 00", "lundi 7 décembre après 1 h 00"),
        ("2026-07-05T23:59", None, "lundi 6 juillet après 2 h 00", "lundi 6 juillet après 2 h 00"),  # summer time
    ],
)
def test_a_day_and_a_week_close_at_midnight_utc_by_the_clock_of_paris(
    first_day: FlaskClient, now: str, first: str | None, day: str, week: str
) -> None:
    with first_day.application.test_request_context("/"):
        found = closings(datetime.fromisoformat(now).replace(tzinfo=UTC), first)

    assert {name: plain(text) for name, text in found.items()} == {
        "day": f"{day}, heure de Paris",
        "week": f"{week}, heure de Paris",
    }
