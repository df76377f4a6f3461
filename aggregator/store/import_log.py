"""The part of `catalog.db` that keeps every official list taken in, so that an old count can be made again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aggregator.database.migrations import Store


@dataclass(frozen=True, slots=True)
class Import:
    """One list as it was read. `as_of`: the day it was true; `refused`: (line, reason); `report`: what was counted."""

    as_of: date
    file_name: str
    sha256: str
    dialect: str
    row_count: int
    refused: Sequence[tuple[int, str]]
    report: Mapping[str, Any]


class ImportLog(Store):
    def put_import(self, taken: Import, rows: Iterable[Mapping[str, Any]], at: datetime) -> int:
        """Store an import and, for each row, its département, booking site and whether it is open. Returns the id."""
        with self.transaction():
            self.run(
                "INSERT INTO imports (as_of, imported_at, file_name, sha256, dialect, row_count, refused, report) "
                "VALUES (:as_of, :at, :name, :sha, :dialect, :rows, :refused, :report)",
                {
                    "as_of": taken.as_of.isoformat(),
                    "at": at.isoformat(),
                    "name": taken.file_name,
                    "sha": taken.sha256,
                    "dialect": taken.dialect,
                    "rows": taken.row_count,
                    "refused": json.dumps(taken.refused, ensure_ascii=False),
                    "report": json.dumps(taken.report, ensure_ascii=False),
                },
            )
            row = self.row("SELECT max(import_id) AS import_id FROM imports")
            import_id = int(row["import_id"]) if row else 0
            self.run_many(
                "INSERT INTO import_rows VALUES (:import, :source_id, :department, :site, :open)",
                [{**one, "import": import_id} for one in rows],
            )
        return import_id

    def imports(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM imports ORDER BY as_of, import_id")

    def import_for(self, day: date) -> dict[str, Any] | None:
        """The import in force on `day`: the newest list of that day or before; of one day the last import."""
        return self.row(
            "SELECT * FROM imports WHERE as_of <= :day ORDER BY as_of DESC, import_id DESC LIMIT 1",
            {"day": day.isoformat()},
        )

    def sites_of_import(self, import_id: int) -> dict[str, int]:
        """Open places by booking site ("" = none, a host = undeclared)."""
        rows = self.rows(
            "SELECT site, count(*) AS n FROM import_rows WHERE import_id = :id AND open = 1 "
            "GROUP BY site ORDER BY site",
            {"id": import_id},
        )
        return {row["site"]: row["n"] for row in rows}
