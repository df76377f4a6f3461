"""The commands of a demonstration: its past, and the people in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config.settings import DEMO_LOG, Settings
from aggregator.demonstration import packing
from tests.commands import run
from tests.conftest import geography


@pytest.fixture
def data(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    geography(folder, tmp_path_factory)
    return folder


@pytest.fixture
def laid(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The data folders in which a past was laid."""
    settings: list[Settings] = []

    def lay(packed: Path, sha256: str, given: Settings, at: datetime) -> datetime:
        settings.append(given)
        (given.data_dir / packing.HEAD).write_text("{}")
        (given.data_dir / "events.db").touch()
        return datetime(2026, 11, 28, tzinfo=UTC)

    monkeypatch.setattr(packing, "lay", lay)
    return settings


def test_a_new_demonstration_begins_with_its_past_and_a_second_start_finds_it(data: Path, laid: list[Settings]) -> None:
    first = run("lay-past", AIGUILLAGE_DATA_DIR=str(data))
    second = run("lay-past", AIGUILLAGE_DATA_DIR=str(data))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output == "Treize semaines inventées, jusqu’au 2026-11-28, sont en place.\n"
    assert second.output == "La démonstration continue avec ce qu’elle a déjà.\n"
    assert [one.log_origin for one in laid] == [DEMO_LOG]


def test_the_past_can_be_left_out(data: Path, laid: list[Settings]) -> None:
    said = run("lay-past", AIGUILLAGE_DATA_DIR=str(data), AIGUILLAGE_DEMO_PAST="0")

    assert (said.exit_code, laid) == (0, [])
    assert "sans passé" in said.output


def test_a_past_that_cannot_be_laid_is_said_in_one_line_and_stops_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "SHIPPED", tmp_path / "past.tar.xz")

    said = run("lay-past", AIGUILLAGE_DATA_DIR=str(data))

    assert said.exit_code == 0
    assert said.output.count("\n") == 1
    assert said.output.startswith("La démonstration commence sans passé : past.tar.xz is missing, or has not the sum")


@pytest.mark.parametrize("command", ["lay-past", "make-past", "visitors"])
def test_nothing_of_it_runs_in_live_mode(data: Path, laid: list[Settings], command: str) -> None:
    said = run(command, AIGUILLAGE_DATA_DIR=str(data), AIGUILLAGE_PROVIDERS="live")

    assert (said.exit_code, laid) == (2, [])
    assert "only a demonstration has invented weeks and people" in said.output


@pytest.mark.parametrize("command", ["worker", "serve"])
def test_a_live_portal_refuses_a_folder_of_invented_weeks(data: Path, command: str) -> None:
    (data / packing.HEAD).write_text("{}")

    said = run(command, AIGUILLAGE_DATA_DIR=str(data), AIGUILLAGE_PROVIDERS="live")

    assert said.exit_code == 2
    assert "keys that everybody has" in said.output


def test_people_visit_no_site_of_another_machine(data: Path) -> None:
    said = run("visitors", AIGUILLAGE_DATA_DIR=str(data), AIGUILLAGE_SITE="https://rdv.example.fr")

    assert said.exit_code == 2
    assert "is not on this machine" in said.output
