"""What an edition says of itself: its head, its data package, what changed since the one before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aggregator.config.datasets import LICENCE, LICENCE_URL, Column, Dataset
from aggregator.config.settings import Settings
from aggregator.opendata.text_formats import DIALECTS, Dialect

FRICTIONLESS = {"datetime": {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%SZ"}}


@dataclass(frozen=True)
class About:
    """What every file of an edition says of itself.

    `updated`: until when its rows know what happened; `written`: when it was made, and the public log had `log_size`
    entries. A closed day is written after its end, sometimes days after.
    """

    edition: str
    updated: str
    log_size: int
    demo: bool
    written: str = ""

    def of(self, dataset: Dataset) -> About:
        """What the files of one data set say: in a demonstration not everything is invented."""
        return replace(self, demo=self.demo and not dataset.real)

    @property
    def ending(self) -> dict[str, Any]:
        """The columns that end every table."""
        return {"updated": self.updated, "licence": LICENCE, "demo": self.demo}

    @property
    def head(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "updated": self.updated,
            "written": self.written or self.updated,
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "demo": self.demo,
            "log_size": self.log_size,
        }

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [
            ("Édition", self.edition),
            ("Mise à jour", f"{self.updated} (UTC)"),
            ("Écrite", f"{self.written or self.updated} (UTC)"),
            ("Licence", f"{LICENCE} ({LICENCE_URL})"),
            ("Données", "Démonstration : données inventées" if self.demo else "Réelles"),
        ]


def datapackage(
    datasets: Mapping[str, Dataset], about: About, sums: Mapping[str, Mapping[str, Any]], settings: Settings
) -> dict[str, Any]:
    """Frictionless Data Package: each CSV file with its Table Schema, size and sum."""
    words = settings.catalogue()
    description = words["description"]["fr"]
    return {
        "profile": "tabular-data-package",
        # A name is of lower case letters, digits, ".", "_" and "-": a week's W is none.
        "name": f"aiguillage-{about.edition.lower()}",
        "title": "Aiguillage",
        "description": f"{description} {words['demo']['fr']}" if about.demo else description,
        "created": about.written or about.updated,
        "keywords": list(dict.fromkeys(word for one in datasets.values() for word in one.keywords)),
        "licenses": [{"name": "etalab-2.0", "title": LICENCE, "path": LICENCE_URL}],
        "contributors": [{"title": settings.campaign.operator.name or "Aiguillage", "role": "publisher"}],
        "sources": [{"title": title} for title in words["sources"]],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": one.name,
                "title": one.title,
                "description": one.description,
                "path": f"{one.name}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": sums[f"{one.name}.csv"]["bytes"],
                "hash": f"sha256:{sums[f'{one.name}.csv']['sha256']}",
                "dialect": {"delimiter": DIALECTS[one.csv].delimiter, "lineTerminator": DIALECTS[one.csv].line_end},
                "schema": _schema(one, datasets),
            }
            for one in datasets.values()
        ],
    }


def _schema(one: Dataset, datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    fields = [_field(column, DIALECTS[one.csv]) for column in one.columns]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    # An empty text is a value in SQLite and none in CSV, and no part of a primary key may be missing.
    if one.key and {column.name for column in one.columns if column.required}.issuperset(one.key):
        schema["primaryKey"] = list(one.key)
    keys = [
        {"fields": [column], "reference": {"resource": other, "fields": ["id"]}}
        for column, other in one.references.items()
        if other in datasets
    ]
    return {**schema, "foreignKeys": keys} if keys else schema


def _field(column: Column, dialect: Dialect) -> dict[str, Any]:
    kind: dict[str, Any] = dict(FRICTIONLESS.get(column.type, {"type": column.type}))
    if column.type == "boolean":
        kind["trueValues"], kind["falseValues"] = ([word] for word in dialect.truth)
    limits: dict[str, Any] = {"required": True} if column.required else {}
    if column.enum:
        limits["enum"] = list(column.enum)
    field = {"name": column.name, **kind, "description": column.description}
    return {**field, "constraints": limits} if limits else field


def changes_text(name: str, changes: Mapping[str, Any]) -> Iterator[str]:
    yield f"# Édition {name}"
    yield ""
    if changes["since"] is None:
        yield "Première édition."
        return
    yield f"Depuis l’édition du {changes['since']} :"
    yield ""
    yield f"- lieux : {changes['places_new']} nouveaux, {changes['places_gone']} partis"
    yield from (f"- {one} : {n:+d} lignes" for one, n in changes["rows"].items() if n)
