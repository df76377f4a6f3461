"""The pages on the way to a list: home, search, choice between homonyms, filters, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from aggregator.country.gazetteer import Commune
from aggregator.country.geocoder import NoAnswerError, Point
from aggregator.search.question import RADII_KM
from aggregator.search.search import UnknownOriginError
from aggregator.web.evidence import statements
from aggregator.web.find import query
from aggregator.web.find.query import Asked, where
from aggregator.web.find.results import page_of
from aggregator.web.language.links import asking
from aggregator.web.serving import platforms
from aggregator.web.serving.site import Site, here

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> str:
    site = here()
    asked = query.read(request.args, site.campaign, site.now().date())
    question = replace(asked.question, insee=None, lat=None, lon=None)
    # Come back to change a search: its town, need and filters are there again.
    kept = query.parameters(question, site.campaign) if request.args else {}
    return render_template("home.html", **_home(site), text=asked.text, need=question.need, kept=kept)


@pages.get("/recherche")
def results() -> Any:
    site = here()
    asked = query.read(request.args, site.campaign, site.now().date())
    if site.snapshot is None:
        return render_template("home.html", **_home(site), text=asked.text), 503
    question = asked.question
    if question.insee is None and question.lat is None:
        if not asked.text:
            return render_template("home.html", **_home(site), error="empty"), 400
        communes = site.gazetteer.find(asked.text)
        if len(communes) > 1:
            return _ask_which(site, asked, communes)
        if communes:
            question = replace(question, insee=communes[0].insee)
        else:
            try:
                point = _address(site, asked.text)
            except NoAnswerError:
                return _not_found(site, asked, "silent")
            if point is None:
                return _not_found(site, asked, "unknown")
            question = replace(question, lat=point.lat, lon=point.lon)
    return _list(site, replace(asked, question=question))


@pages.get("/embed/recherche")
def embedded() -> Any:
    """The same list for the page of a town hall, in a frame: same order, same buttons, which open in the top window."""
    site = here()
    asked = query.read(request.args, site.campaign, site.now().date())
    if site.snapshot is None or (asked.question.insee is None and asked.question.lat is None):
        return render_template("embed_form.html", **_home(site), embedded=True)
    return _list(site, asked, embedded=True)


def _list(site: Site, asked: Asked, embedded: bool = False) -> Any:
    try:
        return page_of(site, asked, embedded)
    except UnknownOriginError:
        return render_template("home.html", **_home(site), error="unknown", text=asked.text, near=[]), 404


@pages.get("/filtres")
def filters() -> Any:
    site = here()
    asked = query.read(request.args, site.campaign, site.now().date())
    if asked.question.insee is None and asked.question.lat is None:
        return redirect(url_for("pages.home"), 303)
    return render_template(
        "filters.html",
        question=asked.question,
        where=where(site, asked.question),
        radii=RADII_KM,
        moments=query.MOMENTS,
        parameters=query.parameters(asked.question, site.campaign),
    )


@pages.get("/suggestions")
def suggestions() -> Any:
    """Six communes at most for what has been typed so far: exact names first, then by population."""
    site = here()
    text = request.args.get("q", "")[: query.MAX_TEXT]
    found = [
        {
            "name": commune.name,
            "department": commune.department,
            "department_name": site.gazetteer.department_name(commune.department),
            "url": url_for("pages.results", insee=commune.insee),
        }
        for commune in site.gazetteer.suggest(text)
    ]
    response = jsonify(found)
    # Public: nothing but the gazetteer is in it, which is read once a process.
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _address(site: Site, text: str) -> Point | None:
    """What names no commune here may be an address; the geocoder, a third party, is sent nothing else."""
    return site.addresses.locate(text) if site.addresses else None


def _not_found(site: Site, asked: Asked, error: str) -> Any:
    """404, with towns of a similar name. `error`: "unknown", or "silent" when the geocoder did not answer."""
    with site.expensive_work():
        near = site.gazetteer.suggest(asked.text) or site.misspelt.towns_like(asked.text)
    choices = [_choice(site, asked, commune) for commune in near]
    return render_template("home.html", **_home(site), error=error, text=asked.text, near=choices), 404


def _ask_which(site: Site, asked: Asked, communes: Sequence[Commune]) -> str:
    """Asks which of several communes is meant."""
    departments = sorted({commune.department for commune in communes})
    return render_template(
        "choose.html",
        text=asked.text,
        choices=[_choice(site, asked, commune) for commune in communes],
        departments=[site.gazetteer.department_name(code) for code in departments],
        is_postcode=not asked.text.strip("0123456789 "),
    )


def _choice(site: Site, asked: Asked, commune: Commune) -> dict[str, str]:
    question = replace(asked.question, insee=commune.insee)
    return {
        "name": commune.name,
        "department": commune.department,
        "department_name": site.gazetteer.department_name(commune.department),
        "url": asking("pages.results", query.parameters(question, site.campaign)),
    }


def _home(site: Site) -> dict[str, Any]:
    campaign, today = site.campaign, site.now().date()
    listed = platforms.platforms(site)
    return {
        "campaign": campaign,
        "phase": campaign.phase(today),
        "platforms": listed,
        "fan": list(platforms.fan(len(listed))),
        "places": len(site.snapshot.places.all) if site.snapshot else 0,
        "waiting": site.snapshot is None,
        "verdict": statements.verdict_of_the_week(site),
    }
