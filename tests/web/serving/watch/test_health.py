"""Health is red while pages cannot be made, and pages then say so in two sentences; departures are not refused."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from aggregator.web.serving.site import Site
from tests.portal import Portal
from tests.web.conftest import citizen_of


def spoil(portal: Portal) -> FlaskClient:
    """A new web process on a places file of another version."""
    from app import create_app

    current = portal.settings.published_dir / "current.json"
    current.write_text(current.read_text().replace('"places":"', '"places":"0'))
    app = create_app(portal.settings, portal.clock)
    app.extensions["aiguillage"].close()
    return citizen_of(app)


def test_a_portal_that_makes_its_pages_is_ready(browser: FlaskClient, site: Site) -> None:
    answer = browser.get("/readyz")

    assert answer.status_code == 200
    assert site.snapshot is not None
    assert answer.json == {"ready": True, "snapshot": site.snapshot.hash, "age_s": 0}


def test_a_home_page_that_cannot_be_made_turns_health_red(app: Flask, site: Site) -> None:
    """A file of the worker that this version misreads, whatever its version says."""
    (site.settings.published_dir / "controls.json").write_text('{"ok": true, "at": "2026-11-23T12:00:00Z"}')
    site.refresh()
    browser = citizen_of(app)

    assert browser.get("/").status_code == 500
    assert browser.get("/readyz").status_code == 503
    assert browser.get("/healthz").status_code == 200


def test_a_snapshot_that_cannot_be_read_is_told_to_the_operator_and_the_citizen(portal: Portal) -> None:
    browser = spoil(portal)

    ready, home, page = browser.get("/readyz"), browser.get("/"), browser.get("/recherche?q=Lyon&langue=en")

    assert (ready.status_code, ready.json and "json.gz" in ready.json["reason"]) == (503, True)
    assert (home.status_code, home.headers["Retry-After"]) == (503, "60")
    assert "en cours de mise à jour" in home.text
    assert "is being updated" in page.text
    assert len(home.text) < 400
    assert browser.get("/api/v1/places?insee=69123").status_code == 503
    assert browser.get("/api/v1/places?insee=69123").mimetype == "application/problem+json"
    assert browser.get("/static/aiguillage.css").status_code == 200


def test_what_was_loaded_before_goes_on_when_the_next_snapshot_cannot_be_read(portal: Portal) -> None:
    spoil(portal)

    portal.site.refresh()

    assert [portal.citizen(1).get(path).status_code for path in ("/", "/readyz")] == [200, 200]
