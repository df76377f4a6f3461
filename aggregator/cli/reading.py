"""Commands that read platforms and lists: one run, one centre, one official list."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from aggregator.cli.group import Refused, console, main, refusing, settings_with_country
from aggregator.cli.progress import Bars
from aggregator.collect.official_list import ListFile, import_official_list
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.store import open_stores
from aggregator.worker.leadership import alone
from aggregator.worker.tasks import collect_once
from providers import PROVIDERS
from providers.records import Reading, Reason


@main.command()
@click.option("--provider", "only", multiple=True, metavar="SLUG", help="Only this provider; may be repeated.")
@refusing
def collect(only: tuple[str, ...]) -> None:
    """One full run: centres, then free slots of every provider. Waits for the worker's lock."""
    settings = settings_with_country()
    unknown = set(only) - set(settings.provider_configs())
    if unknown:
        raise Refused(
            f"no such provider here: {', '.join(sorted(unknown))}; there are {', '.join(settings.provider_configs())}"
        )
    with Bars(console) as bars:
        rows = collect_once(settings, bars, only)
    table = Table("plateforme", "objet", "résultat", "lectures", "requêtes", "partielles", "ms en moyenne")
    for row in rows:
        cells = ("provider", "kind", "outcome", "fetches", "requests", "partial", "mean_ms")
        table.add_row(*(str(row[name]) for name in cells))
    Console().print(table)


@main.command()
@click.argument("slug")
@click.argument("url")
@click.option("--base-url", help="Replaces the origin of every host of the provider.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day; today by default.")
@click.option("--days", type=click.IntRange(1, 60), default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@refusing
def probe(slug: str, url: str, base_url: str | None, start: datetime | None, days: int, as_json: bool) -> None:
    """Ask one provider about one centre now, and print what we understand."""
    settings = Settings.from_env().but(demo=False)  # the declared hosts, or --base-url: never the running sandbox
    configs = settings.provider_configs(base_url)
    if slug not in configs or slug not in PROVIDERS:
        raise Refused(f"no such provider: {slug}; there are {', '.join(sorted(set(configs) & set(PROVIDERS)))}")
    campaign = settings.campaign

    def wants(reason: Reason) -> bool:
        return campaign.meaning(slug, reason) is not None

    reading = PROVIDERS[slug](configs[slug], wants).slots(url, (start or datetime.now(UTC)).date(), days)
    found = probe_report(settings, slug, url, reading)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _print_probe(found)
    sys.exit(0 if reading.outcome.readable else 2)


def probe_report(settings: Settings, slug: str, url: str, reading: Reading) -> dict[str, Any]:
    """The JSON of `probe` (docs/providers.md §1.9); needs by their labels, steps and audiences by their slugs."""
    campaign = settings.campaign
    slots = []
    for slot in reading.slots:
        meant = campaign.meaning(slug, slot.reason)
        if meant is not None:
            slots.append(
                {
                    "start": slot.starts_at.isoformat(),
                    "reason": slot.reason.text,
                    "needs": campaign.need_labels(meant.needs),
                    "step": meant.step,
                    "audience": meant.audience,
                }
            )
    first = slots[0]["start"] if slots else reading.later_at.isoformat() if reading.later_at else None
    return {
        "provider": slug,
        "centre_url": url,
        "centre_id": reading.centre_id,
        "outcome": reading.outcome.value,
        "http_status": reading.http_status,
        "partial": reading.partial,
        "phone_only": reading.phone_only,
        "phone": reading.phone,
        "booking_url": reading.booking_url,
        "first_slot": first,
        "slot_count": len(slots),
        "requests": reading.requests,
        "note": reading.note,
        "slots": slots,
    }


def _print_probe(found: dict[str, Any]) -> None:
    table = Table(show_header=False)
    for name, value in found.items():
        if name != "slots":
            table.add_row(name, str(value))
    for slot in found["slots"][:20]:
        table.add_row(slot["start"], f"{', '.join(slot['needs']) or '?'} · {slot['step'] or '?'} · {slot['reason']}")
    Console().print(table)


@main.command("import-official-list")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day the list was true; today by default.")
@refusing
def import_list(file: Path, as_of: datetime | None) -> None:
    """Read the State's CSV, or our own twelve-column template, and say what was refused and why."""
    settings = settings_with_country()
    now = datetime.now(UTC)
    with alone(settings), closing(open_stores(settings.data_dir, settings.database_url)) as stores:
        places = gazetteers.load_gazetteer(settings.gazetteer_path)
        day = as_of.date() if as_of else now.date()
        report = import_official_list(ListFile(file.read_bytes(), file.name, day), settings, stores, places, now)
    table = Table(show_header=False, title=f"{file.name} au {day.isoformat()}")
    for label, value in (
        ("colonnes", report.dialect),
        ("lignes", report.rows),
        ("lieux", report.places),
        ("ouverts au public", report.open_places),
        ("fermés", report.closed),
        ("réservés aux professionnels", report.professionals_only),
        ("sans rendez-vous", report.walk_in),
        ("plusieurs liens dans une case", report.several_links),
        ("lignes refusées", len(report.refused)),
        ("lignes gardées avec une remarque", len({line for line, _ in report.odd})),
    ):
        table.add_row(label, str(value))
    for title, counts in (
        ("lien vers", report.sites),
        ("site non déclaré", report.undeclared),
        ("texte sans lien", report.hints),
        ("signalé", report.flagged),
    ):
        for name, count in counts.items():
            table.add_row(f"{title} {name or '(aucun)'}", str(count))
    Console().print(table)
    for conversion in report.conversions:
        click.echo(f"fichier converti : {conversion}")
    for line, reason in report.refused:
        click.echo(f"ligne {line} : {reason}")
    for line, reason in report.odd:
        click.echo(f"ligne {line}, gardée : {reason}")
    if report.held:
        click.echo(f"liste gardée pour ses chiffres, les lieux ne changent pas : {report.held}")
    sys.exit(1 if report.refused or report.held else 0)
