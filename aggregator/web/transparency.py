"""What anybody may check: shares, the contract, the state of the platforms, who runs the site."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from math import log2
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, request

from aggregator.settings import ROOT
from aggregator.web.pages import draw
from aggregator.web.site import here
from aggregator.web.typography import french

transparency = Blueprint("transparency", __name__)

CONTRACT_PATH = ROOT / "data" / "contract-order-1.md"
REFERENCE = {
    "heure": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}"),
    "question": re.compile(r"[a-z]+=[\w.-]+(&[a-z]+=[\w.-]+)*"),
    "empreinte": re.compile(r"[0-9a-f]{8}"),
    "releve": re.compile(r"[0-9a-f]{8}"),
}
CLASS_WORDS = {
    "duplicate": "deuxième clic de la même personne en moins de 30 minutes",
    "robot": "robots déclarés",
    "prefetch": "pages préchargées par un navigateur",
    "expired": "boutons d’une page de plus de cinq heures",
    "forged": "boutons que nous n’avons pas écrits",
}


@transparency.get("/transparence")
def shares() -> str:
    site = here()
    totals, controls = site.shares, site.controls
    rows = totals.get("providers", [])
    return render_template(
        "transparency.html",
        totals=totals,
        verdict="suspended" if controls.get("ok") is False else totals.get("verdict", "too-few"),
        controls=controls,
        checked=_moment(controls.get("at")),
        failed=_moment(controls.get("failed_since")),
        outside=[row for row in rows if row["stands"] in ("outside", "impossible")],
        open_rows=[row for row in rows if row["stands"] == "open"],
        inside=sum(row["stands"] == "inside" for row in rows),
        tracks=[track(row) for row in rows],
        at=_moment(totals.get("at")),
        since=_moment(totals["since"] + ":00") if totals.get("since") else None,
        providers=rows,
        classes=[
            {
                "name": name,
                "words": text,
                **totals.get("classes", {}).get(name, {"total": 0, "step": 0, "providers": {}}),
            }
            for name, text in CLASS_WORDS.items()
        ],
        labels=site.labels,
    )


@transparency.get("/contrat")
def contract() -> str:
    return render_template("contract.html", **contract_text(CONTRACT_PATH))


@transparency.get("/verifier")
def verify() -> tuple[str, int]:
    """The command that recomputes one list; its parts come from the list's own reference line."""
    given = {name: request.args.get(name, "") for name in ("heure", "question", "empreinte", "releve")}
    understood = all(pattern.fullmatch(given[name]) for name, pattern in REFERENCE.items())
    parts = {"epoch": given["heure"], "key": given["question"], "hash": given["empreinte"], "snapshot": given["releve"]}
    page = render_template("verify.html", **(parts if understood else dict.fromkeys(parts, "")))
    return page, 200 if understood or not any(given.values()) else 400


@transparency.get("/etat")
def state() -> str:
    site = here()
    health = site.health
    rows = sorted(health.get("providers", []), key=lambda row: draw(site, row["slug"]))
    return render_template(
        "state.html",
        at=_moment(health.get("at")),
        interval_s=health.get("interval_s", site.settings.collect_every_s),
        providers=[
            {**row, "since": _moment(row["failing_since"]), "answered": _moment(row["last_answer"])} for row in rows
        ],
        quarantines=health.get("quarantines", []),
        imports=health.get("imports", []),
        labels=site.labels,
    )


@transparency.get("/accessibilite")
def accessibility() -> str:
    return render_template("accessibility.html", operator=here().campaign.operator)


@transparency.get("/mentions-legales")
def legal() -> str:
    return render_template("legal.html", operator=here().campaign.operator)


@transparency.get("/confidentialite")
def privacy() -> str:
    return render_template("privacy.html", operator=here().campaign.operator)


def track(row: Mapping[str, Any]) -> dict[str, Any]:
    """The drawing of one row (screens §8): a straight track = the same share of redirects as of places."""

    def height(ratio: float) -> float:
        return round(32 - 28 * max(-1.0, min(1.0, log2(max(ratio, 1e-6)) / log2(1.5))), 1)

    reference = row["places_share"]
    if row["ratio"] is None or not reference:
        return {"row": row, "end": None}
    return {
        "row": row,
        "end": height(row["ratio"]),
        "low": height(row["low"] / reference),
        "high": height(row["high"] / reference),
        "beyond": not 1 / 1.5 <= row["ratio"] <= 1.5,
    }


@lru_cache(maxsize=4)
def contract_text(path: Path) -> dict[str, Any]:
    """The contract's paragraphs and the SHA-256 of its file."""
    raw = path.read_bytes()
    blocks = [french(block.strip()) for block in raw.decode("utf-8").split("\n\n") if block.strip()]
    return {"blocks": blocks, "sha256": hashlib.sha256(raw).hexdigest(), "name": path.name}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
