"""The pages on the way to a list: home, search, choice between homonyms, filters, suggestions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from aggregator.country.finder.finder import Area, Found, Level, Named, Remark, Town, Why
from aggregator.country.geocoder import NoAnswerError, Point
from aggregator.search.question import RADII_KM
from aggregator.search.search import UnknownOriginError
from aggregator.web.evidence import statements
from aggregator.web.find import query
from aggregator.web.find.query import Asked, where
from aggregator.web.find.results import page_of
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.links import asking, path_to
from aggregator.web.language.remarks import said
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
    if asked.question.insee is None and asked.question.lat is None:
        if not asked.text:
            return render_template("home.html", **_home(site), error="empty"), 400
        return _understood(site, asked)
    return _list(site, asked)


def _understood(site: Site, asked: Asked) -> Any:
    """The answer to what was typed: a list, the places of an area, a choice, or what may have been meant."""
    with site.expensive_work():  # a mistake in spelling is compared with many names
        found = site.finder.find(asked.text)
    if len(found.matches) > 1:
        return _ask_which(site, asked, found)
    address = Why.ADDRESS in {remark.why for remark in found.remarks}
    if found.matches and not (address and site.addresses):
        return _one(site, asked, found)
    try:
        point = _address(site, asked.text)
    except NoAnswerError:
        silent = replace(found, remarks=(Remark(Why.SILENT), *found.remarks))
        return _one(site, asked, silent) if found.matches else _not_found(site, asked, found, "silent")
    if point is None:
        return _one(site, asked, found) if found.matches else _not_found(site, asked, found, "unknown")
    return _list(site, replace(asked, question=replace(asked.question, lat=point.lat, lon=point.lon)))


def _one(site: Site, asked: Asked, found: Found) -> Any:
    """The list around the one town that was found, or the directory of the one area."""
    [match] = found.matches
    if isinstance(match, Area):
        return redirect(_directory_of(match), 303)
    return _list(site, _around(site, asked, found))


def _around(site: Site, asked: Asked, found: Found) -> Asked:
    """The question around the one town that was found, and what is to be said of it."""
    [town] = (one for one in found.matches if isinstance(one, Town))
    question = replace(asked.question, insee=town.commune.insee)
    return replace(asked, question=question, remarks=said(found.remarks, query.where(site, question)))


@pages.get("/embed/recherche")
def embedded() -> Any:
    """The same list for the page of a town hall, in a frame: same order, same buttons, which open in the top window."""
    site = here()
    asked = query.read(request.args, site.campaign, site.now().date())
    if site.snapshot is None or not (asked.text or asked.question.insee or asked.question.lat is not None):
        return render_template("embed_form.html", **_home(site), embedded=True)
    if asked.question.insee is None and asked.question.lat is None:
        with site.expensive_work():
            found = site.finder.find(asked.text)
        if [type(one) for one in found.matches] != [Town]:
            near = [_choice(site, asked, one, "pages.embedded") for one in found.matches or found.proposals]
            told = {"text": asked.text, "near": near, "told": said(found.remarks), "several": bool(found.matches)}
            return render_template("embed_form.html", **_home(site), embedded=True, **told), 200 if near else 404
        asked = _around(site, asked, found)
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
    """Six places at most for what has been typed so far: exact names first, then the largest."""
    site = here()
    text = request.args.get("q", "")[: query.MAX_TEXT]
    response = jsonify([_named(site, one, _town_address) for one in site.finder.suggest(text)])
    # Public: nothing but the gazetteer is in it, which is read once a process.
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _address(site: Site, text: str) -> Point | None:
    """What names no commune here may be an address; the geocoder, a third party, is sent nothing else."""
    return site.addresses.locate(text) if site.addresses else None


def _not_found(site: Site, asked: Asked, found: Found, error: str) -> Any:
    """404, with what may have been meant. `error`: "unknown", or "silent" when the geocoder did not answer."""
    near = [_choice(site, asked, one) for one in found.proposals]
    told = said(found.remarks)
    return render_template("home.html", **_home(site), error=error, text=asked.text, near=near, told=told), 404


def _ask_which(site: Site, asked: Asked, found: Found) -> str:
    """Asks which of several places is meant."""
    communes = [one.commune for one in found.matches if isinstance(one, Town)]
    departments = sorted({commune.department for commune in communes})
    return render_template(
        "choose.html",
        text=asked.text,
        choices=[_choice(site, asked, one) for one in found.matches],
        departments=[site.gazetteer.department_name(code) for code in departments],
        is_postcode=not asked.text.strip("0123456789 "),
        told=said(found.remarks),
    )


def _choice(site: Site, asked: Asked, named: Named, page: str = "pages.results") -> dict[str, str]:
    def list_around(town: Town) -> str:
        question = replace(asked.question, insee=town.commune.insee)
        return asking(page, query.parameters(question, site.campaign))

    return _named(site, named, list_around)


def _named(site: Site, named: Named, list_around: Callable[[Town], str]) -> dict[str, str]:
    """A place as it is proposed: its name, what tells it from others of that name, and where it leads."""
    if isinstance(named, Area):
        kind = gettext("région") if named.level is Level.REGION else gettext("département")
        code = named.code if named.level is Level.DEPARTMENT else ""
        return {"name": named.name, "department": code, "department_name": kind, "url": _directory_of(named)}
    commune = named.commune
    department = site.gazetteer.department_name(commune.department)
    return {
        "name": named.former or commune.name,
        "department": commune.department,
        "department_name": f"{commune.name}, {department}" if named.former else department,
        "url": list_around(named),
    }


def _town_address(town: Town) -> str:
    return url_for("pages.results", insee=town.commune.insee)


def _directory_of(area: Area) -> str:
    if area.level is Level.REGION:
        return path_to("directory.region", slug=area.code)
    return path_to("directory.department", code=area.code)


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
