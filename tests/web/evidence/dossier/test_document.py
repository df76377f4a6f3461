"""The report of a closed week, read by another program than the one that writes it."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from aggregator.config.settings import Settings
from aggregator.opendata.editions import windows
from aggregator.web.evidence.dossier.checks import checked
from aggregator.web.evidence.dossier.document import Order, report
from aggregator.web.evidence.dossier.week import Checked, Proof
from aggregator.web.language.catalogues import LANGUAGES, SPOKEN

pytestmark = pytest.mark.xdist_group("week")
WEEK = "2026-W48"
MADE = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
Run = tuple[Sequence[Checked], Proof]


@pytest.fixture(scope="module")
def run(a_week: Settings) -> Run:
    return checked(a_week.published_dir, windows.window(WEEK))


def pages(pdf: bytes) -> list[str]:
    # Lines are broken where the paper ends, and French puts spaces of its own before signs.
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(settings: Settings, run: Run, language: str = "fr") -> str:
    return " ".join(pages(report(settings, Order(WEEK, language, MADE), run[1], run[0])))


def nation(settings: Settings) -> list[dict[str, Any]]:
    table = json.loads((settings.published_dir / "log" / "metrics" / f"{WEEK}.json").read_text(encoding="utf-8"))
    return [row for row in table["rows"] if row["stratum_type"] == "nation"]


def lines_of(rows: list[dict[str, Any]], labels: dict[str, str], mark: str, per_cent: str) -> list[str]:
    """The rows of the table of redirects as the report should print them, written out here by hand."""

    def percent(share: float) -> str:
        return f"{100 * share:.1f}".replace(".", mark) + per_cent

    between = " à " if mark == "," else " to "
    return [
        f"{labels[row['provider']]} {row['redirects']} {percent(row['share_redirects'])} "
        f"{percent(row['goodman_low'])}{between}{percent(row['goodman_high'])} "
        f"×{round(row['dr_places'], 2):g}".replace(".", mark)
        for row in rows
    ]


@pytest.mark.parametrize(("language", "mark", "per_cent"), [("fr", ",", " %"), ("en", ".", "%")])
def test_its_numbers_are_those_of_the_closed_table(
    a_week: Settings, run: Run, language: str, mark: str, per_cent: str
) -> None:
    said = text_of(a_week, run, language)

    wanted = lines_of(nation(a_week), a_week.provider_labels(), mark, per_cent)
    assert wanted
    assert [line for line in wanted if line not in said] == []


def test_the_comparison_would_see_another_number(a_week: Settings, run: Run) -> None:
    said = text_of(a_week, run)

    rows = [{**row, "redirects": row["redirects"] + 1} for row in nation(a_week)]
    assert [line for line in lines_of(rows, a_week.provider_labels(), ",", " %") if line in said] == []


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("fr", ("Les redirections suivent-elles les lieux ?", "du lundi 23 au dimanche 29 novembre 2026",
                "Le site n’a rien ajouté : 0 liste sur 120", "Ce qui ne peut pas être prouvé", "Fait le 1er décembre")),
        ("en", ("Do redirects follow places?", "Monday 23", "The site added nothing: 0 of 120 lists",
                "What cannot be proved", "Made on")),
    ],
)  # fmt: skip
def test_it_speaks_one_language_and_forgets_it_afterwards(
    a_week: Settings, run: Run, language: str, sentences: tuple[str, ...]
) -> None:
    said = text_of(a_week, run, language)

    assert [one for one in sentences if one not in said] == []
    assert SPOKEN.get() == "fr"


def test_every_page_of_a_demonstration_says_so_and_of_a_real_week_none(
    a_week: Settings, run: Run, tmp_path: Path
) -> None:
    invented = pages(report(a_week, Order(WEEK, "fr", MADE), run[1], run[0]))
    shutil.copytree(a_week.data_dir, tmp_path / "run", symlinks=True)
    real = a_week.but(data_dir=tmp_path / "run")
    table = real.published_dir / "log" / "metrics" / f"{WEEK}.json"
    table.write_text(re.sub(r'"demo":1', '"demo":0', table.read_text(encoding="utf-8")), encoding="utf-8")

    told = pages(report(real, Order(WEEK, "fr", MADE), run[1], run[0]))

    assert len(invented) >= 5
    assert all("Démonstration : données inventées" in page.replace("\u00a0", " ") for page in invented)
    assert not any(page.startswith("Aiguillage, rapport de la semaine 2026-W48 Démonstration") for page in told)


def test_it_holds_each_check_with_its_outcome_and_what_was_not_recomputed(a_week: Settings, run: Run) -> None:
    said = text_of(a_week, run)

    for one in run[0]:
        assert f"verify.py {one.command}" in said
        assert f"Code {one.code} :" in said
    assert {one.command.split(" ")[0] for one in run[0]} == {"all", "metrics", "totals"}
    assert "not recomputed: minutes_unread" in said


def test_it_holds_the_head_and_the_hash_of_the_table_that_the_log_names(a_week: Settings, run: Run) -> None:
    said = text_of(a_week, run)

    proof = run[1]
    named = next(one for one in proof.entries if one["t"] == "metrics" and one["name"] == WEEK)
    assert f"Racine, SHA-256 : {proof.root}" in said
    assert f"{len(proof.entries)} lignes" in said
    assert all(f"log/metrics/{name} {sha}" in said for name, sha in named["files"].items())


def test_a_check_that_fails_or_a_list_that_differs_suspends_the_answer(a_week: Settings, run: Run) -> None:
    fine = [Checked(one.command, one.lines, 0) for one in run[0]]
    failing = [*fine[:-1], Checked("totals --day 2026-11-23", ["WRONG: another total"], 1)]
    different = [{**one, "different": 1} if one["t"] == "replay" else one for one in run[1].entries]

    assert "Verdict suspendu" not in text_of(a_week, (fine, run[1]))
    assert "Verdict suspendu" in text_of(a_week, (failing, run[1]))
    other = Proof(different, run[1].checkpoint, run[1].vkey, run[1].root)
    said = text_of(a_week, (fine, other))
    assert "Verdict suspendu" in said
    assert "Le site s’est écarté de sa règle" in said


def test_the_same_week_gives_the_same_file_and_only_the_date_changes_it(a_week: Settings, run: Run) -> None:
    def made(at: datetime) -> bytes:
        return report(a_week, Order(WEEK, "fr", at), run[1], run[0])

    assert made(MADE) == made(MADE)
    assert made(MADE) != made(MADE.replace(minute=31))


def test_each_language_of_the_pages_has_a_report(a_week: Settings, run: Run) -> None:
    assert [code for code in LANGUAGES if WEEK not in text_of(a_week, run, code)] == []
