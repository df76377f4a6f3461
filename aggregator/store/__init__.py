"""All SQL but the ledger's: `registry.db` (ids, matches, decisions) and `catalog.db` (what sources said).

The web process never imports this package.
"""

from aggregator.database import StoreError
from aggregator.store.catalog import Catalog, Read
from aggregator.store.copies import copy_whole
from aggregator.store.edition_file import EditionFile
from aggregator.store.packing import Packed, pack, unpack
from aggregator.store.published import PublishedFiles
from aggregator.store.reading_log import FetchRecord
from aggregator.store.registry import OfferRow, Registry
from aggregator.store.stores import Stores, open_stores

__all__ = [
    "Catalog",
    "EditionFile",
    "FetchRecord",
    "OfferRow",
    "Packed",
    "PublishedFiles",
    "Read",
    "Registry",
    "StoreError",
    "Stores",
    "copy_whole",
    "open_stores",
    "pack",
    "unpack",
]
