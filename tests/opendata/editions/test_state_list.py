"""The places in the form of the State's list of 2021: the code that reads that list reads ours."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pandas

from aggregator.opendata.editions.state_list import DATASET, centre
from providers.official_list import read
from providers.phone import dialled
from tests.answers import Answers
from tests.edition import ALL, table, text

PLACE = {
    "id": "p-1", "official_id": None, "name": "Salle inventée", "exact": True, "address": "3 rue Inventée",
    "postcode": "01000", "insee": "01053", "city": "Bourg-en-Bresse", "lat": 46.2, "lon": 5.22, "wheelchair": None,
    "walk_in": False, "hours": [], "offers": [], "site": None, "phone": None, "note": "",
}  # fmt: skip


def reused(body: str) -> list[dict[str, Any]]:
    """What a program of 2021 makes of the State's file: by name, cell for cell."""
    found = []
    for row in csv.DictReader(io.StringIO(body, newline=""), delimiter=";", strict=True):
        assert {row[name] for name in ("rdv", "centre_fermeture", "reserve_professionels_sante")} <= {"t", "f", ""}
        found.append({
            "gid": row["gid"],
            "where": (float(row["lat_coor1"]), float(row["long_coor1"])) if row["lat_coor1"] else None,
            "precision": float(row["xy_precis"]) if row["xy_precis"] else None,
            "address": f"{row['adr_num']} {row['adr_voie']}, {row['com_cp']} {row['com_nom']}".strip(),
            "sunday": None if row["rdv_dimanche"] == "fermé" else row["rdv_dimanche"],
            "by_appointment": row["rdv"] != "f",
            "open": row["centre_fermeture"] != "t",
            "link": row["rdv_site_web"],
        })  # fmt: skip
    return found


def test_the_columns_are_those_of_the_states_file_in_its_order_then_ours(answers: Answers, edition: Path) -> None:
    states = answers.official_list("42").decode().split("\n")[0].strip().split(";")

    header = text(edition, f"{DATASET}.csv").split("\n")[0].split(";")

    assert len(states) == 42
    assert header == [*states, "updated", "licence", "demo"]


def test_a_program_that_reads_the_states_file_reads_ours(answers: Answers, edition: Path) -> None:
    states = reused(answers.official_list("42").decode())
    ours = reused(text(edition, f"{DATASET}.csv"))

    places = {row["official_id"] or row["id"]: row for row in table(edition, "places")}
    assert [row.keys() for row in states[:1]] == [row.keys() for row in ours[:1]]
    assert {row["gid"] for row in ours} == set(places)
    for row in ours:
        place = places[row["gid"]]
        assert row["where"] == ((float(place["lat"]), float(place["lon"])) if place["lat"] else None)
        assert row["precision"] in ({1} if place["position_exact"] == "true" else {0, None})
        assert row["by_appointment"] is (place["walk_in"] == "false")


def test_pandas_reads_both_in_one_way(answers: Answers, edition: Path) -> None:
    kinds = {"com_cp": str, "com_insee": str, "gid": str}
    states, ours = (
        pandas.read_csv(io.StringIO(body), sep=";", dtype=kinds)
        for body in (answers.official_list("42").decode(), text(edition, f"{DATASET}.csv"))
    )

    both = pandas.concat([states, ours])
    assert len(both) == len(states) + len(ours)
    assert both["lat_coor1"].dtype == both["long_coor1"].dtype == float
    assert set(both["rdv"].dropna()) <= {"t", "f"}
    assert ours["com_insee"].str.len().eq(5).all()


def test_our_own_reader_of_the_states_list_finds_the_same_places(edition: Path) -> None:
    found = read(text(edition, f"{DATASET}.csv").encode(), date(2026, 11, 29))

    places = {row["official_id"] or row["id"]: row for row in table(edition, "places")}
    assert (found.refused, found.rows) == ((), len(places))
    # A platform of the demonstration is at http, which no reader of booking links leaves so.
    links = {row["booking_url"].partition(":")[2] for row in table(edition, "offers")}
    for one in found.centres:
        place = places[one.source_id]
        said = (one.name, one.address, one.postcode, one.city, one.insee, one.note)
        assert said == tuple(place[name] for name in ("name", "address", "postcode", "city", "insee", "note"))
        assert str(one.lat or "") == place["lat"]
        assert one.walk_in is (place["walk_in"] == "true")
        assert {True: "true", False: "false", None: ""}[one.wheelchair] == place["wheelchair"]
        assert dialled(one.phone or "") == dialled(place["phone"].removeprefix("tel:"))
        assert one.booking_url is None or one.booking_url.partition(":")[2] in links
        # In our own CSV a day that is closed and one of which nothing is known are both empty.
        assert [hours or "" for hours in one.hours][:1] == [place["monday"]][: len(one.hours)]
    assert sum(one.booking_url is not None for one in found.centres) == len(
        {r["place_id"] for r in table(edition, "offers")}
    )


def test_what_is_not_known_is_empty_and_what_is_closed_is_in_the_states_word() -> None:
    bare = centre(PLACE)
    known = centre({
        **PLACE, "hours": ["9h-12h", "", None], "wheelchair": False, "walk_in": True, "exact": False,
        "phone": "+33499000001", "site": "rdv.example.fr",
    })  # fmt: skip

    assert {name for name, value in bare.items() if value is None} >= {
        "rdv",
        "lieu_accessibilite",
        "rdv_lundi",
        "rdv_tel",
    }
    assert [known[f"rdv_{day}"] for day in ("lundi", "mardi", "mercredi", "dimanche")] == [
        "9h-12h",
        "fermé",
        None,
        None,
    ]
    assert (known["rdv"], known["lieu_accessibilite"], known["xy_precis"]) == (False, "non", 0.0)
    assert (known["rdv_tel"], known["rdv_site_web"]) == ("0499000001", "rdv.example.fr")
    assert centre({**PLACE, "offers": [{"url": "https://x.example/1"}]})["rdv"] is True
    assert set(bare) < set(ALL[DATASET].names)
