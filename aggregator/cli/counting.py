"""Commands that count lists: what the imported ones cover, and the hosts that a file sends people to."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from aggregator import canonical, files
from aggregator.cli.group import Refused, main, refusing
from aggregator.config.datasets import Column
from aggregator.config.listed_hosts import HostTableError, by_platform, count_hosts, load_hosts, table
from aggregator.config.settings import Settings
from aggregator.opendata.text_formats import as_csv
from aggregator.store import open_stores
from providers.official_list import read

COVERAGE = (
    Column("as_of", "date", ""),
    Column("site", "string", ""),
    Column("open_places", "integer", ""),
    Column("share", "number", ""),
)


@main.command("coverage")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of which day; today by default.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@refusing
def coverage(day: datetime | None, form: str) -> None:
    """Open places of the official list by booking site, for any date that the imported lists cover."""
    wanted: date = day.date() if day else datetime.now(UTC).date()
    settings = Settings.from_env()
    with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
        found = stores.catalog.import_for(wanted)
        if found is None:
            raise Refused(f"no imported list covers {wanted}")
        sites = by_platform(stores.catalog.sites_of_import(found["import_id"]), settings.booking_hosts())
    total = sum(sites.values())
    rows = [(site, count, count / total) for site, count in sorted(sites.items(), key=lambda pair: (-pair[1], pair[0]))]
    if form == "json":
        about = {name: found[name] for name in ("as_of", "file_name", "sha256")}
        told = [{"site": site, "open_places": count, "share": share} for site, count, share in rows]
        click.echo(json.dumps({**about, "open_places": total, "sites": told}, ensure_ascii=False, indent=1))
    elif form == "csv":
        for part in as_csv(COVERAGE, [(found["as_of"], *row) for row in rows]):
            click.echo(part, nl=False)
    else:
        _print(found["as_of"], total, rows)


def _print(as_of: Any, total: int, rows: Iterable[tuple[str, int, float]]) -> None:
    shown = Table("site", "lieux ouverts", "part", title=f"Liste du {as_of} ({total} lieux ouverts)")
    for site, count, share in rows:
        shown.add_row(site or "(sans lien)", str(count), f"{100 * share:.1f} %")
    Console().print(shown)


@main.command("count-hosts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day the list was true.")
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A table to put the rows into, in place of those of that date; printed by default.",
)
@refusing
def hosts(file: Path, day: datetime, into: Path | None) -> None:
    """Centres of an official list by the host of their booking link, with the SHA-256 of the file.

    Counts the file alone: nothing is imported. The hosts of `data/centres-2021.csv` were counted by this command.
    """
    body = file.read_bytes()
    found = read(body, day.date())
    rows = count_hosts(found, day.date(), canonical.sha256(body))
    for refusal in found.refused:
        click.echo(f"ligne {refusal.line} : {refusal.reason}", err=True)
    if into is None:
        click.echo(table(rows), nl=False)
    else:
        try:
            kept = [row for row in load_hosts(into) if row.date != f"{day:%Y-%m-%d}"] if into.exists() else []
        except HostTableError as error:
            raise Refused(str(error)) from error
        files.write_whole(into, table([*kept, *rows]).encode())
    sys.exit(1 if found.refused else 0)
