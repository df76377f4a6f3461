"""What is published, as data/datasets.toml says it."""

from __future__ import annotations

from pathlib import Path

from aggregator.config import datasets
from aggregator.config.settings import ROOT, Settings
from tests.edition import ALL, text


def test_the_dictionary_is_that_of_the_files(edition: Path) -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")

    assert written == "\n".join(datasets.dictionary(Settings().datasets())) + "\n"
    for name, one in ALL.items():
        header = text(edition, f"{name}.csv").split("\r\n", 1)[0]
        assert header.split(",") == list(one.names)
        assert all(f"| `{column}` |" in written for column in header.split(","))
