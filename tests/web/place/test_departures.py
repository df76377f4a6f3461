"""The redirect: counted durably, sent to the exact page, by everybody, whatever happens to the count."""

from __future__ import annotations

import dataclasses
import sqlite3
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from aggregator.redirect.tokens import Tokens
from aggregator.redirect.visitors import Visitor
from aggregator.web.place.fast_redirect import Door
from aggregator.web.serving.site import Site
from tests.clock import Clock
from tests.web.conftest import BROWSER, layer
from tests.web.test_pages import tokens

LIST = "/recherche?q=Lyon"


@pytest.fixture
def token(browser: FlaskClient) -> str:
    return tokens(browser.get(LIST).text)[0]


def counts(settings: Settings) -> dict[str, int]:
    reader = EventReader(settings.data_dir / "events.db")
    return {cls.value: n for cls in EventClass if (n := reader.totals(cls))}


def test_the_button_leads_to_the_exact_page_of_the_offer(
    browser: FlaskClient, site: Site, token: str, filled: Settings
) -> None:
    click = site.tokens.read(token)
    assert site.snapshot is not None
    offer = site.snapshot.places.offers[click.offer_id]

    answer = browser.post(f"/rdv/{token}")

    assert (answer.status_code, answer.headers["Location"]) == (303, offer.url)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert counts(filled) == {"counted": 1}


def test_the_event_says_list_rank_place_department_hour_and_provider_and_no_more(
    browser: FlaskClient, token: str, filled: Settings
) -> None:
    browser.post(f"/rdv/{token}")

    columns = "basket, bin, class, length(list), policy, pos, prov, nonce IS NOT NULL"
    row = sqlite3.connect(filled.data_dir / "events.db").execute(f"SELECT {columns} FROM events").fetchone()  # noqa: S608
    assert row[:6] == ("dep=69", "2026-11-23T12", "counted", 32, "order/1", 1)
    assert row[7] == 1


@pytest.mark.parametrize(
    ("headers", "cls"),
    [
        ({}, "counted"),
        ({"User-Agent": "Googlebot/2.1"}, "robot"),
        ({"User-Agent": ""}, "robot"),
        ({"Sec-Purpose": "prefetch"}, "prefetch"),
        ({"Sec-Fetch-Site": "cross-site"}, "forged"),
        ({"Origin": "https://evil.example"}, "forged"),
        ({"Origin": "http://localhost"}, "counted"),
    ],
)
def test_what_is_not_a_citizen_s_click_is_set_apart_and_sent_on(
    app: Flask, token: str, filled: Settings, headers: dict[str, str], cls: str
) -> None:
    answer = app.test_client().post(f"/rdv/{token}", headers={"User-Agent": BROWSER, **headers})

    assert answer.status_code == 303
    assert counts(filled) == {cls: 1}


def test_an_expired_token_is_sent_on_and_counted_as_expired(
    browser: FlaskClient, token: str, clock: Clock, filled: Settings
) -> None:
    clock.forward(hours=7)

    assert browser.post(f"/rdv/{token}").status_code == 303
    assert counts(filled) == {"expired": 1}


def test_a_forged_token_that_names_an_offer_is_sent_on_and_counted_as_forged(
    browser: FlaskClient, site: Site, token: str, filled: Settings
) -> None:
    click = site.tokens.read(token)
    forged = Tokens(b"\x00" * 32).write(click.epoch, click.list_hash, click.place_id, click.offer_id, 1)

    assert browser.post(f"/rdv/{forged}").status_code == 303
    assert counts(filled) == {"forged": 1}


@pytest.mark.parametrize("token", ["x", "", "AAAA", "A" * 71, "%00", "https:%2f%2fevil.example"])
def test_a_token_that_names_no_offer_gets_the_search_page(browser: FlaskClient, token: str, filled: Settings) -> None:
    answer = browser.post(f"/rdv/{token}")

    assert answer.status_code == 404
    assert "Location" not in answer.headers
    assert counts(filled) == {}


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_only_post_counts(browser: FlaskClient, token: str, filled: Settings, method: str) -> None:
    assert getattr(browser, method)(f"/rdv/{token}").status_code == 405
    assert counts(filled) == {}


def test_a_link_that_slipped_into_the_data_goes_nowhere(
    browser: FlaskClient, site: Site, token: str, filled: Settings
) -> None:
    """The second gate: the guard runs again at the redirect."""
    from msgspec.structs import replace

    assert site.snapshot is not None
    offers = site.snapshot.places.offers
    click = site.tokens.read(token)
    offers[click.offer_id] = replace(offers[click.offer_id], url="https://evil.example/rendez-vous/x")

    answer = browser.post(f"/rdv/{token}")

    assert answer.status_code == 404
    assert counts(filled) == {}


def test_a_citizen_is_sent_on_when_the_count_cannot_be_written(
    browser: FlaskClient, token: str, filled: Settings
) -> None:
    other = sqlite3.connect(filled.data_dir / "events.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    answer = browser.post(f"/rdv/{token}")
    other.execute("ROLLBACK")

    assert answer.status_code == 303


def test_fifty_clicks_at_once_with_one_token_are_one_redirect(app: Flask, token: str, filled: Settings) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def click(_: int) -> int:
        return app.test_client().post(f"/rdv/{token}", headers={"User-Agent": BROWSER}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(click, range(50))) == {303}
    assert counts(filled) == {"counted": 1, "duplicate": 49}


def test_two_people_who_click_are_two_redirects(app: Flask, token: str, filled: Settings) -> None:
    """The control: what tells duplicates from people does not swallow people."""
    for number in range(2):
        client = app.test_client()
        client.environ_base.update({"HTTP_USER_AGENT": BROWSER, "REMOTE_ADDR": f"192.0.2.{number}"})
        client.get(LIST)
        client.post(f"/rdv/{token}")

    assert counts(filled) == {"counted": 2}


def test_a_browser_that_gives_itself_another_name_each_time_is_one_redirect(
    app: Flask, token: str, filled: Settings
) -> None:
    for number in range(30):
        client = app.test_client()
        client.get(LIST)
        client.post(f"/rdv/{token}", headers={"User-Agent": f"{BROWSER} {number}"})

    assert counts(filled) == {"counted": 1, "duplicate": 29}


def test_duplicates_that_looked_at_the_user_agent_would_be_seen(
    app: Flask, site: Site, token: str, filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    real = site.visitor_of

    def by_user_agent(environ: Any) -> Visitor:
        found = real(environ)
        return dataclasses.replace(found, address=f"{found.address} {found.user_agent}")

    monkeypatch.setattr(site, "visitor_of", by_user_agent)
    for number in range(5):
        client = app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = f"{BROWSER} {number}"
        client.get(LIST)
        client.post(f"/rdv/{token}")

    assert counts(filled) == {"counted": 5}


def test_clicks_of_a_list_never_exceed_the_times_it_was_shown(app: Flask, token: str, filled: Settings) -> None:
    for number in range(10):
        client = app.test_client()
        client.environ_base.update({"HTTP_USER_AGENT": BROWSER, "REMOTE_ADDR": f"198.51.{number}.1"})
        client.post(f"/rdv/{token}")

    assert counts(filled) == {"counted": 1, "excess": 9}


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "HEAD"},
        {"headers": {"Sec-Purpose": "prefetch"}},
        {"headers": {"Purpose": "prefetch"}},
        {"headers": {"X-Purpose": "preview"}},
    ],
)
def test_what_no_person_saw_is_no_list_shown(app: Flask, site: Site, asked: dict[str, Any]) -> None:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = BROWSER
    client.get(LIST)
    for _ in range(3):
        client.open(LIST, **asked)

    _, lists, _ = site.showings.take()
    assert [row[-1] for row in lists] == [1]


def test_the_door_and_the_view_behind_it_answer_alike(app: Flask, token: str) -> None:
    door = layer(app, Door)
    quick = app.test_client().post(f"/rdv/{token}", headers={"User-Agent": BROWSER})
    app.wsgi_app = door._flask  # type: ignore[method-assign]
    view = app.test_client().post(f"/rdv/{token}", headers={"User-Agent": BROWSER})

    # Each click has a receipt of its own; an empty answer does not vary.
    alike = [
        {name: value for name, value in one.headers.items() if name not in ("Vary", "Redirect-Receipt")}
        for one in (quick, view)
    ]
    assert alike[0] == alike[1]
    assert quick.headers["Redirect-Receipt"] != view.headers["Redirect-Receipt"]
    assert (quick.status, quick.data) == (view.status, view.data)


def test_every_redirect_comes_with_a_signed_receipt(app: Flask, token: str) -> None:
    """Nobody asks for it: an operator who knew whose receipt will be checked could count those alone."""
    answer = app.test_client().post(f"/rdv/{token}", headers={"User-Agent": BROWSER})

    assert answer.status_code == 303
    assert answer.headers["Redirect-Receipt"].startswith("r2.")
    assert len(answer.headers["Redirect-Receipt"]) < 1000
