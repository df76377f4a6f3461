"""The alarms that operators copy: each goes off when it must, names figures that exist, and is explained."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from aggregator.config.settings import ROOT

WATCH = ROOT / "docs" / "watch"
RULES = yaml.safe_load((WATCH / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
ALERTS = {rule["alert"]: rule for rule in RULES}
ROOM = ROOT / "aggregator" / "web" / "serving" / "watch"
# A histogram is exposed as three series.
SUFFIXES = {"aiguillage_request_seconds": ("_bucket", "_sum", "_count"), "aiguillage_requests_failed": ("_total",)}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool on this machine (Debian: prometheus)"
)


def told_by_the_code() -> set[str]:
    """Every series of `/metrics`, from the source: some appear only once there is something to say."""
    found = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(first := node.args[0], ast.Constant):
                if isinstance(node.func, ast.Attribute) and node.func.attr == "set":
                    found.add(f"aiguillage_{first.value}")
                elif isinstance(node.func, ast.Name) and node.func.id in ("Counter", "Histogram"):
                    found |= {first.value + suffix for suffix in SUFFIXES[first.value]}
    return found


def named_in(expressions: list[str]) -> set[str]:
    return set(re.findall(r"\baiguillage_\w+", " ".join(expressions)))


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WATCH / "dashboard.json").read_text(encoding="utf-8"))
    return found


def promtool(*arguments: str, folder: Path = WATCH) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_every_alarm_asks_for_figures_that_exist() -> None:
    assert named_in([rule["expr"] for rule in RULES]) - told_by_the_code() == set()
    assert named_in(["aiguillage_invented == 0"]) - told_by_the_code() == {"aiguillage_invented"}  # the control


def test_the_dashboard_shows_every_figure_and_no_other() -> None:
    shown = named_in([target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]])

    assert shown == told_by_the_code()


def test_the_panels_of_the_dashboard_have_names_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    cells = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]

    assert len({p["title"] for p in panels}) == len({p["id"] for p in panels}) == len(set(cells)) == len(panels)


@needs_promtool
def test_rules_are_what_prometheus_reads() -> None:
    done = promtool("check", "rules", "--lint-fatal", "alerts.yml")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


@needs_promtool
def test_every_dashboard_expression_is_promql(tmp_path: Path) -> None:
    expressions = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(expressions)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    done = promtool("check", "rules", "panels.yml", folder=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_an_alarm_that_is_no_promql_would_be_found(tmp_path: Path) -> None:
    """The control: a rule with its patience inside the expression."""
    text = (
        (WATCH / "alerts.yml")
        .read_text()
        .replace("(aiguillage_provider_unread) == 1", "(aiguillage_provider_unread) == 1 for 30m")
    )
    (tmp_path / "alerts.yml").write_text(text)

    assert promtool("check", "rules", "alerts.yml", folder=tmp_path).returncode != 0


@needs_promtool
def test_every_alarm_goes_off_when_it_must_and_only_then() -> None:
    done = promtool("test", "rules", "alerts.test.yml")

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("name", ALERTS)
def test_an_alarm_that_never_or_always_goes_off_would_be_found(name: str, tmp_path: Path) -> None:
    """The control of each test: the rule it is about, broken in both ways."""
    shutil.copy(WATCH / "alerts.test.yml", tmp_path)
    for broken in ("vector(1) == 0", "vector(1)"):
        rules = [{**rule, "expr": broken} if rule["alert"] == name else rule for rule in RULES]
        (tmp_path / "alerts.yml").write_text(yaml.safe_dump({"groups": [{"name": "aiguillage", "rules": rules}]}))
        done = promtool("test", "rules", "alerts.test.yml", folder=tmp_path)
        assert done.returncode != 0
        assert name in done.stdout + done.stderr


def test_every_alarm_is_explained_and_played() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = " ".join(re.findall(r"^\| ([A-Z]\w+(?:, [A-Z]\w+)*) \|", guide, re.MULTILINE))
    played = yaml.safe_load((WATCH / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]

    assert set(re.findall(r"\w+", rows)) == set(ALERTS)
    assert [test["name"] for test in played] == [
        f"{name} {how}" for name in ALERTS for how in ("goes off", "stays quiet")
    ]
