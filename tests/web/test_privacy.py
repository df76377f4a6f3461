"""No cookie, no third party, no trace of who came: on every page and in every file."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.web.serving.site import Site
from app import create_app
from tests.clock import Clock
from tests.web.conftest import BROWSER
from tests.web.test_pages import PAGES, tokens

ADDRESS = "203.0.113.77"
AGENT = "Mozilla/5.0 (Inimitable; rv:1) Gecko/20100101 Firefox/131.7"
QUESTION = "Bourg-en-Bresse"


@pytest.mark.parametrize("path", PAGES)
def test_no_cookie_and_nothing_from_another_host(visitor: FlaskClient, path: str) -> None:
    page = visitor.get(path)

    assert "Set-Cookie" not in page.headers
    loaded = re.findall(r'(?:src|srcset|data|poster)="([^"]*)"|<link[^>]*href="([^"]*)"|url\(([^)]*)\)', page.text)
    assert [one for found in loaded for one in found if one and not one.startswith("/")] == []
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts in ([], ['<script src="/static/aiguillage.js" defer>'])


@pytest.mark.parametrize("path", [*PAGES, "/nope", "/healthz", "/static/aiguillage.css"])
def test_every_answer_carries_the_strict_headers(visitor: FlaskClient, path: str) -> None:
    headers = visitor.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_policy_lets_a_counted_redirect_land_on_every_platform(visitor: FlaskClient, still: Site) -> None:
    policy = visitor.get("/").headers["Content-Security-Policy"]
    form_action = next(part for part in policy.split(";") if "form-action" in part).split()

    assert set(still.sites.owners) <= set(form_action)


def test_neither_address_nor_browser_nor_question_is_written_anywhere(
    app: Flask, filled: Settings, site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    client = app.test_client()
    client.environ_base.update({"HTTP_USER_AGENT": AGENT, "REMOTE_ADDR": ADDRESS})
    with caplog.at_level(logging.DEBUG):
        page = client.get("/recherche", query_string={"q": QUESTION})
        client.post(f"/rdv/{tokens(page.text)[0]}")
        client.get("/recherche?q=" + "x" * 200)
        client.get("/nope")
    site.flush()
    site.close()

    said = caplog.text + "".join(capfd.readouterr())
    written = b"".join(
        path.read_bytes() for path in Path(filled.data_dir).rglob("*") if path.is_file() and not path.is_symlink()
    )
    for secret in (ADDRESS, AGENT, "Inimitable"):
        assert secret not in said
        assert secret.encode() not in written
    assert "Bourg" not in said


def test_the_search_for_traces_would_find_one(tmp_path: Path) -> None:
    """The control: an access log line is what the search above looks for."""
    (tmp_path / "access.log").write_text(f'{ADDRESS} "GET /recherche?q={QUESTION}" "{AGENT}"')

    assert ADDRESS.encode() in (tmp_path / "access.log").read_bytes()


def test_figures_by_provider_move_in_closed_steps_only_in_metrics_too(visitor: FlaskClient) -> None:
    text = visitor.get("/metrics").text

    assert "aiguillage_redirects_counted" in text
    assert not re.search(r"redirects.*provider=", text)


def test_too_many_searches_are_told_to_wait_and_departures_never(filled: Settings, clock: Clock) -> None:
    app = create_app(filled.but(search_rate=10), clock)
    client, other = app.test_client(), app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = other.environ_base["HTTP_USER_AGENT"] = BROWSER
    other.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    pages = [client.get(f"/recherche?insee=69123&rayon=50&du=2026-12-{number + 10}") for number in range(7)]
    buttons = re.findall(r'action="(/rdv/[^"?]+)"', pages[0].text)
    departures = [client.post(button).status_code for button in buttons[:15]]
    elsewhere = other.get("/recherche?insee=69123").status_code
    app.extensions["aiguillage"].close()

    assert [page.status_code for page in pages] == [200] * 5 + [429] * 2
    assert "Trop de recherches depuis votre réseau" in pages[-1].text
    assert "0 800 009 110" in pages[-1].text.replace("\u00a0", " ")
    assert 0 < int(pages[-1].headers["Retry-After"]) <= 30
    assert set(departures) == {303}
    assert elsewhere == 200
