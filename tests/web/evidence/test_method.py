"""The page of method, the document and the bench say the same figures of calibration."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from aggregator.config.settings import ROOT
from aggregator.web.evidence import method
from aggregator.web.evidence.method import CALIBRATION_PATH, CROWD_WORDS, calibration
from tests.bench.calibration import BY_RANK, CLICKS, MARKETS, PATHS, TOWNS, answer
from tests.web.test_pages import plain

FIGURES = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")


def shares_in(text: str) -> list[str]:
    """The last cell of each row, of the first table of a text."""
    return re.findall(r"(\d+[.,]\d) ?%(?=</td>| \|\n|: not)", text)


def expected() -> list[str]:
    found = calibration()
    alarms = [*found["false_alarms"].values(), found["only_cards_with_a_slot"], found["rule_of_before"]]
    return [f"{100 * share:.1f}" for share in alarms]


def numbers() -> list[int]:
    found = calibration()
    answers = [one[name] for one in found["answers"] for name in ("yes", "no")]
    return [*map(round, found["found_after_clicks"].values()), *answers]


def test_the_document_says_the_file_s_figures() -> None:
    part = FIGURES[FIGURES.index("*Calibration*") : FIGURES.index("*What it replaces.*")]

    assert shares_in(part) == expected()
    assert [n for n in numbers() if f"{n:,}" not in part] == []


@pytest.mark.parametrize(
    ("spoken", "caption", "thousands"), [("", "À quelle fréquence", "\u202f"), ("?langue=en", "How often", ",")]
)
def test_the_page_says_them_in_each_language(visitor: FlaskClient, spoken: str, caption: str, thousands: str) -> None:
    page = plain(visitor.get(f"/transparence/methode{spoken}").text)

    assert [one.replace(",", ".") for one in shares_in(page[page.index(caption) :])] == expected()
    assert [n for n in numbers() if f"<td>{n:,}</td>".replace(",", thousands) not in page] == []


def test_the_bench_plays_what_the_file_says() -> None:
    found = calibration()

    assert list(found["false_alarms"]) == list(BY_RANK) == list(CROWD_WORDS)
    assert (found["paths"], found["clicks"], found["towns"]) == (PATHS, CLICKS, TOWNS)
    assert found["answers"] == [answer(places) for places in MARKETS]


def test_another_figure_in_the_file_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    moved = json.loads(CALIBRATION_PATH.read_text(encoding="utf-8"))
    moved["false_alarms"]["log2"] += 0.01
    before = expected()
    monkeypatch.setattr(method, "calibration", lambda: moved)
    monkeypatch.setitem(globals(), "calibration", lambda: moved)

    assert expected() != before
    with pytest.raises(AssertionError):
        test_the_document_says_the_file_s_figures()
