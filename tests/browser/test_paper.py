"""A list on paper, for who has no telephone at hand: a dozen places or more a page, and nothing that is pressed."""

from __future__ import annotations

import io
import re
from unicodedata import normalize

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from tests.browser.conftest import Portal, needs_chromium, somebody_new
from tests.web.conftest import BROWSER

pytestmark = needs_chromium
LIST, DEPARTMENT = "/recherche?insee=69383&rayon=50", "/annuaire/69"
CONTROLS = (
    "Plus près",
    "Filtres",
    "Modifier",
    "Partager",
    "Appeler le",
    "Menu",
    "Hébergement",
    "Les montrer",
    "Page 2",
    "‹",
)


def printed(chromium: Browser, url: str, scheme: str = "light") -> tuple[list[str], list[str]]:
    """(what is written of each place for paper, the text of each sheet) of a page on A4."""
    context = chromium.new_context(user_agent=BROWSER, color_scheme=scheme, extra_http_headers=somebody_new())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    places = [
        re.sub(r"\s+", " ", one) for one in page.locator(".carte, .annuaire li").locator(".imprime").all_text_contents()
    ]
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages]
    context.close()
    return places, [re.sub(r"\s+", " ", text) for text in sheets]


@pytest.mark.parametrize("path", [LIST, DEPARTMENT])
def test_a_page_of_paper_holds_a_dozen_places_or_more(chromium: Browser, portal: Portal, path: str) -> None:
    places, sheets = printed(chromium, portal.origin + path)
    of_sheet = [len(re.findall(r"/centre/p-", text)) for text in sheets]

    assert sum(of_sheet) == len(places) > 15
    assert min(of_sheet[:-1]) >= 12
    assert len(sheets) <= -(-len(places) // 12)


@pytest.mark.parametrize("path", [LIST, DEPARTMENT])
def test_each_place_has_number_name_address_telephone_hours_platform_and_its_own_page(
    chromium: Browser, portal: Portal, path: str
) -> None:
    places, sheets = printed(chromium, portal.origin + path)
    paper = "".join(normalize("NFKC", "".join(sheets)).split())  # two letters of an id may be drawn as one
    host = re.escape(portal.origin.removeprefix("http://"))

    assert [one for one in places if "".join(normalize("NFKC", one).split()) not in paper] == []
    assert [int(one.partition(".")[0]) for one in places] == list(range(1, len(places) + 1))
    for one in places:
        assert re.fullmatch(
            rf"\d+\. \S.* · .*\b\d{{5}}\b.* · .*(aujourd’hui|horaires) .* · {host}/centre/p-\w{{10}}", one
        )
    for told in (r"tél\.\s(\d\d ?){5}", r"semaine : lun\.", "rendez-vous sur [A-Z]"):
        assert sum(bool(re.search(told, one)) for one in places) > len(places) / 3


@pytest.mark.parametrize("path", [LIST, f"{LIST}&acces=1", DEPARTMENT])
def test_nothing_that_is_pressed_is_printed(chromium: Browser, portal: Portal, path: str) -> None:
    _, sheets = printed(chromium, portal.origin + path, "dark")

    assert [word for word in CONTROLS if any(word in text for text in sheets)] == []
    assert any("1. " in text for text in sheets) or "acces" in path


def test_the_list_says_on_paper_how_it_was_made(chromium: Browser, portal: Portal) -> None:
    _, sheets = printed(chromium, portal.origin + LIST)

    assert "Liste order/1" in sheets[-1]
    assert "heure de Paris" in sheets[-1]
