"""Every official list taken in is kept with its date, so that an old count can be made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.store import Catalog, Import
from tests.clock import NOON

MARCH, APRIL = date(2021, 3, 23), date(2021, 4, 1)


@pytest.fixture
def catalog(tmp_path: Path, database_url: str | None) -> Iterator[Catalog]:
    with closing(Catalog(database_url or tmp_path / "catalog.db")) as opened:
        yield opened


def listed(as_of: date, name: str = "liste.csv") -> Import:
    return Import(as_of, name, "0" * 64, "42", 3, [(6, "no name")], {"places": 3})


def rows(*sites: str, is_open: bool = True) -> list[dict[str, Any]]:
    return [
        {"source_id": f"{number}{is_open}", "department": "69", "site": site, "open": is_open}
        for number, site in enumerate(sites)
    ]


def test_a_day_is_answered_by_the_latest_list_that_was_true_then(catalog: Catalog) -> None:
    for as_of, name in ((APRIL, "april"), (MARCH, "march"), (MARCH, "march, again")):
        catalog.put_import(listed(as_of, name), rows(), NOON)

    def on(day: date) -> str | None:
        found = catalog.import_for(day)
        return found and found["file_name"]

    assert [on(MARCH - timedelta(days=1)), on(MARCH), on(APRIL - timedelta(days=1)), on(date.max)] == [
        None, "march, again", "march, again", "april",
    ]  # fmt: skip
    assert [row["file_name"] for row in catalog.imports()] == ["march", "march, again", "april"]


def test_open_places_are_counted_by_booking_site(catalog: Catalog) -> None:
    places = [*rows("doctolib", "doctolib", "", "rdv.example.fr"), *rows("doctolib", is_open=False)]
    number = catalog.put_import(listed(MARCH), places, NOON)
    other = catalog.put_import(listed(APRIL), rows("maiia"), NOON)

    assert catalog.sites_of_import(number) == {"": 1, "doctolib": 2, "rdv.example.fr": 1}
    assert catalog.sites_of_import(other) == {"maiia": 1}


def test_what_was_refused_and_counted_stays_with_the_list(catalog: Catalog) -> None:
    catalog.put_import(listed(MARCH), rows(), NOON)
    (row,) = catalog.imports()

    assert json.loads(row["refused"]) == [[6, "no name"]]
    assert json.loads(row["report"]) == {"places": 3}
    assert (row["as_of"], row["imported_at"], row["row_count"]) == ("2021-03-23", NOON.isoformat(), 3)


def test_a_list_whose_rows_cannot_be_kept_is_not_kept_at_all(catalog: Catalog) -> None:
    twice = [*rows("doctolib"), *rows("maiia")]

    with pytest.raises(Exception, match=r"(?i)unique"):
        catalog.put_import(listed(MARCH), twice, NOON)

    assert catalog.imports() == []
