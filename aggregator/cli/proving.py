"""Commands about what was counted: shares, the public log and its key, verification, witnesses."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import verify as verifier
from aggregator.cli.group import Refused, main, refusing
from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.ledger.witnessing.memory import Memory
from aggregator.ledger.witnessing.server import AddCheckpoint, server
from aggregator.ledger.witnessing.visit import Witness
from aggregator.worker.backups.restore import refuse_lost_keys
from aggregator.worker.leadership import leading
from aggregator.worker.locks import lock
from aggregator.worker.tasks import stamp_head
from aggregator.worker.upgrade import refuse_outdated


@main.command()
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First closed day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last closed day, included.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@refusing
def shares(first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """The share table as published now, or of closed days."""
    if (first is None) != (last is None):
        raise Refused("say --from and --to, or neither")
    with closing(Accounts(Settings.from_env())) as accounts:
        if first and last:
            totals = accounts.shares.of_days(first.date(), last.date())
        else:
            totals = accounts.shares.publish(datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(totals, ensure_ascii=False, indent=1))
        return
    table = Table("plateforme", "lieux", "créneaux vus", "redirections", title=f"{totals['total']} redirections")
    for row in totals["providers"]:
        table.add_row(row["label"], f"{row['places']:g}", str(row["slots"]), str(row["redirects"]))
    Console().print(table)


@main.command("seal")
@click.option("--resume", is_flag=True, help="The portal really has been asleep for more than a week.")
@refusing
def seal_now(resume: bool) -> None:
    """Bring the public log up to now (the worker does so each minute)."""
    with accounts_held() as accounts:
        added = accounts.seal(datetime.now(UTC), resume)
    click.echo(f"{added} entrées ajoutées au journal")


@contextmanager
def accounts_held() -> Iterator[Accounts]:
    """Hold the log for one command; the worker waits meanwhile."""
    settings = Settings.from_env()
    refuse_lost_keys(settings)
    refuse_outdated(settings)
    with (
        leading(settings) as bring,
        lock(settings.data_dir / "seal.lock"),
        closing(Accounts(settings, bring)) as accounts,
    ):
        yield accounts


@main.command("stamp")
@refusing
def stamp_now() -> None:
    """Have the day's head stamped by the authority of AIGUILLAGE_STAMP_URL, and log it (so does the worker)."""
    settings = Settings.from_env()
    if not settings.stamp_url:
        raise Refused("AIGUILLAGE_STAMP_URL is not set: no authority to ask")
    size = stamp_head(settings, datetime.now(UTC))
    with accounts_held() as accounts:
        accounts.seal(datetime.now(UTC))
    click.echo("ce jour est déjà horodaté" if size is None else f"tête de {size} entrées horodatée")


@main.command()
@refusing
def recount() -> None:
    """Count the redirects of every closed day again, event by event; exit code 1 when a published count differs."""
    with accounts_held() as accounts:
        found = accounts.recount(datetime.now(UTC))
    different = [day for day, same in found.items() if not same]
    for day in different:
        click.echo(f"{day} : les événements et les comptes publiés diffèrent")
    click.echo(f"{len(found)} jours recomptés, {len(different)} différents")
    sys.exit(1 if different else 0)


@main.command("rotate-key")
@refusing
def rotate_key() -> None:
    """Change the key of the public log: the old one signs the entry that names the new one."""
    with accounts_held() as accounts:
        vkey = accounts.keeper.rotate_key(datetime.now(UTC))
    click.echo(f"Nouvelle clé, à publier partout où l’ancienne l’était :\n{vkey}")


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Check a portal: the same as `python verify.py`, which needs nothing of ours."""
    sys.exit(verifier.main(list(arguments)))


@main.command()
@click.argument("url", required=False)
@click.option("--name", required=True, help="Under which name you sign, for instance your domain.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("witness"), show_default=True,
              help="Where your key, the heads seen and what you publish are kept.")  # fmt: skip
@click.option("--vkey", help="The log's verifier key; taken from the log at the first visit only.")
@click.option("--serve", "port", type=click.IntRange(0, 65_535), help="Be asked on this port of loopback instead.")
@click.option("--trust", multiple=True, metavar="VKEY", help="With --serve: the key of a log to sign for; repeatable.")
@refusing
def witness(
    url: str | None, name: str, folder: Path, vkey: str | None, port: int | None, trust: tuple[str, ...]
) -> None:
    """Look at somebody's log, or be asked by it; refuse it if it did not only grow, and sign its head."""
    if (url is None) == (port is None) or (port is not None) != bool(trust):
        raise Refused("say the address of a log, or --serve PORT and --trust VKEY")
    if url is not None:
        head = Witness(name, folder).visit(url, datetime.now(UTC), vkey)
        click.echo(f"{head.origin} : {head.size} entrées, tête contresignée dans {folder / 'checkpoint'}")
        return
    memory = Memory(name, folder)
    try:
        asked = server(port or 0, AddCheckpoint(memory, trust), lambda: datetime.now(UTC))
    except OSError as error:
        raise Refused(f"port {port} cannot be used: {error.strerror}") from error
    with asked:
        click.echo(f"{memory.vkey} http://127.0.0.1:{asked.server_address[1]}")
        asked.serve_forever()
