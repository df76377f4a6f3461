"""Who runs the site, how the platforms are read, what is kept of visitors: the pages that every visitor may ask for."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, render_template, request

from aggregator import instants
from aggregator.web.language.catalogues import lazy_gettext
from aggregator.web.language.words import moment
from aggregator.web.serving.platforms import states
from aggregator.web.serving.site import here
from providers.records import SuddenChange

about = Blueprint("about", __name__)

# Why a sudden change is held back.
REASONS = {
    SuddenChange.EMPTY: lazy_gettext("plus aucun lieu"),
    SuddenChange.SHRUNK: lazy_gettext("neuf lieux sur dix ont disparu"),
    SuddenChange.GROWN: lazy_gettext("cent fois plus de lieux"),
    SuddenChange.MOVED: lazy_gettext("un identifiant désigne un autre lieu"),
}


@about.get("/etat")
def state() -> str:
    site = here()
    health = site.health
    return render_template(
        "state.html",
        at=moment(health.get("at")),
        interval_s=site.interval_s,
        stale=site.snapshot is not None
        and site.now() - site.snapshot.slots.at > instants.unread_after(site.interval_s),
        providers=[{**row, "answered": moment(row["last_answer"])} for row in states(site)] if health else [],
        quarantines=health.get("quarantines", []),
        reasons=REASONS,
        imports=health.get("imports", []),
        labels=site.labels,
        coverage=site.published("coverage"),
        landings=site.published("landings"),
        landed_at=moment(site.published("landings").get("at")),
    )


@about.get("/signaler")
def report() -> str:
    return render_template("report.html", operator=here().campaign.operator)


@about.get("/.well-known/security.txt")
def security() -> Response:
    """RFC 9116: whom to tell of a weakness; valid for a year from today."""
    site = here()
    contact = site.campaign.operator.contact
    address = f"mailto:{contact}" if "@" in contact else request.host_url.rstrip("/") + "/signaler"
    expires = (site.now() + timedelta(days=365)).strftime("%Y-%m-%dT00:00:00Z")
    lines = (f"Contact: {address}", f"Expires: {expires}", "Preferred-Languages: fr, en")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@about.get("/accessibilite")
def accessibility() -> str:
    return render_template("accessibility.html", operator=here().campaign.operator)


@about.get("/mentions-legales")
def legal() -> str:
    return render_template("legal.html", operator=here().campaign.operator)


@about.get("/confidentialite")
def privacy() -> str:
    return render_template("privacy.html", operator=here().campaign.operator)
