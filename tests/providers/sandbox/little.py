"""Simulated platforms with four places each, one for each state of a booking page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from providers.sandbox.pages import Pages
from providers.sandbox.platforms import PLATFORMS
from providers.sandbox.server import Sandbox
from providers.sandbox.world import SimCentre, Town, World
from tests.clock import NOON

PORTAL = "http://127.0.0.1:9"
SAINT_DENIS = Town("97411", "Saint-Denis", "97400", "974", "La Réunion", -20.88, 55.45, 150_000, tz="Indian/Reunion")
LONG = "Centre-de-vaccination-sans-la-moindre-espace-" * 4


def centre_of(provider: str, number: int = 1, **changes: object) -> SimCentre:
    slug = f"place-{number}"
    centre = SimCentre(
        number=number, provider=provider, name=f"Salle {number}", address="3 rue des Écoles", town=SAINT_DENIS,
        lat=SAINT_DENIS.lat, lon=SAINT_DENIS.lon, phone="01 99 00 12 34", kind="pharmacie", path=f"/a/b/{slug}",
        slug=slug, practice=number, hours=((8 * 60, 12 * 60),), busy=1.0, motives=(0, 3),
    )  # fmt: skip
    return replace(centre, **changes)  # type: ignore[arg-type]


@contextmanager
def little_sandbox() -> Iterator[Sandbox]:
    """On each platform: a place with slots, one without, one by telephone, and one with a hostile name."""
    world = World(seed=1)
    for slug in PLATFORMS:
        world.centres[slug] = [
            centre_of(slug),
            centre_of(slug, 2, busy=0.0),
            centre_of(slug, 3, phone_only=True),
            centre_of(slug, 4, name=f"<script>alert(1)</script> {LONG}", address="</title><b>3</b> {{ 7 * 7 }}"),
        ]
    with Sandbox(world, now=lambda: NOON, pages=Pages({"maiia": "Maiia"}, PORTAL)) as running:
        yield running
