"""What an edition says of itself: its head, its data package, what changed since the one before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aggregator.config.datasets import LICENCE, LICENCE_URL, Column, Dataset

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


def datapackage(datasets: Mapping[str, Dataset], about: About) -> dict[str, Any]:
    """Frictionless Data Package: each CSV file with its Table Schema."""
    return {
        "profile": "tabular-data-package",
        "name": f"aiguillage-{about.edition}",
        "title": "Aiguillage",
        "created": about.updated,
        "licenses": [{"name": "etalab-2.0", "title": LICENCE, "path": LICENCE_URL}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": one.name,
                "title": one.title,
                "description": one.description,
                "path": f"{one.name}.csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n"},
                "schema": {"fields": [_field(column) for column in one.columns], "missingValues": [""]},
            }
            for one in datasets.values()
        ],
    }


def _field(column: Column) -> dict[str, str]:
    kind = FRICTIONLESS.get(column.type, {"type": column.type})
    return {"name": column.name, **kind, "description": column.description}


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
