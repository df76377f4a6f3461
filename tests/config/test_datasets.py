"""What is published, as data/datasets.toml says it."""

from __future__ import annotations

import json
from pathlib import Path

from aggregator.config import datasets
from aggregator.config.settings import ROOT, Settings
from aggregator.opendata.text_formats import DIALECTS
from tests.edition import ALL, text


def test_the_dictionary_is_that_of_the_files(edition: Path) -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")

    assert written == "\n".join(datasets.dictionary(Settings().datasets())) + "\n"
    for name, one in ALL.items():
        header = text(edition, f"{name}.csv").splitlines()[0]
        assert header.split(DIALECTS[one.csv].delimiter) == list(one.names)
        assert all(f"| `{column}` |" in written for column in one.names)


def test_the_catalogue_names_every_theme_and_frequency() -> None:
    """A code without its name in dcat.jsonld would be a catalogue that is not valid."""
    terms = json.loads((ROOT / "data" / "dcat.jsonld").read_text(encoding="utf-8"))
    named = {one["@id"] for one in terms["@graph"]}

    for one in (*ALL.values(), Settings().catalogue()["whole"]):
        assert one.keywords
        assert one.themes
        assert {f"theme:{code}" for code in one.themes} | {f"frequency:{one.frequency}"} <= named
    for _, kind, code in (*datasets.FORMATS.values(), datasets.WHOLE_FORMAT):
        assert f"filetype:{code}" in named
        assert f"iana:{kind}" in named or kind.startswith("application/x-")
    assert "theme:HEAL" in named
    assert datasets.LICENCE_URL in named


def test_a_kind_of_appointment_adds_its_theme() -> None:
    cards = datasets.published(ROOT / "data" / "datasets.toml", "identite")

    assert "HEAL" in Settings().datasets()["places"].themes
    assert "HEAL" not in cards["places"].themes
    assert "passeport" in cards["places"].keywords


def test_keys_are_columns() -> None:
    for one in ALL.values():
        assert {*one.key, *one.references, *one.indexes} <= set(one.names)
        assert all(ALL[other].key == ("id",) for other in one.references.values())
