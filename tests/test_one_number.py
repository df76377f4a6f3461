"""One question, one number: the redirects of a closed week, asked of everybody who tells them.

The week of `tests/week.py`: known clicks, closed by a clock that the test moves, with nights that its worker missed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import closing
from datetime import date, timedelta

import pandas as pd
import pytest

import verify
from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.opendata.edition import unpacked
from app import create_app
from tests.clock import NOON
from tests.commands import run
from tests.edition import text
from tests.portal import Portal
from tests.web.test_pages import plain

WEEK, MONDAY, SUNDAY = "2026-W48", "2026-11-23", "2026-11-29"
Numbers = dict[str, int]
pytestmark = pytest.mark.xdist_group("week")


def national(rows: list[dict[str, str]]) -> Numbers:
    return {
        row["provider"]: int(float(row["redirects"]))
        for row in rows
        if row["stratum_type"] == "nation" and row["window_start"] == MONDAY and row["window_end"] == SUNDAY
    }


@pytest.fixture(scope="module")
def known(a_week: Settings) -> Numbers:
    """Counted from the events themselves; a platform that nobody chose has none, and is told so."""
    with closing(Accounts(a_week)) as accounts:
        events = accounts.reader.class_totals(0, 10**9)["counted"]
    assert sum(events.values()) == 100
    return {**dict.fromkeys(a_week.provider_labels(), 0), **events}


def test_the_log_s_table_says_it(a_week: Settings, known: Numbers) -> None:
    path = a_week.published_dir / "log" / "metrics" / f"{WEEK}.csv"

    assert national(list(csv.DictReader(path.open(newline="", encoding="utf-8")))) == known


def test_the_command_says_it(a_week: Settings, known: Numbers) -> None:
    told = run("shares", "--from", MONDAY, "--to", SUNDAY, "--json", AIGUILLAGE_DATA_DIR=str(a_week.data_dir))

    rows = json.loads(told.output)["providers"]
    assert {row["slug"]: row["redirects"] for row in rows} == known


def test_the_week_s_edition_says_it_in_csv_and_in_parquet(a_week: Settings, known: Numbers) -> None:
    folder = a_week.editions_dir / WEEK
    rows = list(csv.DictReader(io.StringIO(text(folder, "metrics.csv"), newline="")))
    with unpacked(folder / "metrics.parquet") as file:
        frame = pd.read_parquet(io.BytesIO(file.read()))
    whole = frame[(frame.stratum_type == "nation") & (frame.window_start.astype(str) == MONDAY)]
    whole = whole[whole.window_end.astype(str) == SUNDAY]

    assert national(rows) == known
    assert {row.provider: int(row.redirects) for row in whole.itertuples()} == known


def test_the_chart_s_own_table_says_it(a_week: Settings, known: Numbers) -> None:
    rows = list(csv.DictReader(io.StringIO(text(a_week.editions_dir / WEEK, "figures/semaines.csv"), newline="")))

    assert {row["provider"]: int(row["redirects"]) for row in rows if row["week"] == WEEK} == known


def test_the_page_says_it(a_week: Settings, known: Numbers) -> None:
    app = create_app(a_week, lambda: NOON + timedelta(days=7))
    site = app.extensions["aiguillage"]
    page = plain(app.test_client().get("/transparence").text)
    site.close()
    head = page[page.index("Part des redirections par semaine") :]
    columns = re.findall(r'<th scope="col">([^<]+)</th>', head[: head.index("</thead>")])[1:-1]
    row = head[head.index(f'<th scope="row">{WEEK}</th>') :]
    cells = re.findall(r"<td>\s*([0-9\u202f]+) ·", row[: row.index("</tr>")])

    found = {label: int(cell.replace("\u202f", "")) for label, cell in zip(columns, cells, strict=True)}
    assert found == {site.label(slug): n for slug, n in known.items()}


def test_the_auditor_s_file_agrees(a_week: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(a_week.published_dir / "log")

    assert verify.main(["metrics", "--day", WEEK, log]) == 0
    days = [(date.fromisoformat(MONDAY) + timedelta(days=ahead)).isoformat() for ahead in range(7)]
    assert [verify.main(["metrics", "--day", day, log]) for day in days] == [0] * 7


def test_a_number_that_somebody_tells_otherwise_would_be_seen(known: Numbers) -> None:
    """The control: the same table with one click moved from one platform to another."""
    first, second, *_ = sorted(known, key=lambda slug: -known[slug])
    moved = {**known, first: known[first] - 1, second: known[second] + 1}
    rows = [
        {
            "provider": slug, "redirects": str(n), "stratum_type": "nation", "window_start": MONDAY,
            "window_end": SUNDAY,
        }
        for slug, n in moved.items()
    ]  # fmt: skip

    assert national(rows) != known


def test_of_the_running_window_page_api_and_metrics_say_what_was_counted(day_over: Portal) -> None:
    """The last seven days up to now: thirty-three people were sent on, all of them yesterday."""
    client = day_over.app.test_client()
    rows = client.get("/api/v1/shares?format=json").get_json()["shares"]
    page = plain(client.get("/transparence").text)
    counted = day_over.published("shares.json")
    chart = page[page.index("suivent-elles les lieux") :]

    assert {row["slug"]: row["redirects"] for row in rows if row["redirects"]} == class_totals(day_over)
    assert counted["total"] == counted["step"] == sum(class_totals(day_over).values()) == 33
    assert "aiguillage_redirects_counted 33.0" in client.get("/metrics").text
    assert re.search(r"\b33 redirections", chart)


def class_totals(portal: Portal) -> Numbers:
    with closing(Accounts(portal.settings)) as accounts:
        return accounts.reader.class_totals(0, 10**9)["counted"]
