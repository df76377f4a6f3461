"""The README's pictures can be taken by the command that its documents name, from any portal that runs."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.conftest import Portal, needs_chromium
from tests.browser.pictures import MOST_BYTES, PAGES, THEMES, path_of, take_all

pytestmark = needs_chromium


def test_a_picture_of_each_page_in_each_theme_is_light_to_load(
    chromium: Browser, portal: Portal, tmp_path: Path
) -> None:
    take_all(chromium, portal.origin, tmp_path)

    taken = {(name, theme): path_of(name, theme, tmp_path).read_bytes() for name in PAGES for theme in THEMES}
    assert all(picture[8:12] == b"WEBP" and len(picture) < MOST_BYTES for picture in taken.values())
    assert len(set(taken.values())) == len(PAGES) * len(THEMES)
