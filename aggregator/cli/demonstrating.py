"""Commands of the demonstration: the weeks behind it, and the people in it. None of them runs in live mode."""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from aggregator import canonical, files
from aggregator.cli.group import Refused, console, main, refusing, settings_with_country
from aggregator.cli.progress import Bars
from aggregator.config.settings import SANDBOX_PORT, Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.demonstration import country, packing, season
from aggregator.demonstration.past import Past
from aggregator.demonstration.visitors import Visitors, is_of_this_machine, stay
from app import create_app
from providers.sandbox.server import Sandbox


def _demonstration() -> Settings:
    """Raises Refused in live mode."""
    settings = settings_with_country()
    if not settings.demo:
        raise Refused("AIGUILLAGE_PROVIDERS is live: only a demonstration has invented weeks and people")
    return settings


@main.command("make-past")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The first day that it leaves out; today by default.")
@click.option("--weeks", type=click.IntRange(1, season.WEEKS), default=season.WEEKS, show_default=True)
@click.option("--places", type=click.IntRange(100, 20_000), default=country.PLACES, show_default=True)
@click.option("--redirects", type=click.IntRange(0, 1_000_000), default=season.REDIRECTS, show_default=True)
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), default=packing.SHIPPED)
@refusing
def make_past(until: datetime | None, weeks: int, places: int, redirects: int, target: Path) -> None:
    """Make the weeks that a demonstration begins with, and pack them into one file. Takes about an hour.

    Whole weeks, and the days since the last Monday. The simulated platforms listen on their usual ports meanwhile: they
    are part of the booking links.
    """
    usual = _demonstration()
    end = until.date() if until else datetime.now(UTC).date()
    monday = first_monday(end, weeks)
    with tempfile.TemporaryDirectory() as folder, Bars(console) as bars:
        settings = usual.but(data_dir=Path(folder))
        for path in (usual.gazetteer_path, usual.outlines_path):
            shutil.copy(path, settings.data_dir)
        world = country.world(settings, places, None, season.SEED)
        past = Past(settings, gazetteers.load_gazetteer(settings.gazetteer_path), world, create_app)
        with Sandbox(world, SANDBOX_PORT, now=past.clock) as sandbox:
            files.write_whole(settings.sandbox_path, canonical.to_json(sandbox.description()))
            at = past.make(monday, (end - monday).days, redirects, sandbox, bars)
        digest = packing.pack(settings, at, target)
    files.write_whole(packing.sum_path(target), f"{digest}  {target.name}\n".encode())
    click.echo(f"{target} : {target.stat().st_size} octets, {digest}")


def first_monday(end: date, weeks: int) -> date:
    last = end - timedelta(days=end.weekday())
    return last - timedelta(weeks=weeks)


@main.command("lay-past")
@refusing
def lay_past() -> None:
    """Begin a new demonstration with the invented weeks that come with the program; `make run` does it.

    A folder in which something has run keeps what it has. AIGUILLAGE_DEMO_PAST=0 leaves the weeks out.
    """
    settings = _demonstration()
    if not settings.demo_past:
        click.echo("AIGUILLAGE_DEMO_PAST=0 : la démonstration commence sans passé.")
    elif not packing.is_new(settings):
        click.echo("La démonstration continue avec ce qu’elle a déjà.")
    else:
        try:
            until = packing.lay(packing.SHIPPED, packing.published_sum(packing.SHIPPED), settings, datetime.now(UTC))
        except packing.PastError as error:
            click.echo(f"La démonstration commence sans passé : {error}.", err=True)
        else:
            click.echo(f"Treize semaines inventées, jusqu’au {until:%Y-%m-%d}, sont en place.")


@main.command()
@click.option("--every", type=click.FloatRange(0.05, 3600), default=1.0, show_default=True, help="Seconds, on average.")
@click.option("--seed", type=int, help="Another seed brings other people; by default each start does.")
@refusing
def visitors(every: float, seed: int | None) -> None:
    """Simulated citizens who search on this demonstration and leave through its buttons, until they are stopped."""
    settings = _demonstration()
    site = settings.address
    if not is_of_this_machine(site):
        raise Refused(f"{site} is not on this machine: simulated people visit a demonstration beside them and no other")
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    communes = list(gazetteers.load_gazetteer(settings.gazetteer_path).communes.values())
    stay(Visitors(site, communes, random.Random(seed)), every, told.wait)
