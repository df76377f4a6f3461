"""Hosting sheets: the same questions for all, a source for every answer, unknown where there is none."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.hosting import FIELDS, HostingError, card, load_sheets, missing
from aggregator.config.settings import Settings

FOLDER = Settings().hosting_dir


@pytest.fixture
def sheet(tmp_path: Path) -> dict[str, Any]:
    shutil.copy(FOLDER / "keldoc.json", tmp_path / "keldoc.json")
    content: dict[str, Any] = json.loads((FOLDER / "keldoc.json").read_text(encoding="utf-8"))
    return content


def refused(folder: Path, content: dict[str, Any]) -> str:
    (folder / "keldoc.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(HostingError) as error:
        load_sheets(folder)
    return str(error.value)


def test_every_provider_that_is_read_has_a_sheet() -> None:
    assert missing(load_sheets(FOLDER), Settings().campaign.providers.read) == []
    assert missing(load_sheets(FOLDER), ["nouvelle"]) == ["nouvelle"]


def test_every_sheet_answers_the_same_questions_in_the_same_order() -> None:
    for found in load_sheets(FOLDER).values():
        assert tuple(dict.fromkeys(claim.field for claim in found.claims)) == FIELDS


def test_every_known_claim_has_a_source_and_a_date() -> None:
    known = [claim for found in load_sheets(FOLDER).values() for claim in found.claims if claim.known]

    assert known
    assert all(claim.source and claim.source.title and claim.as_of for claim in known)


def test_a_value_without_a_source_is_refused(tmp_path: Path, sheet: dict[str, Any]) -> None:
    sheet["claims"][0].update(value="Quelque part", status="declared")

    assert "host: a claim has a value and a source, or neither" in refused(tmp_path, sheet)


def test_a_missing_question_is_refused(tmp_path: Path, sheet: dict[str, Any]) -> None:
    del sheet["claims"][3]

    assert "fields must be host" in refused(tmp_path, sheet)


def test_an_adjective_has_no_field(tmp_path: Path, sheet: dict[str, Any]) -> None:
    sheet["claims"][0]["colour"] = "red"

    assert "colour" in refused(tmp_path, sheet)


def test_a_reply_is_dated_and_short(tmp_path: Path, sheet: dict[str, Any]) -> None:
    sheet["claims"][0]["provider_reply"] = {"text": "x" * 181, "date": "2026-11-23"}

    assert "longer than 180" in refused(tmp_path, sheet)


def test_the_sheet_of_another_is_refused(tmp_path: Path, sheet: dict[str, Any]) -> None:
    sheet["provider"] = "maiia"

    assert "is about 'maiia'" in refused(tmp_path, sheet)


def test_a_card_says_what_holds_for_this_kind_of_appointment_only() -> None:
    """A court spoke of vaccination: it proves nothing of identity cards."""
    found = load_sheets(FOLDER)["doctolib"]

    vaccination = dict(card(found, ["host", "secnumcloud"], "vaccination", found.read_on).fields)
    identity = dict(card(found, ["host"], "identite", found.read_on).fields)

    assert vaccination["host"] is not None
    assert (vaccination["secnumcloud"], identity["host"]) == (None, None)


def test_a_sheet_that_nobody_has_read_for_a_year_is_stale() -> None:
    found = load_sheets(FOLDER)["maiia"]

    assert card(found, ["host"], "vaccination", found.read_on + timedelta(days=366)).stale is False
    assert card(found, ["host"], "vaccination", found.read_on + timedelta(days=367)).stale is True
    assert isinstance(found.read_on, date)
