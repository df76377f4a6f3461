"""The command that brings the data of an earlier version up to this one."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from aggregator.cli.group import main, refusing
from aggregator.config.settings import Settings
from aggregator.worker import upgrade as upgrades
from aggregator.worker.locks import lock


@main.command()
@click.option("--check", is_flag=True, help="Say what is due and change nothing.")
@refusing
def upgrade(check: bool) -> None:
    """Bring stores and published files of an earlier version up to this one (the worker does so as it starts).

    Each store that changes is copied first, into before-upgrade/ of the data folder; what must never be lost is counted
    before and after.
    """
    settings = Settings.from_env()
    if check:
        steps = upgrades.due(settings)
        for step in steps:
            click.echo(f"à faire : {step}")
        click.echo(f"{len(steps)} étapes à faire" if steps else "Tout est à jour.")
        return
    # A worker that runs would write beside the steps; a web process waits for each of them as for any writer.
    with lock(settings.data_dir / "worker.lock", wait=False):
        done = upgrades.upgrade(settings, datetime.now(UTC))
    for step in done.steps:
        click.echo(f"fait : {step}")
    for name, count in done.counts.items():
        click.echo(f"{name} : {count} avant, {count} après")
    click.echo(f"copie d’avant : {done.copy}" if done.copy else f"{len(done.steps)} étapes, aucune base changée")
