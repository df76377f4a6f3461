"""/preuve in a browser: the four ways in which a receipt ends, in plain words; the text never leaves the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from aggregator.config.settings import DEMO_LOG, Settings
from aggregator.ledger.receipts import Receipts
from aggregator.redirect.events import Event, EventClass, Sealed
from tests.browser.conftest import Portal, needs_chromium, search, somebody_new
from tests.web.conftest import BROWSER

pytestmark = needs_chromium


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """With script, which this page is about."""
    context = chromium.new_context(user_agent=BROWSER, extra_http_headers=somebody_new())
    yield context.new_page()
    context.close()


def signed(portal: Portal, hours_ago: int) -> str:
    """A receipt that the portal signed and whose event it then left out of the log."""
    hour = f"{datetime.now(UTC) - timedelta(hours=hours_ago):%Y-%m-%dT%H}"
    sealed = Sealed(Event("dep=69", hour, "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "maiia"), b"n" * 16)
    settings = Settings(data_dir=portal.data, log_origin=DEMO_LOG)
    [promise] = (
        Receipts(settings.keys_dir / "log.key", settings.log_origin).promises([(sealed, sealed.commitment)]) or []
    )
    return sealed.receipt(promise)


def outcome(page: Page, portal: Portal, receipt: str) -> str:
    page.goto("about:blank")
    page.goto(f"{portal.origin}/preuve#{receipt}")
    page.wait_for_selector("#preuve-reponse[data-etat]:not([data-etat=lecture])", timeout=10_000)
    return page.inner_text("#preuve-reponse")


def test_a_click_is_promised_then_found_and_nothing_is_sent(page: Page, portal: Portal) -> None:
    portal.seal()
    search(page, portal)
    token = re.search(r"/rdv/([^?]+)", page.locator("form[action^='/rdv/']").last.get_attribute("action") or "")
    assert token is not None
    receipt = page.request.post(f"{portal.origin}/rdv/{token[1]}", max_redirects=0).headers["redirect-receipt"]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    assert "Pas encore" in outcome(page, portal, receipt)
    portal.seal()

    assert re.search(r"Votre clic est (compté|dans le journal)", outcome(page, portal, receipt))
    assert {"POST"} & {request.split(" ")[0] for request in asked} == set()
    assert not any(receipt[3:60] in url.partition("#")[0] for url in asked)
    assert all(url.startswith((portal.origin, "about:")) for url in asked)


def test_a_redirect_left_out_of_the_log_is_said_to_be(page: Page, portal: Portal) -> None:
    portal.seal()

    said = outcome(page, portal, signed(portal, hours_ago=6))

    assert "nous n’avons pas tenu notre promesse" in said
    assert "Promis pour" in said


def test_before_its_deadline_nobody_is_accused(page: Page, portal: Portal) -> None:
    portal.seal()

    assert "Pas encore" in outcome(page, portal, signed(portal, hours_ago=0))


@pytest.mark.parametrize("change", [lambda text: text[:40] + "AAAA" + text[44:], lambda _: "r2.nothing", lambda _: "x"])
def test_what_our_key_did_not_sign_is_no_proof_of_ours(page: Page, portal: Portal, change: object) -> None:
    assert callable(change)

    said = outcome(page, portal, change(signed(portal, hours_ago=6)))

    assert "n’est pas une preuve de ce site" in said


def test_the_page_and_the_auditor_s_file_agree(page: Page, portal: Portal) -> None:
    """Two programs, written apart, on the same text."""
    portal.seal()
    text = signed(portal, hours_ago=6)

    assert "pas tenu notre promesse" in outcome(page, portal, text)
    with pytest.raises(Exception, match="exit status 1"):
        portal.run("verify", "receipt", text, f"{portal.origin}/log")
