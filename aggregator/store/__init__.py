"""The worker's two stores: `catalog.db` (what sources said, can be read again), `registry.db` (ids, never rebuilt).

The web process never imports this package: it answers from what is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aggregator.store.catalog import Catalog, Read
from aggregator.store.fetch_log import FetchRecord
from aggregator.store.import_log import Import
from aggregator.store.packed_slots import Packed, pack, unpack
from aggregator.store.registry import Doubt, How, OfferRow, Registry

__all__ = [
    "Catalog",
    "Doubt",
    "FetchRecord",
    "How",
    "Import",
    "OfferRow",
    "Packed",
    "Read",
    "Registry",
    "Stores",
    "open_stores",
    "pack",
    "unpack",
]


@dataclass(frozen=True, slots=True)
class Stores:
    registry: Registry
    catalog: Catalog

    def close(self) -> None:
        self.registry.close()
        self.catalog.close()


def open_stores(folder: Path, database_url: str | None = None) -> Stores:
    """Open both stores: two files of `folder`, or one PostgreSQL schema when a URL is given. Raises StoreError."""
    return Stores(Registry(database_url or folder / "registry.db"), Catalog(database_url or folder / "catalog.db"))
