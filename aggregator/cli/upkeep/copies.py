"""Commands about copies of what must never be lost: made, pruned, erased, put back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from aggregator import instants
from aggregator.cli.group import Refused, main, refusing
from aggregator.cli.proving import accounts_held
from aggregator.config.settings import KEPT_DAYS, Settings
from aggregator.worker.backups import backup as backups
from aggregator.worker.backups import series
from aggregator.worker.backups.evidence import FOLDER
from aggregator.worker.backups.restore import restore

FOLDER_OF_BACKUPS = click.Path(exists=True, file_okay=False, path_type=Path)


@main.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@refusing
def backup_to(folder: Path) -> None:
    """Copy what must never be lost into a new folder, while everything runs (keys apart).

    What auditors replay goes into the folder `published` beside it, which all backups there share: keep both.
    """
    try:
        names = backups.backup(Settings.from_env(), folder, datetime.now(UTC))
    except OSError as error:
        raise Refused(f"{error.filename or folder}: {error.strerror}. Nothing was kept under {folder}") from error
    click.echo(f"{', '.join(names)} dans {folder}, les preuves dans {folder.parent / FOLDER}")


@main.command("restore")
@click.argument("folder", type=FOLDER_OF_BACKUPS)
@click.option("--new-keys", is_flag=True, help="The keys are lost for good: ids come back, log and counts begin anew.")
@click.option("--without-evidence", is_flag=True, help="What auditors replay is lost for good: go on without it.")
@refusing
def restore_from(folder: Path, new_keys: bool, without_evidence: bool) -> None:
    """Put a backup back into a data folder that has none of its files; copy its keys/ there first."""
    names = restore(Settings.from_env(), folder, new_keys, without_evidence)
    click.echo(f"{', '.join(names)} remis en place")


@main.command("prune-backups")
@click.argument("folder", type=FOLDER_OF_BACKUPS)
@click.option("--hours", type=click.IntRange(1, 24 * 31), default=series.HOURS, show_default=True,
              help="How many hours back one backup an hour is kept.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, KEPT_DAYS), default=series.DAYS, show_default=True,
              help="How many days back one backup a day is kept.")  # fmt: skip
@refusing
def prune(folder: Path, hours: int, days: int) -> None:
    """Of a folder of backups keep all of the last hour, then one an hour, then one a day, and always the newest."""
    gone = series.prune(folder, datetime.now(UTC), series.Kept(hours, days))
    click.echo(f"{len(gone)} copies retirées de {folder}, {len(series.found(folder))} gardées")


@main.command()
@click.argument("copies", nargs=-1, type=click.Path(exists=True, path_type=Path))
@refusing
def erase(copies: tuple[Path, ...]) -> None:
    """Erase events older than thirteen months, here and in COPIES (the worker does so here each day).

    COPIES: backups, folders of backups, or files that are copies of events.db.
    """
    at = datetime.now(UTC)
    erased = series.erase_copies(copies, instants.hour(at - timedelta(days=KEPT_DAYS)))
    with accounts_held() as accounts:
        erased += accounts.erase(at)
    click.echo(f"{erased} événements effacés")
