"""Store -> the published snapshot and what stands beside it."""

from __future__ import annotations

import gzip
from pathlib import Path

from aggregator.config.settings import Settings


def test_a_snapshot_file_names_nothing_of_a_machine(filled: Settings, tmp_path: Path) -> None:
    for path in (filled.published_dir / "snapshots").iterdir():
        assert str(tmp_path).encode() not in gzip.decompress(path.read_bytes())
