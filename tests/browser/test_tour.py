"""The tour of a demonstration, walked in Chromium without script: each step leads to a page, and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Portal, needs_chromium

pytestmark = needs_chromium
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.mark.parametrize("step", range(6))
def test_a_step_of_the_tour_leads_to_a_page_with_a_heading(portal: Portal, page: Page, step: int) -> None:
    page.goto(portal.origin)
    page.get_by_role("link", name="Visite en six pas").click()
    steps = page.locator("main ol > li")
    assert steps.count() == 6
    assert page.evaluate(NO_SIDEWAYS)

    with page.expect_navigation() as gone:
        steps.nth(step).get_by_role("link").first.click()

    assert gone.value is not None
    assert gone.value.ok
    assert page.locator("h1").count() == 1
    assert page.evaluate(NO_SIDEWAYS)
