"""The two stores of a worker, opened together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aggregator.store.catalog import Catalog
from aggregator.store.registry import Registry


@dataclass(frozen=True, slots=True)
class Stores:
    registry: Registry
    catalog: Catalog

    def close(self) -> None:
        self.registry.close()
        self.catalog.close()


def open_stores(folder: Path, database_url: str | None = None) -> Stores:
    """Two files of a folder, or one PostgreSQL schema. Raises StoreError."""
    return Stores(Registry(database_url or folder / "registry.db"), Catalog(database_url or folder / "catalog.db"))
