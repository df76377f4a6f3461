"""The operator's decisions: matches, sudden changes, withdrawals, incidents. Dated, signed by a role, public."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from aggregator.cli.group import Refused, main, refusing
from aggregator.config.settings import Settings
from aggregator.store import open_stores

WITHDRAWAL_REASONS = ("closed", "not_eligible", "duplicate_of", "legal")


@main.command()
@click.argument("review_id", type=int, required=False)
@click.option("--same/--different", default=None, help="What an operator decided of this review.")
@click.option("--split", metavar="SOURCE:ID", help="Undo a match: the centre gets a place of its own.")
@click.option("--role", default="operator", show_default=True, help="Who decides, as published.")
@refusing
def review(review_id: int | None, same: bool | None, split: str | None, role: str) -> None:
    """Matches that an operator has to confirm: two centres that may be one place."""
    settings = Settings.from_env()
    now = datetime.now(UTC)
    with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
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
@refusing
def quarantine(quarantine_id: int | None, release: bool | None, role: str) -> None:
    """Sudden changes that wait for an operator."""
    settings = Settings.from_env()
    now = datetime.now(UTC)
    with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
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
@click.argument("slug", required=False)
@click.option("--retry", is_flag=True, help="Ask it at the next reading, whatever pause it is in.")
@click.option("--role", default="operator", show_default=True)
@refusing
def provider(slug: str | None, retry: bool, role: str) -> None:
    """Which platforms are being left alone, until when and why; or the end of such a pause."""
    settings = Settings.from_env()
    now = datetime.now(UTC)
    known = settings.all_configs()
    if slug is not None and slug not in known:
        raise Refused(f"no such provider: {slug}; there are {', '.join(known)}")
    with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
        if retry:
            if slug is None:
                raise Refused("say which provider to ask again")
            stores.catalog.end_pauses(slug, now)
            stores.registry.decide("retry", slug, "", now, role)
            return
        table = Table("plateforme", "pause jusqu’à", "motif", "échecs de suite", "depuis")
        for one in [slug] if slug else known:
            state = stores.catalog.breaker(one)
            cells = (state.open_until or "", state.cause, state.failures, state.since or "")
            table.add_row(one, *(str(cell) for cell in cells))
        Console().print(table)


@main.command()
@click.argument("place_id")
@click.option("--reason", type=click.Choice(WITHDRAWAL_REASONS), help="Why the place leaves the lists.")
@click.option("--restore", is_flag=True, help="Put it back.")
@click.option("--role", default="operator", show_default=True)
@refusing
def withdraw(place_id: str, reason: str | None, restore: bool, role: str) -> None:
    """Take a place off the lists, for a listed reason."""
    if restore == bool(reason):
        raise Refused("say --reason or --restore")
    settings = Settings.from_env()
    with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
        if not stores.registry.withdraw(place_id, reason, datetime.now(UTC), role):
            raise Refused(f"no such place: {place_id}")


@main.command()
@click.argument("text")
@click.option("--kind", type=click.Choice(["incident", "correction", "dispute"]), default="incident", show_default=True)
@click.option("--about", default="", help="The entry of the log, the day or the week that it is about.")
@click.option("--role", default="operator", show_default=True, help="Who says so, as published.")
@refusing
def incident(text: str, kind: str, about: str, role: str) -> None:
    """Write an incident, a correction or a dispute into the public history. Nothing written there is taken back."""
    settings = Settings.from_env()
    with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
        stores.registry.decide(kind, about, text, datetime.now(UTC), role)
