"""What the portal publishes: data sets, their columns and formats, as `data/datasets.toml` says. Pure.

Everything that speaks of a data set — files, the page `/donnees`, the catalogue, the dictionary — reads it from here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

LICENCE = "Licence Ouverte 2.0"
LICENCE_URL = "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf"
TYPES = ("string", "integer", "number", "boolean", "date", "datetime")
FORMATS = {
    "csv": ("CSV", "text/csv", "CSV"),
    "excel-fr.csv": ("CSV pour un tableur français", "text/csv", "CSV"),
    "json": ("JSON", "application/json", "JSON"),
    "ndjson": ("NDJSON", "application/x-ndjson", "TXT"),
    "parquet": ("Parquet", "application/vnd.apache.parquet", "PARQUET"),
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
    "geojson": ("GeoJSON", "application/geo+json", "GEOJSON"),
}
"""Suffix -> (name, media type, code in the EU's table of file types), in the order in which they are offered."""

WHOLE_FILE, WHOLE_FORMAT = "aiguillage.sqlite", ("SQLite", "application/vnd.sqlite3", "BIN")
"""All tables of an edition. The EU's table has no code for NDJSON and SQLite: text, and binary data."""

PREFACE = """\
Dans les CSV, un texte qui commence par `=`, `+`, `-`, `@`, une tabulation, un retour ou une apostrophe
est précédé d’une apostrophe, pour qu’aucun tableur n’y voie une formule ; l’ôter rend le texte d’origine.
Dans les CSV pour un tableur français, un texte fait de chiffres s’écrit `="01"` : c’est la formule par laquelle
Excel garde le zéro. Un classeur XLSX n’en a pas besoin.

Jours, semaines, heures et instants sont en UTC ; seul le jour d’un créneau (`slots-par-jour`) est celui du lieu.

- `/donnees/2026-11-22/` : un jour clos, arrêté au minuit UTC qui le termine. Aucune ligne ne vient d’après : lieux,
  offres et créneaux sont ceux du dernier relevé publié ce jour-là ; redirections, mesures, lectures, pannes et
  décisions sont toutes celles connues jusque-là ; les figures sont celles de la table close du jour.
- `/donnees/2026-W47/` : une semaine close, du lundi au dimanche, arrêtée de même. Redirections, mesures, lectures,
  pannes et décisions sont celles de la semaine seule.
- `/donnees/cumul/` : `redirects` et `metrics` de tous les jours et semaines clos depuis l’ouverture.
- `/donnees/en-cours/` : le jour en cours, refait chaque heure.
- `/donnees/dernier-jour/` et `/donnees/derniere-semaine/` renvoient à la dernière édition close.
- `aiguillage.sqlite`, dans chaque dossier : toutes les tables en un fichier, avec clés, index et vues ; un tiret d’un
  nom y est un soulignement (`slots_par_jour`). Sa table `metadata` le décrit, et `metadata.json` le décrit à Datasette.
- `/donnees/lacunes.json` : les jours et les semaines qui n’ont pas d’édition, avec la raison.""".splitlines()
"""What the dictionary says of all tables. Days end at midnight UTC: a row of an edition is never from after it."""


class DatasetError(ValueError):
    """`datasets.toml` cannot be used; the message names the data set."""


@dataclass(frozen=True, slots=True)
class Column:
    """`required`: no row leaves it empty; `enum`: the values that there are, any if none are named."""

    name: str
    type: str
    description: str
    required: bool = False
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """An answer to a usual question, in the SQLite file."""

    name: str
    description: str
    sql: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """`located`: rows have `lat` and `lon`; `service`: the campaigns it is for, "" = all.

    `real`: it comes with the portal, and is true in a demonstration too. `csv`: the dialect of its plain CSV file.
    `key`, `references` (column -> data set whose id it holds): of its table in SQLite and of the Table Schema;
    `indexes`, `views`: in SQLite. `themes`, `frequency`: codes of the EU's tables; `days`: first and last day of what
    the rows tell, where the portal's own days do not say it; `in_api`: the API answers these rows.
    """

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    located: bool = False
    service: str = ""
    real: bool = False
    csv: str = ""
    key: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    views: tuple[View, ...] = ()
    keywords: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    frequency: str = ""
    days: tuple[str, ...] = ()
    in_api: bool = False

    @property
    def table(self) -> str:
        """Its name in SQL, which needs no quotes."""
        return self.name.replace("-", "_")

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(suffix for suffix in FORMATS if suffix != "geojson" or self.located)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@lru_cache(maxsize=4)
def load_datasets(path: Path) -> dict[str, Dataset]:
    """By name, in the order of the file. Raises DatasetError."""
    content = _content(path)
    common = content["common"]["columns"]
    return {one["name"]: _dataset(one, common) for one in content["dataset"]}


def load_catalogue(path: Path) -> dict[str, Any]:
    """What the catalogue says of all data sets: `description`, `editions`, `sources`..., and `whole`, a Dataset."""
    found = dict(_content(path)["catalogue"])
    return {**found, "whole": _dataset(found["whole"], [])}


def published(path: Path, service: str) -> dict[str, Dataset]:
    """The data sets of one service, and those of every service, by name."""
    more = _content(path)["service"].get(service, {"keywords": (), "themes": ()})
    return {
        name: replace(one, keywords=(*one.keywords, *more["keywords"]), themes=(*one.themes, *more["themes"]))
        for name, one in load_datasets(path).items()
        if one.service in ("", service)
    }


@lru_cache(maxsize=4)
def _content(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _dataset(section: dict[str, Any], common: list[list[Any]]) -> Dataset:
    columns = tuple(_column(*one) for one in (*section.get("columns", ()), *common))
    unknown = {column.type for column in columns} - set(TYPES)
    if unknown:
        raise DatasetError(f"{section['name']}: unknown types {', '.join(sorted(unknown))}")
    views = tuple(View(name, said, " ".join(sql.split())) for name, said, sql in section.get("views", ()))
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in section.items()
    }
    plain.update(columns=columns, views=views)
    return Dataset(**plain)


def _column(name: str, kind: str, description: str, limits: dict[str, Any] | None = None) -> Column:
    limits = limits or {}
    return Column(name, kind, description, limits.get("required", False), tuple(limits.get("enum", ())))


def dictionary(datasets: dict[str, Dataset]) -> Iterator[str]:
    """The lines of `docs/data-dictionary.md`."""
    yield "# Dictionnaire des données"
    yield ""
    yield f"Produit par `aiguillage dictionary`. Licence des données : {LICENCE}. Point décimal."
    yield from PREFACE
    for one in datasets.values():
        yield from (
            "",
            f"## `{one.name}` : {one.title}",
            "",
            one.description,
            "",
            "| colonne | type | sens |",
            "|---|---|---|",
        )
        yield from (f"| `{column.name}` | {column.type} | {column.description} |" for column in one.columns)
        if one.views:
            yield ""
            yield from (f"Vue `{view.name}` du fichier SQLite : {view.description}" for view in one.views)
