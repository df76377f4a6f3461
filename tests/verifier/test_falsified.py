"""Each published number, falsified by whoever holds the key, is found; those that are not stand here by name."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import verify
from aggregator import canonical
from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.snapshot.format import plain
from aggregator.snapshot.supply import supply_of
from tests.clock import NOON
from tests.portal import MONDAY, Portal
from tests.verifier.falsifying import Operator, falsified, found, leaves, other, with_leaf_changed

pytestmark = pytest.mark.xdist_group("week")

WEEK = "2026-W48"
SUNDAY_NOON = NOON + timedelta(days=6)
# Maps of départements are not drawn of a week in which none has a row, as this one.
FIGURES = ("causes", "choix", "pannes", "semaines", "suivent-elles-les-lieux",
           "trois-parts")  # fmt: skip
# What is not found, and why. The tests fail when a row is found, and has to be struck out.
IN_DAY_OR_WEEK = {
    "checkpoint_size": "between the seed of the next day and the table's own entry, which round closed it is not told",
}
IN_BOTH = {
    **IN_DAY_OR_WEEK,
    "clicks_listed": "each click's list is sealed; bounded by the clicks that tell, and one for all rows",
    "clicks_telling": "each click's list is sealed; between the clicks of a platform and those with a list",
}
OF_SERVICE = {
    "minutes_unread": "how platforms answered, the portal alone has seen",
    "fetches": "how platforms answered, the portal alone has seen",
    "fetches_failed": "how platforms answered, the portal alone has seen",
    "p95_age_min": "how old a reading was when it was shown, the portal alone has seen; not below the median",
}
OF_SHARES = {
    "at": "the minute that the figures are of: another one without an event says the same",
    "missed": "a click that could not be stored is nowhere else",
    "missed_by_provider": "a click that could not be stored is nowhere else",
    "label": "a name, not a number",
}
OF_THE_RUNNING_DAY = {**OF_SHARES, "clicks": "the clicks of the running day with a list that is known are sealed"}
OF_HEADS = {
    "title": "words",
    "description": "words",
    "period": "words; `days` says it in dates",
    "unit": "words; the numbers in them are found",
}


@pytest.fixture(scope="module")
def published(a_week: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The week's published folder; the pages' figures are those of its Sunday, when they had a hundred redirects."""
    data = tmp_path_factory.mktemp("falsified") / "run"
    shutil.copytree(a_week.data_dir, data, symlinks=True)
    settings = Settings(data_dir=data)
    folder = settings.published_dir
    line = (folder / "hours" / f"{SUNDAY_NOON:%Y-%m-%dT%H}.ndjson").read_text(encoding="utf-8").splitlines()[-1]
    places, slots = (plain(folder, json.loads(line)[name]) for name in ("places", "slots"))
    (folder / "supply.json").write_bytes(canonical.to_json(supply_of(places["places"], slots["offers"])))
    with closing(Accounts(settings)) as accounts:
        accounts.shares.publish(SUNDAY_NOON + timedelta(minutes=40))
    return folder


@pytest.fixture
def operator(published: Path) -> Operator:
    return Operator(published / "log")


def columns(published: Path, name: str, part: str = "rows") -> list[str]:
    rows = json.loads((published / "log" / "metrics" / f"{name}.json").read_text(encoding="utf-8"))[part]
    return list(rows[0])


def metrics(operator: Operator, *names: str) -> str:
    log = operator.signed()
    said = (found(lambda name=name: verify.check_metrics(log, SimpleNamespace(day=name))) for name in names)
    return next((one for one in said if one), "")


def test_nothing_is_wrong_before_it_is_falsified(operator: Operator) -> None:
    """The control: tables, editions and figures that are written again as they were are found right."""
    operator.table(MONDAY, lambda rows: None)
    operator.table(WEEK, lambda rows: None)
    for table in ("metrics", "redirects", "couverture", "figures/semaines", "figures/pannes"):
        operator.edition(WEEK, table, lambda rows: None)
    log = operator.signed()
    shares, closed = (json.loads(operator.bytes_of(f"{name}.json")) for name in ("shares", "closed"))

    assert metrics(operator, MONDAY, WEEK) == ""
    assert found(lambda: verify.check_edition(log, WEEK)) == ""
    assert found(lambda: verify.check_shares(log, shares)) == ""
    assert found(lambda: verify.check_closed(log, closed)) == ""
    assert shares["step"] == 100


def test_the_operator_s_words_are_signed_as_the_portal_signs_them(operator: Operator) -> None:
    """The second control: without the new hash the change would be found for another reason."""
    operator.table(MONDAY, falsified("redirects"))
    operator.entry("metrics", MONDAY)["files"][f"{MONDAY}.csv"] = "0" * 64

    assert "hash" in metrics(operator, MONDAY)


@pytest.mark.parametrize("name", [MONDAY, WEEK])
def test_a_column_falsified_in_one_table_is_found_and_named(published: Path, name: str) -> None:
    missed = {}
    for column in columns(published, name):
        operator = Operator(published / "log")
        operator.table(name, falsified(column))
        missed[column] = metrics(operator, MONDAY, WEEK)

    assert {column for column, said in missed.items() if not said} == set(IN_DAY_OR_WEEK)
    assert len(missed) > 50
    # What is named is the number, or the one beside it that no longer fits.
    assert [column for column, said in missed.items() if said and not (MONDAY in said or WEEK in said)] == []


def test_a_column_falsified_in_every_table_of_its_numbers_is_found(published: Path) -> None:
    missed = []
    for column in columns(published, MONDAY):
        operator = Operator(published / "log")
        for name in (MONDAY, WEEK):
            operator.table(name, falsified(column, every=True))
        if not metrics(operator, MONDAY, WEEK):
            missed.append(column)

    assert set(missed) == set(IN_BOTH)


def test_a_row_of_a_territory_is_falsified_in_vain(published: Path) -> None:
    missed = []
    told = ("stratum_type", "provider", "places", "bookable", "slots", "redirects", "share_places", "share_redirects",
            "dr_slots", "ci_low", "goodman_high", "hhi_places", "impressions", "tie_clicks", "suppressed",
            "samples")  # fmt: skip
    for column in told:
        operator = Operator(published / "log")
        operator.table(WEEK, lambda rows, column=column: falsified(column)(of_a_territory(rows)))
        if not metrics(operator, WEEK):
            missed.append(column)

    assert missed == []


def of_a_territory(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The one with most redirects."""
    apart = [row for row in rows if row["stratum_type"] != "nation" and not row["suppressed"]]
    most = max(apart, key=lambda row: row["redirects"])["stratum"]
    return [row for row in apart if row["stratum"] == most]


def test_the_table_of_service_is_read(published: Path) -> None:
    missed = []
    for column in columns(published, MONDAY, "service"):
        operator = Operator(published / "log")
        operator.table(MONDAY, falsified(column), "service")
        if not metrics(operator, MONDAY):
            missed.append(column)

    assert set(missed) == set(OF_SERVICE)


@pytest.mark.parametrize(
    ("name", "check", "listed"),
    [("shares.json", verify.check_shares, OF_SHARES), ("closed.json", verify.check_closed, {})],
)
def test_each_number_that_the_pages_print_is_read(published: Path, name: str, check: Any, listed: Any) -> None:
    operator = Operator(published / "log")
    log, content = operator.signed(), json.loads(operator.bytes_of(name))
    places = list(leaves(content))

    missed = {path for path in places if not found(lambda p=path: check(log, with_leaf_changed(content, p)))}

    assert len(places) > 100
    assert {path[-1] for path in missed} == set(listed)


@pytest.mark.parametrize("table", ["metrics", "redirects", "couverture", *(f"figures/{one}" for one in FIGURES)])
def test_each_column_of_an_edition_is_read(published: Path, table: str) -> None:
    honest = Operator(published / "log")
    content = json.loads(honest.bytes_of(f"donnees/{WEEK}/{table}.json"))
    missed = set()
    for column in content["rows"][0]:
        operator = Operator(published / "log")
        operator.edition(WEEK, table, falsified(column))
        missed |= {column} if not found(lambda o=operator: verify.check_edition(o.signed(), WEEK)) else set()
    for field in set(content) - {"rows"}:
        operator = Operator(published / "log")
        operator.edition(WEEK, table, lambda rows: None, changed_head(field))
        missed |= {field} if not found(lambda o=operator: verify.check_edition(o.signed(), WEEK)) else set()

    # Of `metrics`, which is asked first, the others are asked whether they say the same.
    assert missed <= set(OF_HEADS)


def changed_head(field: str) -> Any:
    def change(content: Any) -> None:
        content[field] = [["2020-01-01", "2020-01-02"]] if isinstance(content[field], list) else other(content[field])

    return change


def test_a_number_in_the_words_of_a_figure_is_read(operator: Operator) -> None:
    def change(content: Any) -> None:
        content["unit"] = content["unit"].replace("100 redirections", "101 redirections")

    operator.edition(WEEK, "figures/trois-parts", lambda rows: None, change)

    assert "unit does not say 100" in found(lambda: verify.check_edition(operator.signed(), WEEK))


def test_what_the_portal_alone_knows_can_be_falsified_everywhere_at_once(operator: Operator) -> None:
    """The limit, said by the auditor's file itself: how much room the clicked lists gave is sealed with each click."""

    def move(rows: Any) -> None:
        nation = [row for row in rows if row["stratum_type"] == "nation"]
        for row, points in zip(nation[:2], (0.01, -0.01), strict=True):
            row["share_clicked"] += points
            row["effect_clicked_lists"] += points
            row["effect_citizen_choice"] -= points

    operator.table(MONDAY, move)
    operator.table(WEEK, move)

    assert metrics(operator, MONDAY, WEEK) == ""
    said = verify.check_metrics(operator.signed(), SimpleNamespace(day=MONDAY))
    assert any(line.startswith("not recomputed: ") and "share_clicked" in line for line in said)


def test_the_running_day_is_read_as_far_as_the_log_tells_it(portal: Portal) -> None:
    portal.visit(40, 33)
    portal.work()
    portal.clock.forward(minutes=40)
    portal.work()
    log = Operator(portal.log).signed()
    content = portal.published("shares.json")
    missed = {
        path
        for path in leaves(content)
        if not found(lambda p=path: verify.check_shares(log, with_leaf_changed(content, p)))
    }

    assert content["step"] == 33
    assert found(lambda: verify.check_shares(log, content)) == ""
    assert {path[-1] for path in missed} == set(OF_THE_RUNNING_DAY)
