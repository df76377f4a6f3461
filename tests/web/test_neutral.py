"""Nothing on the way out depends on the platform: same clicks, same words, same disclosure, same code (N8, N10)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator.config.settings import ROOT
from aggregator.snapshot.places import Place
from aggregator.web.serving.site import Site
from providers.booking_url import BookingSites

PROVIDERS = ("doctolib", "keldoc", "maiia", "ordoclic")


def alone_on(site: Site, provider: str) -> Place:
    """A place that this platform alone offers, with a slot seen."""
    assert site.snapshot is not None
    states = site.snapshot.slots.offers
    return next(
        place
        for place in site.snapshot.places.all
        if [offer.provider for offer in place.offers] == [provider]
        and states[place.offers[0].id].state == "seen"
        and not place.walk_in
        and not place.site
    )


@pytest.fixture
def blocks(browser: FlaskClient, site: Site) -> dict[str, str]:
    """Provider -> the part of a place's page that leads out, hosting included."""
    found = {}
    for provider in PROVIDERS:
        page = browser.get(f"/centre/{alone_on(site, provider).id}").text
        start = page.index("Prendre rendez-vous</h2>")
        found[provider] = page[start : page.index("Créneaux vus</h2>")] + page[page.index("Avant de partir") :]
    return found


def test_one_click_leads_out_whatever_the_platform(blocks: dict[str, str]) -> None:
    """N8: as many buttons, as many words on them, as many lines of disclosure."""
    shapes = {
        provider: (
            len(re.findall(r'<form method="post" action="/rdv/[^"?]+">', block)),
            re.sub(r">[^<]+<", "><", re.search(r"<button class=\"bouton\">.*?</button>", block, re.DOTALL)[0]),  # type: ignore[index]
            len(re.findall(r"hébergeur|pays de la maison mère|lieu des données|certification HDS", block)),
            len(re.findall(r'href="/hebergement#', block)),
        )
        for provider, block in blocks.items()
    }

    assert len(set(shapes.values())) == 1, shapes
    assert shapes["maiia"][0] == 1


def test_every_platform_has_a_sheet_and_unknown_is_said(browser: FlaskClient, site: Site) -> None:
    page = browser.get("/hebergement").text

    sections = re.split(r'<h2 id="', page)[1:]
    assert {section.partition('"')[0] for section in sections} == set(site.campaign.providers.read)
    assert len({len(re.findall(r"<dt>", section)) for section in sections}) == 1
    assert all("non vérifié" in section for section in sections)


class Lines:
    """Which lines of ours run, in which thread of ours: the path of one request."""

    def __enter__(self) -> set[tuple[str, int]]:
        self.seen: set[tuple[str, int]] = set()
        sys.settrace(self._trace)
        return self.seen

    def __exit__(self, *_: Any) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(str(ROOT)) or "/tests/" in name or ".venv" in name:
            return None
        if event == "line":
            self.seen.add((name, frame.f_lineno))
        return self._trace


def departures(browser: FlaskClient, site: Site) -> Iterator[tuple[str, set[tuple[str, int]]]]:
    for provider in PROVIDERS:
        page = browser.get(f"/centre/{alone_on(site, provider).id}").text
        token = re.search(r'action="/rdv/([^"?]+)"', page)
        assert token is not None
        with Lines() as lines:
            answer = browser.post(f"/rdv/{token[1]}")
        assert answer.status_code == 303
        yield provider, lines


def test_the_way_out_runs_the_same_lines_for_every_platform(browser: FlaskClient, site: Site) -> None:
    """N10: no line of the redirect is run for one platform only, so none can make it wait."""
    list(departures(browser, site))  # what is done once, at the first request, is done

    paths = dict(departures(browser, site))

    common = set.intersection(*paths.values())
    assert {provider: sorted(lines - common) for provider, lines in paths.items()} == {one: [] for one in PROVIDERS}
    assert len(common) > 50


def test_a_branch_on_a_platform_would_be_seen(
    browser: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of N10: a name looked up for one platform only."""
    honest = BookingSites.allows

    def favours(sites: BookingSites, url: str) -> bool:
        if sites.owner(url) == "maiia":
            site.label("maiia")
        return honest(sites, url)

    monkeypatch.setattr(BookingSites, "allows", favours)
    list(departures(browser, site))

    paths = dict(departures(browser, site))

    assert paths["maiia"] != paths["keldoc"]
