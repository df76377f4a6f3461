"""The simulated booking pages in a browser: accessible, narrow, one look a platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from providers.sandbox.platforms import PLATFORMS
from providers.sandbox.server import Sandbox
from tests.browser.conftest import needs_chromium
from tests.providers.sandbox.little import little_sandbox

pytestmark = needs_chromium
PLACES = ("place-1", "place-2", "place-3", "place-4", "personne")


@pytest.fixture(scope="module")
def little() -> Iterator[Sandbox]:
    with little_sandbox() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("slug", sorted(PLATFORMS))
def test_axe_finds_no_violation_and_nothing_scrolls_sideways(
    little: Sandbox, chromium: Browser, slug: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(color_scheme=scheme, viewport={"width": 320, "height": 640})  # type: ignore[arg-type]
    opened = context.new_page()
    for name in PLACES:
        opened.goto(f"{little.origins[slug]}/a/b/{name}")
        found = Axe().run(opened)
        assert found.violations_count == 0, (name, found.generate_report())
        assert opened.evaluate("document.documentElement.scrollWidth") <= 320, name
    context.close()


def test_platforms_differ_in_type_and_colour_and_follow_the_scheme(little: Sandbox, chromium: Browser) -> None:
    style = "(s => [s.fontFamily, s.backgroundColor, s.color])(getComputedStyle(document.body))"
    seen = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
        opened = context.new_page()
        for slug in PLATFORMS:
            opened.goto(f"{little.origins[slug]}/a/b/place-1")
            seen[slug, scheme] = tuple(opened.evaluate(style))
        context.close()

    assert len(set(seen.values())) == 2 * len(PLATFORMS)
    assert len({typeface for typeface, *_ in seen.values()}) == len(PLATFORMS)


def test_a_slot_that_is_pressed_brings_the_sentence_into_view(little: Sandbox, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.goto(f"{little.origins['maiia']}/a/b/place-1")
    opened.click("text=9 h 20 >> nth=0")
    box = opened.locator("#simulation").bounding_box()
    context.close()

    assert box is not None
    assert 0 <= box["y"] < 740
