"""What is done with each release: the weeks that a demonstration begins with are made anew."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from aggregator import canonical, files
from aggregator.cli.demonstration import invented_settings
from aggregator.cli.group import Refused, console, main, refusing
from aggregator.cli.progress import Bars
from aggregator.config.settings import SANDBOX_PORT
from aggregator.country import gazetteer as gazetteers
from aggregator.demonstration import country, packing, season
from aggregator.demonstration.past import Past
from app import create_app
from providers.sandbox.server import Sandbox


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
    usual = invented_settings()
    end = until.date() if until else datetime.now(UTC).date()
    monday = first_monday(end, weeks)
    with tempfile.TemporaryDirectory() as folder, Bars(console) as bars:
        settings = usual.but(data_dir=Path(folder))
        for path in (usual.gazetteer_path, usual.outlines_path):
            shutil.copy(path, settings.data_dir)
        world = country.world(settings, places, None, season.SEED)
        past = Past(settings, gazetteers.load_gazetteer(settings.gazetteer_path), world, create_app)
        try:
            running = Sandbox(world, SANDBOX_PORT, now=past.clock)
        except OSError as error:
            raise Refused(
                f"a port from {SANDBOX_PORT} on is in use ({error.strerror}): stop what listens there"
            ) from error
        with running as sandbox:
            files.write_whole(settings.sandbox_path, canonical.to_json(sandbox.description()))
            at = past.make(monday, (end - monday).days, redirects, sandbox, bars)
        digest = packing.pack(settings, at, target)
    files.write_whole(packing.sum_path(target), f"{digest}  {target.name}\n".encode())
    click.echo(f"{target} : {target.stat().st_size} octets, {digest}")


def first_monday(end: date, weeks: int) -> date:
    last = end - timedelta(days=end.weekday())
    return last - timedelta(weeks=weeks)
