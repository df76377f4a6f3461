"""What an edition says of itself."""

from __future__ import annotations

from aggregator.opendata.editions.described import About, changes_text, datapackage
from tests.edition import ALL


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
    package = datapackage(ALL, About("2026-11-22", "2026-11-22T23:59:59Z", 7, demo=True))

    assert [one["name"] for one in package["resources"]] == list(ALL)
    for one in package["resources"]:
        assert [field["name"] for field in one["schema"]["fields"]] == list(ALL[one["name"]].names)
