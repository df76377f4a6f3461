"""Somebody clicks for one platform by script: everybody can see it, and the order does not move."""

from __future__ import annotations

import re

import pytest

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from tests.portal import Portal
from tests.web.test_pages import names, plain

LIST = "/recherche?insee=69123&rayon=50"


@pytest.fixture
def portal(filled: Settings, gazetteer: Gazetteer) -> Portal:
    return Portal(filled, gazetteer)


def clicks_for(portal: Portal, provider: str, count: int, agent: str | None = None) -> None:
    page = portal.citizen(1).get(LIST).text
    label = portal.site.label(provider)
    buttons = re.findall(r'action="(/rdv/[^"?]+)"[^>]*>\s*<button[^>]*>[^<]*<span class="insecable">([^<]+)', page)
    mine = [token for token, written in buttons if written == label]
    for number in range(count):
        robot = portal.citizen(number % 250)
        robot.environ_base["REMOTE_ADDR"] = f"10.0.{number // 250}.{number % 250}"
        if agent:
            robot.environ_base["HTTP_USER_AGENT"] = agent
        robot.post(mine[number % len(mine)])


def an_hour_later(portal: Portal) -> dict[str, object]:
    portal.clock.forward(hours=1, minutes=3)
    portal.work()
    shares: dict[str, object] = portal.published("shares.json")
    return shares


def test_scripted_clicks_are_seen_among_equals_and_leave_the_order_alone(portal: Portal) -> None:
    portal.visit(60, 40)
    before = names(portal.citizen(2).get(LIST).text)
    clicks_for(portal, "maiia", 400)
    after = names(portal.citizen(2).get(LIST).text)
    shares = an_hour_later(portal)
    page = plain(portal.citizen(3).get("/transparence").text)
    portal.site.close()

    assert after == before
    assert shares["choice"]["found"] is True  # type: ignore[index]
    assert "Le hasard du tirage ne suffit pas à l’expliquer pour" in page
    assert "Ce n’est pas un écart du site." in page


def test_without_the_script_nothing_shows_a_preference(portal: Portal) -> None:
    """The control."""
    portal.visit(60, 40)
    shares = an_hour_later(portal)
    page = plain(portal.citizen(3).get("/transparence").text)
    portal.site.close()

    assert shares["choice"]["found"] is False  # type: ignore[index]
    assert "ne suffit pas à l’expliquer" not in page


def test_clicks_of_declared_robots_are_told_beside_the_shares_and_not_in_them(portal: Portal) -> None:
    portal.visit(60, 44)
    clicks_for(portal, "maiia", 110, "Googlebot/2.1 (+http://www.google.com/bot.html)")
    shares = an_hour_later(portal)
    page = plain(portal.citizen(3).get("/transparence").text)
    portal.site.close()

    maiia = next(row for row in shares["providers"] if row["slug"] == "maiia")  # type: ignore[attr-defined]
    assert maiia["raw_share"] > maiia["redirects_share"] + 0.3
    assert "Si les doublons et les robots étaient comptés" in page
