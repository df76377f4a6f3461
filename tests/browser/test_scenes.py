"""The ten scenes that decide whether the portal is any good. Those that need a browser are played here, at 360 x 740.

The others are played on the pages themselves, where a test can move the clock: `PLAYED` says by which test.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from aggregator.redirect.event_reader import EventReader
from tests.browser.conftest import Portal, needs_chromium, search

PLAYED = {
    "1 a town that several bear": ("browser/test_scenes.py", "test_which_saint_denis_is_asked_and_the_first_button"),
    "2 one button for all": ("browser/test_scenes.py", "test_every_button_is_the_same_button"),
    "3 a platform stops": ("web/test_pages.py", "test_a_platform_that_stops_is_named_and_its_places_stay"),
    "4 there and back": ("browser/test_scenes.py", "test_there_and_back_the_list_is_where_it_was"),
    "5 pages across an hour": ("web/test_pages.py", "test_pages_of_a_list_hold_every_place_once_across_a_full_hour"),
    "6 nothing near": ("browser/test_scenes.py", "test_where_nothing_is_near_the_page_says_so_and_leads_on"),
    "7 a printed list": ("test_verify.py", "test_what_the_page_prints_is_enough_to_replay_it"),
    "8 twelve redirects": ("web/evidence/test_transparency.py", "test_twelve_redirects_are_too_few_to_say_anything"),
    "8 a thousand": ("web/evidence/test_transparency.py", "test_a_thousand_get_a_verdict_with_both_shares_and_bounds"),
    "8 a failed control": ("web/test_pages.py", "test_the_verdict_is_suspended_when_the_log_no_longer_agrees"),
    "9 a journalist": ("web/data/test_datasets.py", "test_two_clicks_from_the_transparency_page_to_a_spreadsheet"),
    "9 last week's link": ("web/data/test_datasets.py", "test_a_permanent_link_gives_the_same_bytes_as_its_sum"),
    "10 identity cards": ("web/test_pages.py", "test_the_campaign_of_identity_cards_speaks_of_no_vaccine"),
    "10 closed yesterday": ("web/test_pages.py", "test_a_closed_campaign_gives_way_to_its_end_message"),
}
BUTTON = "form[action^='/rdv/'] button"


@pytest.mark.parametrize("scene", PLAYED)
def test_each_scene_is_played(scene: str) -> None:
    file, name = PLAYED[scene]

    assert f"def {name}" in (Path(__file__).parents[1] / file).read_text(encoding="utf-8")


class TestInABrowser:
    pytestmark = needs_chromium

    def test_which_saint_denis_is_asked_and_the_first_button_is_near(self, page: Page, portal: Portal) -> None:
        search(page, portal, "Saint-Denis")
        asked = page.inner_text("main")
        page.locator("main a", has_text="(974)").first.click()
        page.wait_for_url("**/recherche?insee=97411*")
        box = page.locator(BUTTON).first.bounding_box()

        assert "Seine-Saint-Denis" in asked
        assert "La Réunion" in asked
        assert box is not None
        # A place whose name and note take more lines pushes it down: by less than half a screen.
        assert box["y"] < 740 * 1.5

    def test_every_button_is_the_same_button(self, page: Page, portal: Portal) -> None:
        looks = set()
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            search(page, portal)
            looks |= {
                tuple(one)
                for one in page.locator(BUTTON).evaluate_all(
                    "all => all.map(one => { const s = getComputedStyle(one); return [s.backgroundColor, s.color, "
                    "s.fontFamily, s.fontSize, s.fontWeight, s.borderRadius, s.textAlign] })"
                )
            }
        words = {re.sub(r"\s+", " ", text) for text in page.locator(BUTTON).all_inner_texts()}

        assert len(looks) == 1, looks
        assert {re.sub(r" sur .*", "", text) for text in words} == {"Rendez-vous"}
        assert page.locator("main img, .carte svg image").count() == 0

    def test_there_and_back_the_list_is_where_it_was(self, page: Page, portal: Portal) -> None:
        search(page, portal)
        button = page.locator(BUTTON).nth(4)
        button.scroll_into_view_if_needed()
        listed, where = page.url, page.evaluate("scrollY")
        order = page.locator(".nom a").all_inner_texts()
        counted = EventReader(portal.data / "events.db").totals()
        for _ in range(2):
            page.locator(BUTTON).nth(4).click()
            page.wait_for_selector("#plateforme")
            page.go_back()

        assert page.url == listed
        assert page.locator(".nom a").all_inner_texts() == order
        assert abs(page.evaluate("scrollY") - where) < 100
        assert EventReader(portal.data / "events.db").totals() == counted + 1

    def test_where_nothing_is_near_the_page_says_so_and_leads_on(self, page: Page, portal: Portal) -> None:
        page.goto(f"{portal.origin}/recherche?insee=48080&rayon=5")  # a village of Lozère
        text = page.inner_text("main")

        assert re.search(r"Aucun lieu à moins de\s5\skm", text)
        assert re.search(r"Voici (les \d+ plus proches|le plus proche)", text)
        ways = page.locator("main a[href^='tel:']").count() + page.locator("main a[href*='rayon=']").count()
        assert page.locator("main a[href^='tel:']").count() >= 1
        assert ways >= 2

    def test_the_wheelchair_filter_says_what_it_hides_and_shows_it_again(self, page: Page, portal: Portal) -> None:
        page.goto(f"{portal.origin}/recherche?insee=69383&rayon=50&acces=1")
        said = re.search(r"(\d+)\slieux? masqués?", page.inner_text("main"))
        shown = page.locator(".nom a").count()
        page.click("text=Les montrer")

        assert said is not None
        assert page.locator(".nom a").count() > shown
