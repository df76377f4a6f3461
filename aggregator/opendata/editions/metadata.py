"""What an edition's SQLite file says of itself: for Datasette (`metadata.json`) and in a table of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aggregator.config.datasets import Dataset
from aggregator.opendata.editions.described import About

TITLE = "Aiguillage"
DATABASE = "aiguillage"  # Datasette names a database as its file
Metadata = dict[str, Any]


def metadata(datasets: Mapping[str, Dataset], about: About, site: str | None) -> Metadata:
    """As Datasette reads it: of the whole, of each table and view, of each column. `site`: the portal's address."""
    tables: Metadata = {}
    for one in datasets.values():
        columns = {column.name: column.description for column in one.columns}
        tables[one.table] = {"title": one.title, "description": one.description, "columns": columns}
        tables.update({view.name: {"description": view.description} for view in one.views})
    return {
        "title": f"{TITLE}, édition {about.edition}",
        "description": " · ".join(f"{name} : {value}" for name, value in about.lines),
        "license": about.head["licence"],
        "license_url": about.head["licence_url"],
        "source": TITLE,
        **({"source_url": f"{site}/donnees/{about.edition}/"} if site else {}),
        "databases": {DATABASE: {"tables": tables}},
    }


def as_rows(described: Metadata) -> Iterator[dict[str, Any]]:
    """The same as rows: resource (table or view, "" for the whole), column ("" for the table), key, value."""
    for key, value in described.items():
        if key != "databases":
            yield {"resource": "", "column": "", "key": key, "value": value}
    for table, said in described["databases"][DATABASE]["tables"].items():
        for key, value in said.items():
            if key != "columns":
                yield {"resource": table, "column": "", "key": key, "value": value}
        for column, text in said.get("columns", {}).items():
            yield {"resource": table, "column": column, "key": "description", "value": text}
