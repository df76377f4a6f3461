"""Who runs the site, how the platforms are read, what is kept of visitors: the pages that every visitor may ask for."""

from __future__ import annotations

from flask import Blueprint, render_template

from aggregator.web.figures import moment
from aggregator.web.pages import draw
from aggregator.web.site import here

about = Blueprint("about", __name__)


@about.get("/etat")
def state() -> str:
    site = here()
    health = site.health
    rows = sorted(health.get("providers", []), key=lambda row: draw(site, row["slug"]))
    return render_template(
        "state.html",
        at=moment(health.get("at")),
        interval_s=health.get("interval_s", site.settings.collect_every_s),
        providers=[
            {**row, "since": moment(row["failing_since"]), "answered": moment(row["last_answer"])} for row in rows
        ],
        quarantines=health.get("quarantines", []),
        imports=health.get("imports", []),
        labels=site.labels,
        coverage=site.published("coverage"),
    )


@about.get("/accessibilite")
def accessibility() -> str:
    return render_template("accessibility.html", operator=here().campaign.operator)


@about.get("/mentions-legales")
def legal() -> str:
    return render_template("legal.html", operator=here().campaign.operator)


@about.get("/confidentialite")
def privacy() -> str:
    return render_template("privacy.html", operator=here().campaign.operator)
