"""The figures of `/transparence` as files: SVG, PNG for print, CSV and JSON, each saying by itself what it is.

Drawn for 1 200 x 675 pixels, readable in black and white; title, period, unit, denominator, source, licence and address
stand inside the image. Numbers are written by the same library as on the pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aggregator.config.datasets import Column
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata import charts
from aggregator.opendata.drawing import Figure, draw, png
from aggregator.opendata.editions.material import Material, days_of, of_days
from aggregator.opendata.editions.spoken import SOURCE, Spoken, others
from aggregator.opendata.text_formats import EXCEL_FR, as_csv

STRATA = {"department": "département", "rest-of-region": "reste de région", "rest-of-country": "reste du pays"}


def of_pages(settings: Settings, gazetteer: Gazetteer) -> Material:
    """What the pages print now."""
    return Material(_published(settings, "shares"), _published(settings, "closed"), settings, gazetteer)


def write(material: Material, head: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Every figure that there is something to see in: drawn in each language, and its table. Returns what each says."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {}
    for figure in figures(material):
        about: dict[str, Any] = words_of(figure)
        about.update(days=figure.days, count=figure.count, **head)
        _draw(figure, figure.name, material, head, folder)
        for suffix, dialect in (("csv", ""), (f"{EXCEL_FR}.csv", EXCEL_FR)):
            content = b"".join(as_csv(figure.columns, figure.rows, dialect))
            (folder / f"{figure.name}.{suffix}").write_bytes(content)
        names = [column.name for column in figure.columns]
        table = [dict(zip(names, row, strict=True)) for row in figure.rows]
        text = json.dumps({**about, "rows": table}, ensure_ascii=False, indent=1)
        (folder / f"{figure.name}.json").write_text(f"{text}\n", encoding="utf-8")
        said[figure.name] = {name: about[name] for name in ("title", "period", "unit", "days", "count")}
    for spoken in others():
        for figure in figures(replace(material, spoken=spoken)):
            _draw(figure, f"{figure.name}.{spoken.code}", replace(material, spoken=spoken), head, folder)
            said[figure.name][spoken.code] = words_of(figure)
    return said


def words_of(figure: Figure) -> dict[str, str]:
    return {"title": figure.title, "period": figure.period, "unit": figure.unit}


def _draw(figure: Figure, stem: str, material: Material, head: Mapping[str, Any], folder: Path) -> None:
    spoken = material.spoken
    asked = "" if spoken.code == SOURCE else f"?langue={spoken.code}"
    site = material.settings.log_origin.removesuffix("/log")
    svg = draw(figure, head, f"{site}/donnees/{head['edition']}/figure/{figure.name}{asked}", spoken)
    (folder / f"{stem}.svg").write_text(svg, encoding="utf-8")
    (folder / f"{stem}.png").write_bytes(png(svg))


def figures(material: Material) -> Iterator[Figure]:
    """Those in which something is to be seen: no empty axes, no map on which every square is hatched."""
    if any(row["ratio"] is not None for row in material.providers):
        yield tracks(material)
    if any(row["chosen"] is not None for row in material.shares.get("choice", {}).get("providers", [])):
        yield choice(material)
    if any(row["places"] for row in material.providers):
        yield parts(material)
    if material.closed.get("effects"):
        yield effects(material)
    if material.week:
        if any(row["share_redirects"] is not None for week in material.closed["weeks"] for row in week["rows"]):
            yield weeks(material)
        told = charts.squares(material.closed["territory"], {})["published"]
        if told:
            yield territory(material)
            yield departments(material)
    if any(row["minutes_unread"] for row in material.closed.get("service", [])):
        yield outages(material)


def tracks(material: Material) -> Figure:
    rows, spoken = material.providers, material.spoken
    return Figure(
        "suivent-elles-les-lieux",
        spoken.gettext("Les redirections suivent-elles les lieux ?"),
        material.running,
        spoken.gettext(
            "%(count)s redirections : leur part, comparée à celle des lieux. Voie droite : même part. "
            "Éventail : marge à 95 %%.",
            count=spoken.number(material.shares.get("step", 0)),
        ),
        "tracks.svg",
        {"tracks": [charts.track(row, "places_share", "ratio") for row in rows], "most": charts.MOST,
         "label": material.label},
        _columns("provider:string", "places_share:number", "redirects:integer", "redirects_share:number", "low:number",
                 "high:number", "ratio:number"),
        [[row["slug"], row["places_share"], row["redirects"], row["redirects_share"], row["low"], row["high"],
          row["ratio"]] for row in rows],
        material.days_running,
        material.shares.get("step", 0),
    )  # fmt: skip


def choice(material: Material) -> Figure:
    """The tie test (docs/figures.md §6)."""
    found, spoken = material.shares["choice"], material.spoken
    rows = [row for row in found["providers"] if row["chosen"] is not None]
    top = charts.scale(max(abs(row["excess"]) + row["spread"] for row in rows))
    return Figure(
        "choix",
        spoken.gettext("Devant des lieux à égalité, a-t-on préféré une plateforme ?"),
        of_days(spoken, found["since"], found["until"]),
        spoken.gettext(
            "Clics de plus, ou de moins, que par le rang seul, marge à 95 %%. "
            "%(telling)s clics sur %(clicks)s comparent des lieux à égalité.",
            telling=spoken.number(found["telling"]),
            clicks=spoken.number(found["clicks"]),
        ),
        "choice.svg",
        {"rows": rows, "top": top, "label": material.label},
        _columns("provider:string", "clicks:integer", "chosen:integer", "expected:number", "excess:number",
                 "spread:number", "log_e:number"),
        [[row[name] for name in ("slug", "clicks", "chosen", "expected", "excess", "spread", "log_e")] for row in rows],
        (found["since"], found["until"]),
        found["telling"],
    )  # fmt: skip


def parts(material: Material) -> Figure:
    rows, spoken = material.providers, material.spoken
    return Figure(
        "trois-parts",
        spoken.gettext("Lieux, créneaux vus et redirections, par plateforme"),
        material.running,
        spoken.gettext(
            "Parts de trois totaux : %(places)s lieux, %(slots)s créneaux vus, "
            "%(redirects)s redirections (marge à 95 %%).",
            places=spoken.number(round(material.shares.get("places", 0))),
            slots=spoken.number(material.shares.get("slots", 0)),
            redirects=spoken.number(material.shares.get("step", 0)),
        ),
        "parts.svg",
        {"rows": [{**row, "label": material.label(row["slug"])} for row in rows]},
        _columns("provider:string", "places:number", "places_share:number", "slots:integer", "slots_share:number",
                 "redirects:integer", "redirects_share:number", "low:number", "high:number"),
        [[row["slug"], *(row[name] for name in ("places", "places_share", "slots", "slots_share", "redirects",
                                                "redirects_share", "low", "high"))] for row in rows],
        material.days_running,
        material.shares.get("step", 0),
    )  # fmt: skip


def effects(material: Material) -> Figure:
    by_slug, spoken = material.closed["effects"], material.spoken
    terms = {slug: by_slug[slug] for slug in material.in_order(by_slug)}
    names = effect_names(spoken)
    top = charts.scale(100 * max((abs(by.get(name) or 0) for by in terms.values() for name in names), default=0)) / 100
    return Figure(
        "causes",
        spoken.gettext("D’où vient l’écart entre redirections et lieux"),
        material.days_closed,
        spoken.gettext(
            "Points de part ; les sept causes s’ajoutent. L’écart à la règle doit être nul. %(count)s redirections.",
            count=spoken.number(material.closed["redirects"]),
        ),
        "effects.svg",
        {"effects": names, "terms": terms, "top": top, "label": material.label},
        _columns("provider:string", *(f"{name}:number" for name in names)),
        [[slug, *(by.get(name) for name in names)] for slug, by in terms.items()],
        (material.closed["first"], material.closed["last"]),
        material.closed["redirects"],
    )  # fmt: skip


def effect_names(spoken: Spoken) -> dict[str, str]:
    return {
        "availability": spoken.gettext("disponibilité"),
        "demand_geography": spoken.gettext("géographie"),
        "published_criteria": spoken.gettext("critères publiés"),
        "tie_break_luck": spoken.gettext("tirage au sort"),
        "deviation": spoken.gettext("écart à la règle"),
        "clicked_lists": spoken.gettext("listes cliquées"),
        "citizen_choice": spoken.gettext("choix"),
    }


def weeks(material: Material) -> Figure:
    closed, spoken = material.closed["weeks"], material.spoken
    slugs = [row["slug"] for row in material.providers]
    return Figure(
        "semaines",
        spoken.gettext("Part des redirections et part des lieux, semaine par semaine"),
        material.weeks_said,
        spoken.gettext(
            "Trait plein : part des %(count)s redirections ; pointillé : part des lieux ; "
            "barre : marge à 95 %%. Même échelle.",
            count=spoken.number(_of_weeks(closed)),
        ),
        "weeks.svg",
        {"weeks": charts.weeks(closed, slugs), "label": material.label},
        _columns("week:string", "provider:string", "redirects:integer", "share_redirects:number", "ci_low:number",
                 "ci_high:number", "share_places:number"),
        [[week["name"], row["provider"], row["redirects"], row["share_redirects"], row["ci_low"], row["ci_high"],
          row["share_places"]] for week in closed for row in week["rows"]],
        (days_of(closed[0]["name"])[0], days_of(closed[-1]["name"])[1]),
        _of_weeks(closed),
    )  # fmt: skip


def _of_weeks(closed: Sequence[Mapping[str, Any]]) -> int:
    return sum(row["redirects"] for week in closed for row in week["rows"])


def territory(material: Material) -> Figure:
    rows, spoken = material.closed["territory"], material.spoken
    names = _department_names(material)
    return Figure(
        "territoire",
        spoken.gettext("Redirections par département"),
        material.week_said,
        spoken.gettext("Nombre de redirections, sur %(count)s de la semaine. Hachuré : publié avec d’autres.",
                       count=spoken.number(material.of_week)),
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
    slugs, spoken = [row["slug"] for row in material.providers], material.spoken
    maps = {slug: charts.share_squares(material.closed["territory"], slug) for slug in slugs}
    names = _department_names(material)
    return Figure(
        "part-par-departement",
        spoken.gettext("Part de chaque plateforme, par département"),
        material.week_said,
        spoken.gettext(
            "Part de la plateforme dans les redirections du département, même échelle. Hachuré : non publié seul."
        ),
        "departments.svg",
        {"maps": maps, "label": material.label},
        _columns("department:string", "department_name:string", "provider:string", "share_redirects:number"),
        [[cell["code"], names.get(cell["code"], cell["code"]), slug, cell["share"]]
         for slug, drawn in maps.items() for cell in drawn["cells"]],
        material.days_of_week,
        material.of_week,
    )  # fmt: skip


def outages(material: Material) -> Figure:
    rows, spoken = material.closed["service"], material.spoken
    days = sorted({row["day"] for row in rows})
    minutes = {(row["provider"], row["day"]): row["minutes_unread"] for row in rows}
    slugs = material.in_order({row["provider"] for row in rows})
    return Figure(
        "pannes",
        spoken.gettext("Minutes pendant lesquelles une plateforme n’a pas pu être lue"),
        of_days(spoken, days[0], days[-1]),
        spoken.gettext("Minutes par jour, sur 1 440. Une plateforme que nous ne lisons pas reçoit moins de clics."),
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
