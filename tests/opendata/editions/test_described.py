"""What an edition says of itself."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import frictionless
import pytest

from aggregator.config.settings import Settings
from aggregator.opendata.editions.described import About, changes_text, datapackage
from aggregator.opendata.text_formats import as_csv
from aggregator.redirect.events import EventClass
from providers.records import Outcome
from tests.edition import ALL, text
from tests.edition import table as table_of

SUMS = {f"{name}.csv": {"sha256": "0" * 64, "bytes": 1} for name in ALL}


def test_a_closed_edition_tells_until_when_it_knows_and_when_it_was_written() -> None:
    late = About("2026-11-22", "2026-11-22T23:59:59Z", 7, demo=True, written="2026-11-25T08:00:00Z")

    assert (late.head["updated"], late.head["written"]) == ("2026-11-22T23:59:59Z", "2026-11-25T08:00:00Z")
    assert dict(late.lines)["Mise à jour"] == "2026-11-22T23:59:59Z (UTC)"
    assert dict(late.lines)["Données"].startswith("Démonstration")
    assert About("en-cours", "2026-11-25T08:00:00Z", 7, demo=False).head["written"] == "2026-11-25T08:00:00Z"


def test_changes_are_told_in_words_and_the_first_edition_has_none() -> None:
    changes = {"since": "2026-11-21", "places_new": 2, "places_gone": 1, "rows": {"places": 1, "offers": 0}}

    assert list(changes_text("2026-11-22", changes))[2:] == [
        "Depuis l’édition du 2026-11-21 :",
        "",
        "- lieux : 2 nouveaux, 1 partis",
        "- places : +1 lignes",
    ]
    assert list(changes_text("2026-11-22", {"since": None}))[-1] == "Première édition."


def test_a_data_package_describes_every_column() -> None:
    package = datapackage(ALL, About("2026-W47", "2026-11-22T23:59:59Z", 7, demo=True), SUMS, Settings())

    assert package["name"] == "aiguillage-2026-w47"
    assert package["description"].endswith("données inventées.")
    assert [one["name"] for one in package["resources"]] == list(ALL)
    for one in package["resources"]:
        assert [field["name"] for field in one["schema"]["fields"]] == list(ALL[one["name"]].names)


def test_a_data_package_tells_how_the_file_in_the_states_form_is_read() -> None:
    package = datapackage(ALL, About("2026-11-22", "2026-11-22T23:59:59Z", 7, demo=True), SUMS, Settings())
    by_name = {one["name"]: one for one in package["resources"]}
    ours, states = by_name["places"], by_name["lieux-de-vaccination"]
    walk_in, rdv = (
        next(field for field in one["schema"]["fields"] if field["name"] == name)
        for one, name in ((ours, "walk_in"), (states, "rdv"))
    )

    assert ours["dialect"] == {"delimiter": ",", "lineTerminator": "\r\n"}
    assert (walk_in["trueValues"], walk_in["falseValues"]) == (["true"], ["false"])
    assert states["dialect"] == {"delimiter": ";", "lineTerminator": "\n"}
    assert (rdv["trueValues"], rdv["falseValues"]) == (["t"], ["f"])


def test_a_key_of_which_a_cell_may_be_empty_is_one_in_sqlite_alone() -> None:
    package = datapackage(ALL, About("2026-11-22", "2026-11-22T23:59:59Z", 7, demo=True), SUMS, Settings())
    keys = {one["name"]: one["schema"].get("primaryKey") for one in package["resources"]}

    assert keys["fetches"] == ["hour", "provider", "kind", "outcome"]
    assert keys["lieux-de-vaccination"] == ["gid"]
    assert keys["redirects"] is None
    assert ALL["redirects"].key


def test_a_key_to_a_table_that_the_package_has_not_is_left_out() -> None:
    offers = {"offers": ALL["offers"]}
    package = datapackage(offers, About("cumul", "x", 7, demo=False), SUMS, Settings())

    assert package["resources"][0]["schema"]["primaryKey"] == ["id"]
    assert "foreignKeys" not in package["resources"][0]["schema"]


def unpack(edition: Path, to: Path) -> Path:
    """What a reader of the data package fetches. Returns where `datapackage.json` is."""
    package = json.loads((edition / "datapackage.json").read_text(encoding="utf-8"))
    for one in package["resources"]:
        (to / one["path"]).write_text(text(edition, one["path"]), encoding="utf-8", newline="")
    return Path(shutil.copy(edition / "datapackage.json", to))


@pytest.mark.parametrize(("name", "tables"), [("2026-11-29", 12), ("2026-W48", 12), ("cumul", 2), ("en-cours", 12)])
def test_frictionless_finds_nothing_to_say(a_week: Settings, tmp_path: Path, name: str, tables: int) -> None:
    report = frictionless.validate(unpack(a_week.editions_dir / name, tmp_path))

    assert report.flatten(["type", "rowNumber", "fieldName"]) == []
    assert report.valid
    assert [task.valid for task in report.tasks] == [True] * tables


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("offers", lambda rows: rows[0].update(state="maybe"), "constraint-error"),
        ("offers", lambda rows: rows[0].update(place_id="nowhere"), "foreign-key"),
        ("places", lambda rows: rows[1].update(id=""), "constraint-error"),
        ("places", lambda rows: rows.append(rows[0]), "primary-key"),
        ("redirects", lambda rows: rows[0].update({"class": "bought"}), "constraint-error"),
        ("fetches", lambda rows: rows[0].update(outcome="fine"), "constraint-error"),
    ],
)
def test_a_table_that_breaks_its_schema_is_refused(
    a_week: Settings, tmp_path: Path, table: str, change: Callable[[list[dict[str, str]]], None], said: str
) -> None:
    """The control, with the size and sum of the spoilt file put right."""
    package = unpack(a_week.editions_dir / "2026-11-29", tmp_path)
    rows = table_of(a_week.editions_dir / "2026-11-29", table)
    change(rows)
    spoilt = b"".join(as_csv(ALL[table].columns, (list(row.values()) for row in rows)))
    (tmp_path / f"{table}.csv").write_bytes(spoilt)
    content = json.loads(package.read_text(encoding="utf-8"))
    kept = [one for one in content["resources"] if one["name"] in (table, "places")]
    mine = next(one for one in kept if one["name"] == table)
    mine.update(bytes=len(spoilt), hash=f"sha256:{hashlib.sha256(spoilt).hexdigest()}")
    package.write_text(json.dumps({**content, "resources": kept}), encoding="utf-8")

    assert said in {kind for (kind,) in frictionless.validate(package).flatten(["type"])}


def test_a_file_that_was_falsified_is_refused_by_its_sum(a_week: Settings, tmp_path: Path) -> None:
    package = unpack(a_week.editions_dir / "2026-11-29", tmp_path)
    path = tmp_path / "redirects.csv"
    # One digit is another one; size and schema are as they were.
    path.write_bytes(
        re.sub(rb"counted,(\d)", lambda found: b"counted,%d" % (9 - int(found[1])), path.read_bytes(), count=1)
    )

    report = frictionless.validate(package)

    assert [task.name for task in report.tasks if not task.valid] == ["redirects"]
    assert report.flatten(["type"]) == [["hash-count"]]


def test_what_a_schema_lists_is_what_the_code_knows() -> None:
    listed = {
        (name, column.name): set(column.enum) for name, one in ALL.items() for column in one.columns if column.enum
    }

    assert listed["redirects", "class"] == set(EventClass)
    assert listed["fetches", "outcome"] == set(Outcome)
    assert len(listed) == 7
