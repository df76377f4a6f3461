"""The card of a list in boxes: what is read first, how many are seen at once, and that it is the same for all."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Portal, needs_chromium

pytestmark = needs_chromium
TOWNS = ("69383", "93066", "35238")
# Width and height of the window -> how many cards of median height it holds, and that height in pixels at most.
BARS = {(360, 740): (2, 290), (1280, 800): (4, 170)}
GAP = 12
BOXES = """cards => cards.map(card => {
    const box = one => {
        const {top, bottom, left} = one.getBoundingClientRect()
        return {top, bottom, left}
    }
    const slot = card.querySelector('.offre .etat')
    return {card: box(card), name: box(card.querySelector('.nom')), slot: slot && box(slot),
            alone: card.querySelector('.offre:only-child') !== null}
})"""

ORDINARY = """card => {
    document.querySelectorAll('.carte').forEach(one => one === card || one.remove())
    card.querySelectorAll('.note').forEach(one => one.remove())
    card.querySelector('.nom a').textContent = 'Centre de vaccination Victor-Hugo'
    card.querySelector('.faits p').textContent = '1 à 1,25 km · 12 rue de la République, 93200 Saint-Denis'
    card.querySelector('.offre .second').textContent = 'vu à 13 h 04'
    card.querySelectorAll('.offre').forEach((one, number) => number && one.remove())
}"""
"""One place of ordinary length, whatever the hour's draw: a name of two lines, an address of two, one offer."""


@pytest.mark.parametrize("window", BARS, ids=lambda window: f"{window[0]}x{window[1]}")
def test_a_screen_holds_several_whole_cards(page: Page, portal: Portal, window: tuple[int, int]) -> None:
    width, height = window
    held, high = BARS[window]
    page.set_viewport_size({"width": width, "height": height})
    heights = []
    for insee in TOWNS:
        page.goto(f"{portal.origin}/recherche?insee={insee}&rayon=50")
        cards = [one["card"] for one in page.locator(".lieux .carte").evaluate_all(BOXES)]
        heights += [one["bottom"] - one["top"] for one in cards]

    assert median(heights) <= high
    assert (height + GAP) // (median(heights) + GAP) >= held


def test_on_a_telephone_the_slot_of_a_single_offer_is_read_before_the_name(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{portal.origin}/recherche?insee=93066&rayon=50")
    single = [one for one in page.locator(".lieux .carte").evaluate_all(BOXES) if one["alone"] and one["slot"]]

    assert single
    assert all(one["slot"]["bottom"] <= one["name"]["top"] + 1 for one in single)


def test_on_a_wide_screen_the_way_in_stands_beside_the_facts(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{portal.origin}/recherche?insee=93066&rayon=50")
    offered = [one for one in page.locator(".lieux .carte").evaluate_all(BOXES) if one["slot"]]

    assert offered
    assert len({round(one["slot"]["left"]) for one in offered}) == 1
    assert all(one["slot"]["left"] > one["name"]["left"] + 200 for one in offered)


def test_by_date_a_button_is_on_the_first_screen_of_a_telephone(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{portal.origin}/recherche?insee=93066&tri=tot")
    page.locator(".carte:has(form)").first.evaluate(ORDINARY)
    box = page.locator(".offre form button").first.bounding_box()

    assert box is not None
    assert box["y"] + box["height"] <= 740


@pytest.mark.parametrize(("text_size", "bar"), [("150%", 1350), ("200%", 1760)])
def test_large_text_does_not_push_the_first_button_far_down(
    page: Page, portal: Portal, text_size: str, bar: int
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{portal.origin}/recherche?insee=93066")
    page.locator(".carte:has(form)").first.evaluate(ORDINARY)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text_size)
    box = page.locator(".offre form button").first.bounding_box()

    assert box is not None
    assert box["y"] + box["height"] <= bar


def test_what_is_pressed_is_as_high_as_a_finger_and_nothing_lies_over_it(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{portal.origin}/recherche?insee=93066")
    for one in page.locator(".telephone a, .hebergement summary, .puces a, .ordre summary, .tris a").all():
        one.scroll_into_view_if_needed()
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        one.click(trial=True)  # refused when something else would be hit


def test_a_shortcut_asks_and_its_second_press_takes_back(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.origin}/recherche?insee=93066")
    before = page.locator("h1").inner_text()
    week = page.locator(".puces a", has_text="sous 7 jours")
    said = week.inner_text()

    week.click()
    assert page.locator(".puces [aria-current]").inner_text() == said
    assert f"{said.rpartition('(')[2].rstrip(')')} lieu" in page.locator("h1").inner_text()
    page.locator(".puces [aria-current]").click()

    assert page.locator("h1").inner_text() == before
