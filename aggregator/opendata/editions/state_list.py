"""The places in the form of the State's list of centres of 2021 (docs/providers.md §6). Pure.

Whoever reads that list reads this one with the same code: its columns, its words, its `fermé`. What is not known is
empty, as it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aggregator.opendata.sources import Row, Sources
from providers.phone import dialled
from providers.records import WEEKDAYS

DATASET = "lieux-de-vaccination"
CLOSED = "fermé"
ACCESS = {True: "oui", False: "non", None: None}


def rows(sources: Sources) -> Iterator[Row]:
    empty = dict.fromkeys(sources.settings.datasets()[DATASET].names)
    for place in sources.places:
        yield {**empty, **centre(place)}


def centre(place: Mapping[str, Any]) -> Row:
    """What is known of a place, in the State's words."""
    hours = [*place["hours"], *[None] * 7][:7]
    return {
        "gid": place["official_id"] or place["id"],
        "nom": place["name"],
        "xy_precis": None if place["lat"] is None else float(place["exact"]),
        # Number and street are one text in most sources: whoever joins the two columns gets the address.
        "adr_voie": place["address"],
        "com_cp": place["postcode"],
        "com_insee": place["insee"],
        "com_nom": place["city"],
        "lat_coor1": place["lat"],
        "long_coor1": place["lon"],
        "lieu_accessibilite": ACCESS[place["wheelchair"]],
        **{f"rdv_{day}": CLOSED if text == "" else text for day, text in zip(WEEKDAYS, hours, strict=True)},
        "rdv": False if place["walk_in"] else True if place["offers"] else None,
        # The list has one link a centre: the first by offer id, which nothing of a platform decides.
        "rdv_site_web": place["offers"][0]["url"] if place["offers"] else place["site"],
        "rdv_tel": place["phone"] and dialled(place["phone"]),
        "rdv_modalites": place["note"],
    }
