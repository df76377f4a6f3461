"""The simulated country: communes for the sandbox, invented places or a real list on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.country.finder.addresses import locate
from aggregator.country.finder.finder import load_finder
from aggregator.country.gazetteer import Gazetteer
from providers.official_list import read
from providers.sandbox.world import Town, World, invented, of_list

PLACES = 1200


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
