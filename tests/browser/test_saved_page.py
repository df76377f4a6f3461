"""A list as people keep it: the page that Chromium has made of it and saves, read by verify.py against the portal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import verify
from tests.browser.conftest import Portal, needs_chromium, somebody_new
from tests.web.conftest import BROWSER

pytestmark = needs_chromium

ASKED = "/recherche?insee=69383&rayon=50"
LISTS = {
    "by distance": ASKED,
    "by date": f"{ASKED}&tri=tot",
    "filtered": f"{ASKED}&vu=1&moment=matin",
    "second page": f"{ASKED}&page=2",
    "framed": f"/embed{ASKED}",
    "English": f"{ASKED}&langue=en",
}
EXCHANGE = """() => {
    const cards = document.querySelectorAll("li.carte"), mark = document.createComment("");
    cards[1].replaceWith(mark); cards[4].replaceWith(cards[1]); mark.replaceWith(cards[4]);
}"""

Save = Callable[[Page], bytes]


def as_html(page: Page) -> bytes:
    """The tree, as the tools of a browser copy it."""
    text: str = page.evaluate("'<!DOCTYPE html>' + document.documentElement.outerHTML")
    return text.encode()


def as_one_file(page: Page) -> bytes:
    """ "Web page, single file" (MHTML): each address of the page is made absolute in it."""
    text: str = page.context.new_cdp_session(page).send("Page.captureSnapshot", {"format": "mhtml"})["data"]
    return text.encode()


SAVED: dict[str, Save] = {"page.html": as_html, "page.mhtml": as_one_file}


@pytest.fixture(scope="module")
def sealed(portal: Portal) -> Portal:
    portal.seal()
    return portal


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """With the page's own script, which changes the tree before it is saved."""
    context = chromium.new_context(user_agent=BROWSER, extra_http_headers=somebody_new())
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("what", LISTS)
def test_a_page_that_somebody_saved_is_the_recomputed_list(
    page: Page, sealed: Portal, tmp_path: Path, what: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page.goto(sealed.origin + LISTS[what])
    shown = page.locator("li.carte .nom a").all_inner_texts()
    (tmp_path / name).write_bytes(SAVED[name](page))

    code = verify.main(["page", str(tmp_path / name), sealed.origin])

    said = capsys.readouterr().out
    assert code == 0, said
    assert len(shown) > 4
    assert re.findall(r"^\d+\. (.*) \(p-\w+\)", said, re.MULTILINE) == [" ".join(one.split()) for one in shown]


@pytest.mark.parametrize("name", SAVED)
def test_two_cards_exchanged_before_it_was_saved_are_found(
    page: Page, sealed: Portal, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control."""
    page.goto(sealed.origin + ASKED)
    page.evaluate(EXCHANGE)
    (tmp_path / name).write_bytes(SAVED[name](page))

    assert verify.main(["page", str(tmp_path / name), sealed.origin]) == 1
    assert re.search(r"WRONG: rank 2 is .* on the page and .* in the recomputed list", capsys.readouterr().out)
