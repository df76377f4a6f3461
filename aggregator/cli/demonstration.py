"""Commands of the demonstration: its simulated platforms, its past and the people in it. None runs in live mode."""

from __future__ import annotations

import random
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server

import click

from aggregator import canonical, files
from aggregator.cli.group import Refused, main, refusing, settings_with_country
from aggregator.config.settings import SANDBOX_PORT, Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.demonstration import country, packing, season
from aggregator.demonstration.visitors import Visitors, is_of_this_machine, stay
from aggregator.worker.locks import lock
from providers.sandbox.faults import FAULTS
from providers.sandbox.pages import Pages
from providers.sandbox.server import Sandbox

SANDBOX_PORTS = 10  # one for each platform and one for the official list, with room for more platforms


@main.command()
@click.option("--port", type=click.IntRange(0, 65_530), help="First port, 8800 if it is free; 0 takes any free ones.")
@click.option("--places", type=click.IntRange(1, 200_000), default=country.PLACES, show_default=True)
@click.option("--centres", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A real list instead.")
@click.option("--latency", type=float, default=0, help="Milliseconds before each answer.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[@SLUG]", help="A fault of one platform, or of all.")
@click.option("--seed", type=int, default=season.SEED, show_default=True)
@refusing
def sandbox(
    port: int | None, places: int, centres: Path | None, latency: float, faults: tuple[str, ...], seed: int
) -> None:
    """The simulated platforms alone, on loopback; writes their origins to sandbox.json in the data folder."""
    settings = settings_with_country()
    chosen = dict(_fault(text) for text in faults)
    with lock(settings.data_dir / "sandbox.lock", wait=False):
        world = country.world(settings, places, centres, seed)
        pages = Pages(settings.provider_labels(), settings.address)
        try:
            running = Sandbox(world, _first_port(port), latency, chosen, pages=pages)
        except OSError as error:
            raise Refused(
                f"a port from {port} on cannot be used ({error.strerror}): choose others with --port"
            ) from error
        with running:
            files.write_whole(settings.sandbox_path, canonical.to_json(running.description()))
            for slug, origin in running.origins.items():
                click.echo(f"{slug:10} {origin}  {len(world.centres[slug])} centres")
            _told_to_stop().wait()
            settings.sandbox_path.unlink(missing_ok=True)


def _first_port(wanted: int | None) -> int:
    """The port asked for; else the first of the usual ones that are free, another demonstration may be running."""
    if wanted is not None:
        return wanted
    blocks = range(SANDBOX_PORT, SANDBOX_PORT + 1000, SANDBOX_PORTS)
    return next((first for first in blocks if all(is_free(first + n) for n in range(SANDBOX_PORTS))), 0)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    try:
        create_server((host, port), family=AF_INET6 if ":" in host else AF_INET).close()
    except OSError:
        return False
    return True


def _told_to_stop() -> threading.Event:
    """Set by the signals that end a process."""
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    return told


def _fault(text: str) -> tuple[str, str]:
    name, _, slug = text.partition("@")
    if name not in FAULTS:
        raise Refused(f"no such fault: {name}; there are {', '.join(FAULTS)}")
    return slug or "*", name


def invented_settings() -> Settings:
    """Raises Refused in live mode."""
    settings = settings_with_country()
    if not settings.demo:
        raise Refused("AIGUILLAGE_PROVIDERS is live: only a demonstration has invented weeks and people")
    return settings


@main.command("lay-past")
@refusing
def lay_past() -> None:
    """Begin a new demonstration with the invented weeks that come with the program; `make run` does it.

    A folder in which something has run keeps what it has. AIGUILLAGE_DEMO_PAST=0 leaves the weeks out.
    """
    settings = invented_settings()
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
    settings = invented_settings()
    site = settings.address
    if not is_of_this_machine(site):
        raise Refused(f"{site} is not on this machine: simulated people visit a demonstration beside them and no other")
    told = _told_to_stop()
    communes = list(gazetteers.load_gazetteer(settings.gazetteer_path).communes.values())
    stay(Visitors(site, communes, random.Random(seed)), every, told.wait)
