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


def open_stores(folder: Path) -> Stores:
    """Raises StoreError."""
    return Stores(Registry(folder / "registry.db"), Catalog(folder / "catalog.db"))
