"""The page on the architecture is true: its packages, its floors and each file of its ways are those of the tree."""

from __future__ import annotations

import re
import tomllib

import pytest

from aggregator.config.settings import ROOT
from tests.test_documentation import missing, named_paths

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WAYS = ("a booking URL", "a slot", "a click", "a question")


def section(title: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def steps(way: str) -> list[str]:
    return re.split(r"^\d+\. ", section(f"The way of {way}"), flags=re.MULTILINE)[1:]


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a text, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def drawn(diagram: str) -> set[str]:
    """The packages of a diagram: the first line of each box whose name is code."""
    return set(re.findall(r'"([a-z/]+)<br>', diagram))


def packages() -> set[str]:
    """Every package of the code: those of `aggregator/`, those of its `web/`, and `providers`."""
    inside = {path.parent.relative_to(ROOT / "aggregator").as_posix() for path in ROOT.glob("aggregator/*/__init__.py")}
    pages = {f"web/{path.parent.name}" for path in ROOT.glob("aggregator/web/*/__init__.py")}
    return (inside - {"web"}) | pages | {"providers"}


def floors(container: str) -> list[str]:
    """The layers of a package, top down, as `pyproject.toml` states them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(one["layers"] for one in contracts if one.get("containers") == [container])
    return layers


def test_the_one_diagram_draws_every_package_and_no_other() -> None:
    (diagram,) = blocks(PAGE, "mermaid")

    assert drawn(diagram) == packages()
    assert '"web process: app.py"' in diagram


def test_every_arrow_of_the_diagram_joins_boxes_that_are_drawn() -> None:
    (diagram,) = blocks(PAGE, "mermaid")
    boxes = set(re.findall(r"^ +(\w+)[\[(]", diagram, re.MULTILINE))
    lines = [line for line in diagram.splitlines() if "-->" in line]
    joined = {name.strip() for line in lines for name in re.split(r"(?:-- [^>]+ )?-->", line)}

    assert len(lines) > 10
    assert joined <= boxes


def test_the_floors_are_those_that_the_linter_checks() -> None:
    outer, inner = blocks(section("Floors"))

    assert outer.splitlines() == floors("aggregator")
    assert inner.splitlines() == floors("aggregator.web")


@pytest.mark.parametrize("way", WAYS)
def test_every_step_of_a_way_names_files_that_exist(way: str) -> None:
    told = steps(way)

    assert len(told) >= 6
    assert [step for step in told if not named_paths(step)] == []
    assert [path for step in told for path in missing(step)] == []


def test_a_step_that_names_a_file_of_yesterday_would_be_found() -> None:
    assert missing("`aggregator/collect.py` asks; `aggregator/collect/collector.py` stores.") == {
        "aggregator/collect.py"
    }
    assert drawn('find["web/find<br>list"] old["exposure<br>weights"]') - packages() == {"exposure"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_readers_are_led_to_the_page(page: str) -> None:
    assert "](docs/architecture.md)" in (ROOT / page).read_text(encoding="utf-8")
