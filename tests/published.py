"""The snapshot of the collected folder, for the tests that ask of snapshots alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aggregator.config.settings import Settings
from aggregator.snapshot.shelf import Shelf, Snapshot

SEED = b"\x05" * 32
EPOCH = "2026-11-23T12"
LYON, BOURG, REUNION = "69123", "01053", "97411"

Publish = Callable[[], Snapshot]


@pytest.fixture
def settings(filled: Settings) -> Settings:
    return filled


@pytest.fixture
def database_url() -> None:
    """Files: what is asked here are snapshots, whatever store they came from."""


@pytest.fixture
def snapshot(settings: Settings) -> Snapshot:
    shelf = Shelf(settings.published_dir)
    shelf.refresh()
    assert shelf.current is not None
    return shelf.current
