"""The simulated platforms, and the country they stand in: invented places on real communes, or a real list on them."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server

import click

from aggregator import canonical, files
from aggregator.cli.group import Refused, main, refusing, settings_with_country
from aggregator.config.settings import SANDBOX_PORT, Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.country.finder.addresses import locate
from aggregator.country.finder.finder import load_finder
from aggregator.country.gazetteer import Gazetteer
from aggregator.worker.locks import lock
from providers.official_list import read
from providers.sandbox.faults import FAULTS
from providers.sandbox.server import Sandbox
from providers.sandbox.world import Town, World, invented, of_list

DEMO_PLACES = 1200
SEED = 2021
SANDBOX_PORTS = 10  # one for each platform and one for the official list, with room for more platforms


@main.command()
@click.option("--port", type=click.IntRange(0, 65_530), help="First port, 8800 if it is free; 0 takes any free ones.")
@click.option("--places", type=click.IntRange(1, 200_000), default=DEMO_PLACES, show_default=True)
@click.option("--centres", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A real list instead.")
@click.option("--latency", type=float, default=0, help="Milliseconds before each answer.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[@SLUG]", help="A fault of one platform, or of all.")
@click.option("--seed", type=int, default=SEED, show_default=True)
@refusing
def sandbox(
    port: int | None, places: int, centres: Path | None, latency: float, faults: tuple[str, ...], seed: int
) -> None:
    """The simulated platforms alone, on loopback; writes their origins to sandbox.json in the data folder."""
    settings = settings_with_country()
    chosen = dict(_fault(text) for text in faults)
    with lock(settings.data_dir / "sandbox.lock", wait=False):
        made = world(settings, places, centres, seed)
        try:
            running = Sandbox(made, _first_port(port), latency, chosen, labels=settings.provider_labels())
        except OSError as error:
            raise Refused(
                f"a port from {port} on cannot be used ({error.strerror}): choose others with --port"
            ) from error
        with running:
            files.write_whole(settings.sandbox_path, canonical.to_json(running.description()))
            for slug, origin in running.origins.items():
                click.echo(f"{slug:10} {origin}  {len(made.centres[slug])} centres")
            _until_told_to_stop()
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


def _until_told_to_stop() -> None:
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    told.wait()


def _fault(text: str) -> tuple[str, str]:
    name, _, slug = text.partition("@")
    if name not in FAULTS:
        raise Refused(f"no such fault: {name}; there are {', '.join(FAULTS)}")
    return slug or "*", name


def world(settings: Settings, places: int, centres: Path | None, seed: int) -> World:
    """`places` invented ones in proportion to population, or those of an official list."""
    gazetteer = gazetteers.load_gazetteer(settings.gazetteer_path)
    known = towns(gazetteer)
    if centres is None:
        return invented([town for town in known if town.postcode], places, seed)
    listed = []
    for centre in read(centres.read_bytes(), datetime.now(UTC).date()).centres:
        commune = gazetteer.get(centre.insee or "") or locate(load_finder(gazetteer), centre.postcode, centre.city)
        if commune is not None:
            listed.append(replace(centre, insee=commune.insee))
    return of_list(listed, settings.declared_origins(), {town.insee: town for town in known}, seed)


def towns(gazetteer: Gazetteer) -> list[Town]:
    """Every commune of a known département, as the sandbox wants it; `postcode` may be empty."""
    return [
        Town(
            insee=c.insee,
            name=c.name,
            postcode=c.postcodes[0] if c.postcodes else "",
            department=c.department,
            department_name=gazetteer.department_name(c.department),
            lat=c.lat,
            lon=c.lon,
            population=c.population,
            tz=c.time_zone,
        )
        for c in gazetteer.communes.values()
        if c.department in gazetteer.departments
    ]
