"""Every sentence that a person can meet exists in every language, and every link keeps the language."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from aggregator.config import campaign as campaigns
from aggregator.config.settings import ROOT
from aggregator.web.language import catalogues, words
from aggregator.web.language.catalogues import FOLDER, FRENCH, LANGUAGES
from aggregator.web.language.typography import french
from tests.web.test_pages import PAGES

OTHERS = [code for code in LANGUAGES if code != FRENCH]
CAMPAIGNS = campaigns.names_in(ROOT / "data" / "campaigns")
KEYWORDS: dict[str, Any] = {"gettext": None, "_": None, "ngettext": (1, 2)}
SAME_FOR_ALL = ("/static", "/log/", "/verify.py", "/rdv/", "/donnees/en-cours/", "/api/v1/")
VALUE = re.compile(r"%\(\w+\)s")


def sentences() -> set[str | tuple[str, ...]]:
    """All that the templates and the pages' code mark as a sentence, found by the file that translators use."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=inside)
    return {message for _, _, message, _, _ in found}


def inside(folder: str) -> bool:
    return not any(part.startswith(".") or part in ("run", "tests") for part in folder.split("/")[-1:])


def catalogue(code: str) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    with (FOLDER / f"{code}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def visible(html: str) -> str:
    """What is read on a page, without what is marked as French, and without what sources wrote."""
    body = re.sub(r"(?s)<(script|bdi|code|svg|select)\b.*?</\1>", " ", html.split("<body>")[1])
    body = re.sub(r'(?s)<(\w+)[^>]* lang="fr"[^>]*>.*?</\1>', " ", body)
    return re.sub(r"<[^>]+>", " ", body)


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated_and_no_translation_is_left_over(code: str) -> None:
    translated = catalogue(code)

    assert sentences() == set(translated)
    assert [one for one, text in translated.items() if not all([text] if isinstance(text, str) else text)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_fills_in_the_same_values_and_keeps_the_same_marks(code: str) -> None:
    for original, text in catalogue(code).items():
        forms = [text] if isinstance(text, str) else list(text)
        sources = [original] if isinstance(original, str) else list(original)
        for source, form in zip(sources, forms, strict=True):
            assert sorted(set(VALUE.findall(form))) == sorted(set(VALUE.findall(source))), source
            assert sorted(re.findall(r"</?\w+", form)) == sorted(re.findall(r"</?\w+", source)), source


@pytest.mark.parametrize("code", [FRENCH, *OTHERS])
def test_the_words_on_a_button_to_a_platform_fit_its_first_line(code: str) -> None:
    """That line does not break: a longer one would run out of the button on a narrow screen."""
    button = next(one for one in sentences() if isinstance(one, str) and one.startswith("Rendez-vous sur <span"))
    said = button if code == FRENCH else catalogue(code)[button]

    assert isinstance(said, str)
    assert 5 < len(said.partition(" <span")[0]) <= 15


@pytest.mark.parametrize("name", CAMPAIGNS)
@pytest.mark.parametrize("code", OTHERS)
def test_a_campaign_says_its_own_words_in_every_language(name: str, code: str) -> None:
    campaign = campaigns.load_campaign(ROOT / "data" / "campaigns" / f"{name}.toml")

    assert [text for text in campaign.words() if text not in campaign.translated(code)] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_english_is_in_english_and_so_are_its_links(visitor: FlaskClient, path: str) -> None:
    page = visitor.get(f"{path}{'&' if '?' in path else '?'}langue=en")
    to_french = r'<(?:a|link)\b[^>]*\blang="fr"[^>]*>'
    links = re.findall(r'(?:href|action)="(/[^"#]*)', re.sub(to_french, "", page.text))
    ours = [one for one in links if not one.startswith(SAME_FOR_ALL)]

    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert len(re.findall(to_french, page.text)) >= 2
    assert [one for one in ours if "langue=en" not in one] == []
    assert re.findall(r"\b(?:le|la|les|une|est|sur|créneaux?|lieux?|plateforme|aucun)\b", visible(page.text)) == []


def test_a_form_keeps_the_language(visitor: FlaskClient) -> None:
    assert '<input type="hidden" name="langue" value="en">' in visitor.get("/?langue=en").text
    assert 'name="langue"' not in visitor.get("/").text


def test_an_unknown_language_is_french(visitor: FlaskClient) -> None:
    assert '<html lang="fr">' in visitor.get("/?langue=xx").text


def test_both_languages_show_the_same_places_in_the_same_order(visitor: FlaskClient) -> None:
    shown = [visitor.get(f"/recherche?insee=69123&{language}").text for language in ("", "langue=en")]
    orders = [re.findall(r"/centre/(p-\w+)\?", html) for html in shown]

    assert orders[0] == orders[1] != []
    assert re.findall(r'action="(/rdv/[^"]+)"', shown[0]) == re.findall(r'action="(/rdv/[^"]+)"', shown[1])


def test_what_one_visitor_typed_is_on_no_other_visitor_s_page(browser: FlaskClient) -> None:
    typed = browser.get("/recherche?insee=69123&q=chez+ma+grand-mere&x=secret").text
    same_list = browser.get("/recherche?insee=69123").text

    assert "grand-mere" not in typed + same_list
    assert "secret" not in typed + same_list


def test_an_error_is_said_in_the_language_of_the_page(visitor: FlaskClient) -> None:
    assert "Page not found" in visitor.get("/nowhere?langue=en").text
    assert "Page introuvable" in visitor.get("/nowhere").text


def test_dates_distances_and_numbers_are_written_as_each_language_writes_them(app: Flask) -> None:
    moment, today = datetime(2026, 11, 26, 14, 5), date(2026, 11, 23)  # noqa: DTZ001 - a wall clock
    written = {}
    for code in (FRENCH, "en"):
        with app.test_request_context(f"/?langue={code}"):
            app.preprocess_request()
            written[code] = [
                words.when(moment, today),
                words.seen_at(moment, today),
                words.band(1100),
                words.number(4812),
                words.percent(0.741),
                words.half_day_heading("2026-11-24T1", today),
                words.day_with_year(date(2026, 12, 1)),
                words.together(["A", "B", "C"]),
                words.country("US"),
            ]

    assert [text.replace("\u00a0", " ").replace("\u202f", " ") for text in written[FRENCH]] == [
        "jeudi 26 nov., 14 h 05", "vu le 26 nov. à 14 h 05", "1 à 1,25 km", "4 812", "74,1 %", "Demain après-midi",
        "1er déc. 2026", "A, B et C", "États-Unis",
    ]  # fmt: skip
    assert [text.replace("\u00a0", " ") for text in written["en"]] == [
        "Thursday 26 Nov, 14:05", "seen on 26 Nov at 14:05", "1 to 1.25 km", "4,812", "74.1%", "Tomorrow afternoon",
        "1 Dec 2026", "A, B, and C", "United States",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Quoi ? « Ceci » : 10 km ; 5 %", "Quoi\u00a0? «\u00a0Ceci\u00a0»\u00a0: 10\u00a0km\u00a0; 5\u00a0%"),
        ("%(n)s km à 95 %%, %(a)s : %(b)s", "%(n)s\u00a0km à 95\u00a0%%, %(a)s\u00a0: %(b)s"),
        ("le 5 %(name)s", "le 5 %(name)s"),
    ],
)
def test_french_spaces_are_set_when_a_sentence_is_read(typed: str, printed: str) -> None:
    assert french(typed) == printed


def test_outside_a_request_the_language_is_french() -> None:
    assert catalogues.language() == FRENCH
