"""The worker's published files -> what the transparency page prints: sentences' parts, tables and drawings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aggregator.opendata import charts
from aggregator.opendata.editions.material import of_days, of_minute, of_steps, of_weeks
from aggregator.opendata.editions.spoken import Spoken
from aggregator.web.language.catalogues import gettext, language, lazy_gettext
from aggregator.web.language.words import day, moment
from aggregator.web.serving.site import Site

LEAST_DRAWN = 0.01
EFFECT_WORDS = {
    "availability": lazy_gettext("Disponibilité : des lieux sans créneau vu"),
    "demand_geography": lazy_gettext("Géographie : où les gens cherchent"),
    "published_criteria": lazy_gettext("Critères publiés : la distance, la date"),
    "tie_break_luck": lazy_gettext("Tirage au sort"),
    "deviation": lazy_gettext("Écart à la règle (doit être nul)"),
    "clicked_lists": lazy_gettext("Listes où l’on clique plus, ou moins"),
    "citizen_choice": lazy_gettext("Choix des personnes, devant la liste"),
}
STRATUM_WORDS = {
    "department": "%(name)s",
    "rest-of-region": lazy_gettext("%(name)s, départements trop petits pour être publiés seuls"),
    "rest-of-country": lazy_gettext("Reste du pays"),
}
EVENT_WORDS = {
    "contract": lazy_gettext("Règle de l’ordre mise en vigueur"),
    "policy": lazy_gettext("Marges et seuils annoncés"),
    "disclosure": lazy_gettext("Fiche d’hébergement publiée"),
    "program": lazy_gettext("Programme mis en service"),
    "key": lazy_gettext("Clé du journal changée"),
    "incident": lazy_gettext("Incident"),
    "correction": lazy_gettext("Correction"),
    "dispute": lazy_gettext("Contestation"),
    "campaign": lazy_gettext("Campagne changée"),
    "order": lazy_gettext("Incident : une liste ne se rejoue pas"),
    "withdraw": lazy_gettext("Lieu retiré"),
    "restore": lazy_gettext("Lieu remis"),
    "review": lazy_gettext("Rapprochement décidé"),
    "split": lazy_gettext("Rapprochement défait"),
    "quarantine": lazy_gettext("Changement brusque jugé"),
    "retry": lazy_gettext("Fin de la pause d’une plateforme"),
}
CHANGE_WORDS = {
    "matched": lazy_gettext("Source ajoutée"),
    "unmatched": lazy_gettext("Source retirée"),
    "link": lazy_gettext("Lien de réservation changé"),
}
DETAIL_WORDS = {
    "closed": lazy_gettext("fermé"),
    "not_eligible": lazy_gettext("hors campagne"),
    "duplicate_of": lazy_gettext("doublon"),
    "legal": lazy_gettext("motif juridique"),
    "release": lazy_gettext("accepté"),
    "reject": lazy_gettext("refusé"),
}

VERDICTS = {
    "yes": lazy_gettext("Sept derniers jours : les redirections suivent les lieux, pour toutes les plateformes."),
    "partly": lazy_gettext("Sept derniers jours : les redirections s’écartent des lieux pour une plateforme au moins."),
    "open": lazy_gettext("Sept derniers jours : trop peu de redirections pour conclure."),
    "too-few": lazy_gettext("Sept derniers jours : moins de 30 redirections, trop peu pour conclure."),
    "suspended": lazy_gettext("Verdict suspendu : un contrôle a échoué."),
}


def verdict_of_the_week(site: Site) -> str:
    """The verdict in one sentence; suspended while a control fails (docs/figures.md §8)."""
    failed = any(not control["ok"] for control in site.published("controls").values())
    return str(VERDICTS["suspended" if failed else site.published("shares").get("verdict", "too-few")])


def controls_of(published: Mapping[str, Any]) -> dict[str, Any]:
    """Each control as last published; `failed`: since when the first of them fails."""
    failing = sorted(one["failed_since"] for one in published.values() if one["failed_since"])
    return {
        **{name: {**one, "at": moment(one["at"])} for name, one in published.items()},
        "failed": moment(failing[0]) if failing else None,
    }


def question(rows: list[dict[str, Any]], totals: Mapping[str, Any], failed: datetime | None) -> dict[str, Any]:
    """Do redirects follow places? The answer, who stands where, and the tracks (docs/figures.md §8)."""
    return {
        "verdict": "suspended" if failed else totals.get("verdict", "too-few"),
        "needed": totals.get("needed"),
        # Both are outside for the answer; "impossible" has redirects without a share of places.
        "outside": [row for row in rows if row["stands"] in ("outside", "impossible")],
        "open": [row for row in rows if row["stands"] == "open"],
        "inside": sum(row["stands"] == "inside" for row in rows),
        "tracks": [charts.track(row, "places_share", "ratio") for row in rows if _drawn(row)],
        "not_drawn": [row for row in rows if not _drawn(row)],
        "reference": "places_share",
        "straight": any(row["ratio"] is not None for row in rows if _drawn(row)),
    }


def choice(site: Site, totals: Mapping[str, Any]) -> dict[str, Any]:
    """Did people, shown equals, prefer a platform? (§6) Platforms of which enough clicks tell something, by label."""
    found = totals.get("choice", {"clicks": 0, "telling": 0, "found": False, "providers": []})
    rows = [{**row, "label": site.label(row["slug"])} for row in found["providers"] if row["chosen"] is not None]
    return {
        **found,
        "label": of_days(Spoken(language()), found["since"], found["until"]) if found.get("since") else "",
        "rows": rows,
        "beyond": [row for row in rows if row["beyond"]],
    }


def counts(totals: Mapping[str, Any], closed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every count of redirects that the page prints, with the label of its window: one window, one number.

    The labels are those of the figures (`Material`), so that the same words stand beside the same number everywhere.
    """
    spoken = Spoken(language())
    first, at, weeks = totals.get("first"), totals.get("at", ""), closed.get("weeks", [])
    none = gettext("avant la première redirection")
    found = {
        "minute": {"n": totals.get("total", 0), "label": of_minute(spoken, first, at) if first else none},
        "steps": {"n": totals.get("step", 0), "label": of_steps(spoken, first, at) if first else none},
    }
    if closed.get("first"):
        label = of_days(spoken, closed["first"], closed["last"])
        found["closed"] = {"n": closed["redirects"], "label": label}
    if weeks:
        of_week = sum(row["redirects"] for row in weeks[-1]["rows"])
        found["week"] = {"n": of_week, "label": of_weeks(spoken, [weeks[-1]["name"]])}
        every = sum(row["redirects"] for week in weeks for row in week["rows"])
        found["weeks"] = {"n": every, "label": of_weeks(spoken, [week["name"] for week in weeks])}
    return found


def _drawn(row: Mapping[str, Any]) -> bool:
    """A platform with less than one place in a hundred stands in the tables only (docs/figures.md §8)."""
    return (row["places_share"] or 0) >= LEAST_DRAWN


def of_class(totals: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = totals.get("classes", {}).get(name, {"total": 0, "step": 0, "providers": {}})
    return found


def effects(closed: Mapping[str, Any], slugs: list[str]) -> list[dict[str, Any]]:
    """The seven terms as lines, by provider in the columns, in that order; empty while there is not enough to say."""
    by_provider = closed.get("effects", {})
    order = [*(slug for slug in slugs if slug in by_provider), *sorted({*by_provider} - {*slugs})]
    return [
        {"words": words, "name": name, "terms": {slug: by_provider[slug][name] for slug in order}}
        for name, words in EFFECT_WORDS.items()
        if by_provider
    ]


def territory(site: Site, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The last closed week by département and by what is left of regions, and its map."""
    names = {code: site.gazetteer.department_name(code) for code in site.gazetteer.departments}
    strata: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if not row["suppressed"]:  # merged départements keep a row without figures (docs/figures.md §10)
            stratum = strata.setdefault((row["stratum_type"], row["stratum"]), {"redirects": {}, "places": 0.0})
            stratum["redirects"][row["provider"]] = row["redirects"]
            stratum["places"] += row["places"]
    return {
        "rows": [
            {
                "words": str(STRATUM_WORDS[kind]) % {"name": names.get(name, name)},
                **stratum,
                "total": sum(stratum["redirects"].values()),
            }
            for (kind, name), stratum in strata.items()
        ],
        "map": charts.squares(rows, names) if rows else None,
    }


def service(rows: list[dict[str, Any]], slugs: list[str]) -> list[dict[str, Any]]:
    """By provider over the closed days: minutes not read, the worst day's ages, attempts that failed."""
    found = []
    for slug in slugs:
        mine = [row for row in rows if row["provider"] == slug]
        known = [row for row in mine if row["median_age_min"] is not None]
        shown = sum(row["offers_shown"] for row in mine)
        found.append(
            {
                "slug": slug,
                "days": len(mine),
                "minutes_unread": sum(row["minutes_unread"] for row in mine),
                "median_age_min": max((row["median_age_min"] for row in known), default=None),
                "p95_age_min": max((row["p95_age_min"] for row in known), default=None),
                "unknown_share": sum((row["unknown_share"] or 0) * row["offers_shown"] for row in mine) / shown
                if shown
                else None,
                "failed": sum(row["fetches_failed"] for row in mine),
                "fetches": sum(row["fetches"] for row in mine),
            }
        )
    return [row for row in found if row["days"]]


def event(entry: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """One line of the history, in words."""
    kind = entry.get("kind", entry["t"]) if entry["t"] in ("decision", "incident") else entry["t"]
    # Contract, margins and keys concern no platform: they must not be told as "other sites".
    detail = entry.get("detail") or (site.label(entry["provider"]) if "provider" in entry else "")
    return {
        "index": entry["index"],
        "at": moment(entry.get("at")),
        "words": EVENT_WORDS.get(kind, kind),
        "target": entry.get("target", ""),
        "detail": DETAIL_WORDS.get(detail, detail),
        "role": entry.get("role", ""),
    }


def change(row: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """One change of a place: its day, and what happened in words."""
    kind, what = row["kind"], row["what"]
    if kind in CHANGE_WORDS:
        source = gettext("liste officielle") if what == "official" else site.label(what)
        return {"on": day(row["at"][:10]), "words": CHANGE_WORDS[kind], "what": source}
    return {"on": day(row["at"][:10]), "words": EVENT_WORDS.get(kind, kind), "what": DETAIL_WORDS.get(what, "")}
