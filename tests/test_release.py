"""One version, said alike by the package, the command, the changelog and the card for catalogues of public code."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from aggregator.cli import main
from aggregator.config.settings import ROOT
from aggregator.web.language.catalogues import FRENCH

HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (Unreleased|\d{4}-\d\d-\d\d)$", re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
# The controlled words of the standard, as far as this project could use them (https://yml.publiccode.tools).
CATEGORIES = {
    "appointment-scheduling", "online-booking", "data-visualization", "data-collection", "data-analytics",
    "digital-citizenship", "geographic-information-systems", "compliance-management",
}  # fmt: skip
SCOPES = {"healthcare", "local-authorities", "society", "welfare", "science-and-technology"}


def version() -> str:
    """The version in `pyproject.toml`, the one place where it is written for the code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def card() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    return content


def test_the_command_says_the_version_of_the_package() -> None:
    said = CliRunner().invoke(main, ["--version"])

    assert said.output == f"aiguillage, version {version()}\n", "run `make setup-dev` after a change of version"


def test_no_code_holds_a_version_of_its_own() -> None:
    code = [ROOT / "app.py", *(ROOT / "aggregator").rglob("*.py"), *(ROOT / "providers").rglob("*.py")]

    assert [path.name for path in code if f'"{version()}"' in path.read_text(encoding="utf-8")] == []


def test_the_changelog_begins_with_the_version_in_progress() -> None:
    headings = HEADING.findall(changelog())

    assert headings[0][0] == version()
    assert len(headings) == changelog().count("\n## ")
    assert "Unreleased" not in [state for _, state in headings[1:]]


def test_releases_stand_newest_first_and_use_the_kinds_of_keep_a_changelog() -> None:
    numbers = [tuple(map(int, number.split("."))) for number, _ in HEADING.findall(changelog())]
    dates = [state for _, state in HEADING.findall(changelog()) if state != "Unreleased"]
    kinds = re.findall(r"^### (.+)$", changelog(), re.MULTILINE)

    assert numbers == sorted(set(numbers), reverse=True)
    assert dates == sorted(dates, reverse=True)
    assert set(kinds) <= KINDS


def test_the_card_says_the_version_and_the_day_of_its_release() -> None:
    number, state = HEADING.findall(changelog())[0]
    released = None if state == "Unreleased" else date.fromisoformat(state)

    assert card()["softwareVersion"] == number
    assert card().get("releaseDate") == released


def test_the_card_names_the_languages_that_have_a_catalogue() -> None:
    catalogues = {path.stem for path in (ROOT / "data" / "translations").glob("*.po")}

    assert set(card()["localisation"]["availableLanguages"]) == {FRENCH, *catalogues}
    assert card()["localisation"]["localisationReady"] is True


def test_the_card_has_what_the_standard_requires() -> None:
    found = card()

    assert {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "description",
            "legal", "maintenance", "localisation"} <= set(found)  # fmt: skip
    assert set(found["categories"]) <= CATEGORIES
    assert set(found["intendedAudience"]["scope"]) <= SCOPES
    assert all(country.isupper() for country in found["intendedAudience"]["countries"])
    assert found["maintenance"]["contacts"][0]["name"]
    assert (ROOT / found["logo"]).is_file()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_card_describes_the_software_at_the_length_that_catalogues_take(language: str) -> None:
    said = card()["description"][language]

    assert len(said["shortDescription"]) <= 150
    assert 150 <= len(said["longDescription"]) <= 10_000
    assert len(said["features"]) >= 5


def test_the_licence_is_the_same_in_package_card_and_readme() -> None:
    licence = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"]["text"]

    assert card()["legal"]["license"] == licence
    assert licence in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in Path(ROOT / "LICENSE").read_text(encoding="utf-8")
