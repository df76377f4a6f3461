"""What anybody may check: shares, the contract, the state of the platforms, who runs the site."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState

from aggregator.config import hosting
from aggregator.opendata import charts
from aggregator.web.evidence import edition_files, statements, waiting
from aggregator.web.evidence import method as method_figures
from aggregator.web.evidence.bundles.contents import closed_days
from aggregator.web.evidence.press import press
from aggregator.web.language.catalogues import language, lazy_gettext
from aggregator.web.language.typography import french
from aggregator.web.serving.platforms import draw
from aggregator.web.serving.site import here

transparency = Blueprint("transparency", __name__)

HISTORY_SHOWN = 30
# The page prints them inside a command to paste into a shell: nothing that a shell would read may pass.
BUNDLES_LISTED = 7
REFERENCE = {
    "heure": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}"),
    "question": re.compile(r"[a-z]+=[\w.-]+(&[a-z]+=[\w.-]+)*"),
    "empreinte": re.compile(r"[0-9a-f]{16}|[0-9a-f]{8}"),  # eight under lists that were saved before
    "releve": re.compile(r"[0-9a-f]{8}"),
}
CLASS_WORDS = {
    "duplicate": lazy_gettext("deuxième clic de la même adresse pour le même lieu en moins de 30 minutes"),
    "robot": lazy_gettext("robots déclarés"),
    "prefetch": lazy_gettext("pages préchargées par un navigateur"),
    "expired": lazy_gettext("boutons d’une page de plus de cinq heures"),
    "forged": lazy_gettext("boutons que nous n’avons pas écrits"),
    "excess": lazy_gettext("clics au-delà de ce qu’une adresse ou une liste peut compter"),
}


HOSTING_WORDS = {
    "host": lazy_gettext("hébergeur"),
    "host_parent_country": lazy_gettext("pays de la maison mère de l’hébergeur"),
    "data_location": lazy_gettext("lieu des données"),
    "non_eu_law_exposure": lazy_gettext("exposition à un droit non européen"),
    "hds_holder": lazy_gettext("certification HDS"),
    "hds_scope": lazy_gettext("périmètre de la certification HDS"),
    "secnumcloud": lazy_gettext("SecNumCloud"),
    "iso27001": lazy_gettext("ISO 27001"),
    "encryption_at_rest": lazy_gettext("chiffrement au repos"),
    "key_custody": lazy_gettext("garde des clés"),
    "end_to_end": lazy_gettext("chiffrement de bout en bout"),
    "sub_processors": lazy_gettext("sous-traitants"),
    "retention": lazy_gettext("durée de conservation"),
    "transfers": lazy_gettext("transferts"),
    "regulatory_decisions": lazy_gettext("décisions d’autorités et de justice"),
}
STATUS_WORDS = {
    "established": lazy_gettext("établi par une décision ou un registre"),
    "declared": lazy_gettext("déclaré par la plateforme"),
    "reported": lazy_gettext("rapporté par la presse"),
    "disputed": lazy_gettext("contesté : deux sources se contredisent"),
    "unknown": lazy_gettext("non vérifié"),
}


@transparency.get("/transparence")
def shares() -> str:
    site = here()
    totals, closed = site.published("shares"), site.published("closed")
    rows = [{**row, "label": site.label(row["slug"])} for row in totals.get("providers", [])]
    controls = statements.controls_of(site.published("controls"))
    slugs = [row["slug"] for row in rows]
    page = {
        "totals": totals,
        "counts": statements.counts(totals, closed),
        "question": statements.question(rows, totals, controls["failed"]),
        "largest": max(rows, key=lambda row: row["places"], default=None),
        "choice": statements.choice(site, totals),
        "controls": controls,
        "coverage": site.published("coverage"),
        "providers": rows,
        "classes": [{"words": text, **statements.of_class(totals, name)} for name, text in CLASS_WORDS.items()],
        "effects": statements.effects(closed, slugs),
        "weeks": charts.weeks(closed.get("weeks", []), slugs),
        "territory": statements.territory(site, closed.get("territory", [])),
        "service": statements.service(closed.get("service", []), slugs),
        "history": [statements.event(entry, site) for entry in list(site.published("history"))[:HISTORY_SHOWN]],
        "press": press(site, request.args.get("liste", "")),
        "operator": site.campaign.operator,
        "label": site.label,
        "figures": edition_files.figures(site),
    }
    empty = {"waiting": waiting.waiting(site.now(), page), "example": waiting.example(page)}
    return render_template("transparency.html", **page, **empty)


@transparency.get("/transparence/methode")
def method() -> str:
    return render_template("method.html", found=method_figures.calibration(), crowds=method_figures.CROWD_WORDS)


@transparency.get("/hebergement")
def hosting_sheets() -> str:
    """What is known of where each platform keeps data: the same fields for all, in the order of the hour's draw."""
    site = here()
    hidden = set(site.campaign.facts.hosting_hidden)
    return render_template(
        "hosting.html",
        sheets=sorted(
            (sheet for sheet in site.sheets.values() if site.is_read(sheet.provider)),
            key=lambda sheet: draw(site, sheet.provider),
        ),
        fields=[name for name in hosting.FIELDS if name not in hidden],
        service=site.campaign.facts.service,
        words=HOSTING_WORDS,
        statuses=STATUS_WORDS,
        label=site.label,
    )


@transparency.record_once
def vocabulary(state: BlueprintSetupState) -> None:
    # A global: macros that are imported, as those of templates/_parts.html, do not see the variables of a page.
    state.app.jinja_env.globals["hosting_words"] = HOSTING_WORDS


@transparency.get("/contrat")
def contract() -> str:
    """The rule in force. A translation is a courtesy: the fingerprint beside it is that of the French text."""
    path = here().settings.contract_path
    translated = path.with_suffix(f".{language()}.md")
    text = contract_text(path)
    blocks = contract_text(translated)["blocks"] if translated.exists() else text["blocks"]
    return render_template("contract.html", **{**text, "blocks": blocks}, translated=translated.exists())


@transparency.get("/verifier")
def verify() -> tuple[str, int]:
    """The command that recomputes one list; its parts come from the list's own reference line."""
    given = {name: request.args.get(name, "") for name in ("heure", "question", "empreinte", "releve")}
    understood = all(pattern.fullmatch(given[name]) for name, pattern in REFERENCE.items())
    parts = {"epoch": given["heure"], "key": given["question"], "hash": given["empreinte"], "snapshot": given["releve"]}
    days = closed_days(here().settings.published_dir)[:BUNDLES_LISTED]
    page = render_template("verify.html", days=days, **(parts if understood else dict.fromkeys(parts, "")))
    return page, 200 if understood or not any(given.values()) else 400


@transparency.get("/preuve")
def proof() -> str:
    """Checks a receipt in the reader's browser: what stands after # in the address never leaves it."""
    return render_template("proof.html")


@lru_cache(maxsize=4)
def contract_text(path: Path) -> dict[str, Any]:
    """The contract's paragraphs and the SHA-256 of its file."""
    raw = path.read_bytes()
    blocks = [french(block.strip()) for block in raw.decode("utf-8").split("\n\n") if block.strip()]
    return {"blocks": blocks, "sha256": hashlib.sha256(raw).hexdigest(), "name": path.name}
