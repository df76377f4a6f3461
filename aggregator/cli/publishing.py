"""Commands about what is given away: one file, an edition, the dictionary, the report of a week."""

from __future__ import annotations

import shutil
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from aggregator import instants
from aggregator.cli.group import Refused, main, refusing, settings_with_country
from aggregator.config import datasets
from aggregator.config.datasets import FORMATS
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.fairness.accounts import Accounts
from aggregator.opendata import rows
from aggregator.opendata.edition import unpacked, write_formats
from aggregator.opendata.editions.described import About
from aggregator.opendata.sources import NothingPublishedError, Sources
from aggregator.opendata.sqlite_file import EditionFile
from aggregator.store import open_stores
from aggregator.web.evidence.dossier.checks import checked
from aggregator.web.evidence.dossier.document import Order
from aggregator.web.evidence.dossier.document import report as pdf_of
from aggregator.web.evidence.dossier.week import NoEvidenceError, closed_week
from aggregator.web.language.catalogues import FRENCH, LANGUAGES
from aggregator.worker.editions.writing import write_editions


@main.command()
@click.argument("name")
@click.option("--format", "suffix", type=click.Choice(list(FORMATS)), default="csv", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True)
@refusing
def export(name: str, suffix: str, out: Path) -> None:
    """One open-data file, as of now."""
    settings, at = settings_with_country(), datetime.now(UTC)
    known = settings.datasets()
    if name not in known:
        raise Refused(f"no such data set: {name}; there are {', '.join(known)}")
    dataset = known[name]
    if suffix not in dataset.formats:
        raise Refused(f"{name} has no positions: its formats are {', '.join(dataset.formats)}")
    about = About("en-cours", instants.second(at), 0, settings.demo).of(dataset)
    places = gazetteers.load_gazetteer(settings.gazetteer_path)
    with (
        TemporaryDirectory() as folder,
        closing(open_stores(settings.data_dir, settings.database_url)) as stores,
        closing(Accounts(settings)) as accounts,
    ):
        file = EditionFile(Path(folder) / "one.sqlite")
        try:
            sources = Sources(settings, stores, accounts.rollups, places, at)
            count = file.write(dataset, ({**row, **about.ending} for row in rows.TABLES[name](sources)))
        except NothingPublishedError as error:
            raise Refused(str(error)) from error
        write_formats(file, dataset, about, Path(folder), (suffix,))
        with unpacked(Path(folder) / f"{name}.{suffix}") as source, out.open("wb") as target:
            shutil.copyfileobj(source, target)
    click.echo(f"{count} lignes dans {out}")


@main.command()
@refusing
def release() -> None:
    """Write the editions of the open data now (the worker does so each hour)."""
    settings = settings_with_country()
    try:
        made = write_editions(settings, gazetteers.load_gazetteer(settings.gazetteer_path), datetime.now(UTC))
    except NothingPublishedError as error:
        raise Refused(str(error)) from error
    for path in made:
        click.echo(path)


@main.command()
def dictionary() -> None:
    """The data dictionary, as docs/data-dictionary.md holds it."""
    sys.stdout.write("\n".join(datasets.dictionary(Settings().datasets())) + "\n")


@main.command()
@click.option("--week", required=True, help="A closed week, like 2026-W48.")
@click.option("--language", type=click.Choice(LANGUAGES), default=FRENCH, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="The PDF; else aiguillage-WEEK.pdf here.")  # fmt: skip
@refusing
def report(week: str, language: str, out: Path | None) -> None:
    """A dated PDF of a closed week: question, method, figures, checks run, what cannot be proved, heads and hashes."""
    settings = Settings.from_env()
    published, made = settings.published_dir, datetime.now(UTC).replace(microsecond=0)
    try:
        window, _ = closed_week(published, week)
        checks, proof = checked(published, window)
        content = pdf_of(settings, Order(week, language, made), proof, checks)
    except NoEvidenceError as error:
        raise Refused(str(error)) from error
    target = out or Path(f"aiguillage-{week}.pdf")
    target.write_bytes(content)
    for one in checks:
        click.echo(f"{one.code}  verify.py {one.command}")
    click.echo(target)
