"""`aggregator/cli/upkeep/past.py`: the command that makes the invented weeks (tests/demonstration makes three days)."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path

import pytest

from aggregator.cli.upkeep.past import first_monday
from aggregator.config.settings import SANDBOX_PORT
from tests.commands import run
from tests.conftest import geography


def test_a_past_begins_on_a_monday_and_ends_in_the_running_week() -> None:
    assert first_monday(date(2026, 11, 28), 13) == date(2026, 8, 24)
    assert first_monday(date(2026, 11, 23), 1) == date(2026, 11, 16)


def test_it_refuses_where_the_usual_ports_are_in_use(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    geography(tmp_path, tmp_path_factory)
    with socket.create_server(("127.0.0.1", SANDBOX_PORT), reuse_port=True):
        said = run("make-past", "--to", str(tmp_path / "past.tar.xz"), AIGUILLAGE_DATA_DIR=str(tmp_path))

    assert said.exit_code == 2
    assert "stop what listens there" in said.output
    assert not (tmp_path / "past.tar.xz").exists()
