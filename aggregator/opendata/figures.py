"""The figures of `/transparence` as files: SVG, PNG for print, CSV and JSON, each saying by itself what it is.

Drawn for 1 200 x 675 pixels, readable in black and white; title, period, unit, denominator, source, licence and address
stand inside the image. Numbers are written by the same library as on the pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aggregator.config.datasets import Column
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata import charts
from aggregator.opendata.drawing import Figure, draw, number, png
from aggregator.opendata.editions.material import Material, days_of, span
from aggregator.opendata.text_formats import EXCEL_FR, as_csv

EFFECTS = {
    "availability": "disponibilité",
    "demand_geography": "géographie",
    "published_criteria": "critères publiés",
    "tie_break_luck": "tirage au sort",
    "deviation": "écart à la règle",
    "clicked_lists": "listes cliquées",
    "citizen_choice": "choix des personnes",
}
STRATA = {"department": "département", "rest-of-region": "reste de région", "rest-of-country": "reste du pays"}


def of_pages(settings: Settings, gazetteer: Gazetteer) -> Material:
    """What the pages print now."""
    return Material(_published(settings, "shares"), _published(settings, "closed"), settings, gazetteer)


def write(material: Material, head: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Every figure that there is something to say of, in four files each. Returns what each says of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {}
    address = f"{material.settings.log_origin.removesuffix('/log')}/donnees/{head['edition']}"
    for figure in figures(material):
        about: dict[str, Any] = {"title": figure.title, "period": figure.period, "unit": figure.unit}
        about.update(days=figure.days, count=figure.count, **head)
        svg = draw(figure, head, f"{address}/figure/{figure.name}")
        (folder / f"{figure.name}.svg").write_text(svg, encoding="utf-8")
        (folder / f"{figure.name}.png").write_bytes(png(svg))
        for suffix, dialect in (("csv", ""), (f"{EXCEL_FR}.csv", EXCEL_FR)):
            content = b"".join(as_csv(figure.columns, figure.rows, dialect))
            (folder / f"{figure.name}.{suffix}").write_bytes(content)
        names = [column.name for column in figure.columns]
        table = [dict(zip(names, row, strict=True)) for row in figure.rows]
        text = json.dumps({**about, "rows": table}, ensure_ascii=False, indent=1)
        (folder / f"{figure.name}.json").write_text(f"{text}\n", encoding="utf-8")
        said[figure.name] = {name: about[name] for name in ("title", "period", "unit", "days", "count")}
    return said


def figures(material: Material) -> Iterator[Figure]:
    yield tracks(material)
    if any(row["chosen"] is not None for row in material.shares.get("choice", {}).get("providers", [])):
        yield choice(material)
    yield parts(material)
    if material.closed.get("effects"):
        yield effects(material)
    if material.week:
        yield weeks(material)
        yield territory(material)
        yield departments(material)
    if material.closed.get("service"):
        yield outages(material)


def tracks(material: Material) -> Figure:
    rows = material.providers
    return Figure(
        "suivent-elles-les-lieux",
        "Les redirections suivent-elles les lieux ?",
        material.running,
        "Part des redirections, comparée à la part des lieux. Voie droite : même part. Éventail : marge à 95 %.",
        "tracks.svg",
        {"tracks": [charts.track(row, "places_share", "ratio") for row in rows], "against": "part des lieux"},
        _columns("provider:string", "places_share:number", "redirects:integer", "redirects_share:number", "low:number",
                 "high:number", "ratio:number"),
        [[row["slug"], row["places_share"], row["redirects"], row["redirects_share"], row["low"], row["high"],
          row["ratio"]] for row in rows],
        material.days_running,
        material.shares.get("step", 0),
    )  # fmt: skip


def choice(material: Material) -> Figure:
    """The tie test (docs/figures.md §6)."""
    found = material.shares["choice"]
    rows = [row for row in found["providers"] if row["chosen"] is not None]
    top = max(abs(row["excess"]) + row["spread"] for row in rows) or 1
    return Figure(
        "choix",
        "Devant des lieux à égalité, a-t-on préféré une plateforme ?",
        span(found["since"], found["until"]),
        f"Clics au-delà ou en deçà de ceux qu’un choix par le rang seul donnerait, marge à 95 %. "
        f"{number(found['telling'])} clics sur {number(found['clicks'])} comparent des lieux à égalité.",
        "choice.svg",
        {"rows": rows, "top": top, "label": material.label},
        _columns("provider:string", "clicks:integer", "chosen:integer", "expected:number", "excess:number",
                 "spread:number", "log_e:number"),
        [[row[name] for name in ("slug", "clicks", "chosen", "expected", "excess", "spread", "log_e")] for row in rows],
        (found["since"], found["until"]),
        found["telling"],
    )  # fmt: skip


def parts(material: Material) -> Figure:
    rows = material.providers
    return Figure(
        "trois-parts",
        "Lieux, créneaux vus et redirections, par plateforme",
        material.running,
        f"Parts de trois totaux : {number(material.shares.get('places', 0))} lieux, "
        f"{number(material.shares.get('slots', 0))} créneaux vus, "
        f"{number(material.shares.get('step', 0))} redirections.",
        "parts.svg",
        {"rows": rows},
        _columns("provider:string", "places:number", "places_share:number", "slots:integer", "slots_share:number",
                 "redirects:integer", "redirects_share:number", "low:number", "high:number"),
        [[row["slug"], *(row[name] for name in ("places", "places_share", "slots", "slots_share", "redirects",
                                                "redirects_share", "low", "high"))] for row in rows],
        material.days_running,
        material.shares.get("step", 0),
    )  # fmt: skip


def effects(material: Material) -> Figure:
    terms = material.closed["effects"]
    top = max((abs(by.get(name) or 0) for by in terms.values() for name in EFFECTS), default=0) or 1
    return Figure(
        "causes",
        "D’où vient l’écart entre redirections et lieux",
        material.days_closed,
        "Points de part ; les sept causes s’ajoutent. L’écart à la règle doit être nul. "
        f"{number(material.closed['redirects'])} redirections.",
        "effects.svg",
        {"effects": EFFECTS, "terms": terms, "top": top, "label": material.label},
        _columns("provider:string", *(f"{name}:number" for name in EFFECTS)),
        [[slug, *(by.get(name) for name in EFFECTS)] for slug, by in terms.items()],
        (material.closed["first"], material.closed["last"]),
        material.closed["redirects"],
    )  # fmt: skip


def weeks(material: Material) -> Figure:
    closed = material.closed["weeks"]
    slugs = [row["slug"] for row in material.providers]
    return Figure(
        "semaines",
        "Part des redirections et part des lieux, semaine par semaine",
        f"de {closed[0]['name']} à {closed[-1]['name']}",
        "Trait plein : part des redirections ; pointillé : part des lieux ; barre : marge à 95 %. Même échelle.",
        "weeks.svg",
        {"weeks": charts.weeks(closed, slugs), "label": material.label},
        _columns("week:string", "provider:string", "redirects:integer", "share_redirects:number", "ci_low:number",
                 "ci_high:number", "share_places:number"),
        [[week["name"], row["provider"], row["redirects"], row["share_redirects"], row["ci_low"], row["ci_high"],
          row["share_places"]] for week in closed for row in week["rows"]],
        (days_of(closed[0]["name"])[0], days_of(closed[-1]["name"])[1]),
        sum(row["redirects"] for week in closed for row in week["rows"]),
    )  # fmt: skip


def territory(material: Material) -> Figure:
    rows = material.closed["territory"]
    names = _department_names(material)
    return Figure(
        "territoire",
        "Redirections par département",
        material.week_said,
        "Nombre de redirections de la semaine. Hachuré : publié avec d’autres.",
        "territory.svg",
        {"map": charts.squares(rows, names), "steps": charts.STEPS},
        _columns("stratum_type:string", "stratum:string", "provider:string", "places:number", "redirects:integer",
                 "suppressed:boolean"),
        [[STRATA.get(row["stratum_type"], row["stratum_type"]), row["stratum"], row["provider"], row.get("places"),
          row.get("redirects"), row["suppressed"]] for row in rows],
        material.days_of_week,
        material.of_week,
    )  # fmt: skip


def departments(material: Material) -> Figure:
    """One map a platform, one scale for all: never two platforms on one map."""
    slugs = [row["slug"] for row in material.providers]
    maps = {slug: charts.share_squares(material.closed["territory"], slug) for slug in slugs}
    names = _department_names(material)
    return Figure(
        "part-par-departement",
        "Part de chaque plateforme, par département",
        material.week_said,
        "Part de la plateforme dans les redirections du département, même échelle. Hachuré : non publié seul.",
        "departments.svg",
        {"maps": maps, "label": material.label},
        _columns("department:string", "department_name:string", "provider:string", "share_redirects:number"),
        [[cell["code"], names.get(cell["code"], cell["code"]), slug, cell["share"]]
         for slug, drawn in maps.items() for cell in drawn["cells"]],
        material.days_of_week,
        material.of_week,
    )  # fmt: skip


def outages(material: Material) -> Figure:
    rows = material.closed["service"]
    days = sorted({row["day"] for row in rows})
    minutes = {(row["provider"], row["day"]): row["minutes_unread"] for row in rows}
    slugs = sorted({row["provider"] for row in rows})
    return Figure(
        "pannes",
        "Minutes pendant lesquelles une plateforme n’a pas pu être lue",
        span(days[0], days[-1]),
        "Minutes par jour, sur 1 440. Une plateforme que nous ne lisons pas reçoit moins de clics.",
        "outages.svg",
        {"days": days, "slugs": slugs, "minutes": minutes, "label": material.label},
        _columns("day:date", "provider:string", "minutes_unread:integer", "fetches:integer", "fetches_failed:integer"),
        [[row["day"], row["provider"], row["minutes_unread"], row["fetches"], row["fetches_failed"]] for row in rows],
        (days[0], days[-1]),
    )


def _department_names(material: Material) -> dict[str, str]:
    return {code: material.gazetteer.department_name(code) for code in material.gazetteer.departments}


def _columns(*described: str) -> list[Column]:
    return [Column(name, kind, "") for name, kind in (text.split(":") for text in described)]


def _published(settings: Settings, name: str) -> dict[str, Any]:
    path = settings.published_dir / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content
