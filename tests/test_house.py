"""What can rot gets a guard: names in their rooms, short files, every route and setting and provider listed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from aggregator.config import campaign as campaigns
from aggregator.config.settings import ROOT
from providers import PROVIDERS
from tests.test_citations import tracked

CODE = sorted([ROOT / "app.py", *(ROOT / "aggregator").rglob("*.py"), *(ROOT / "providers").rglob("*.py")])
AUDITORS = sorted((ROOT / "verifier").rglob("*.py"))
NAMES = (*PROVIDERS, "mapharma", "avecmondoc")
MAX_LINES, MAX_FUNCTION_LINES, MAX_ARGUMENTS, MAX_MODULES = 300, 40, 6, 9
MAX_TEMPLATE_LINE = 160
WEIGHTY = 60
# Modules of more than that many lines without a test file of their name: where they are tested instead.
TESTED_ELSEWHERE = {
    "aggregator/web/*": "tests/web, page by page",
    "aggregator/cli/deciding.py": "tests/cli/test_group.py (refusals) and the stores; owed a file",
    "aggregator/collect/placement.py": "tests/collect/test_matching.py and test_official_list.py; owed a file",
    "aggregator/collect/readings.py": "tests/collect/test_collector.py",
    "aggregator/statistics/decomposition.py": "tests/fairness/test_measures.py",
    "aggregator/fairness/metrics.py": "tests/fairness/test_closed_days.py, by the auditor's own program; owed a file",
    "aggregator/opendata/charts.py": "tests/opendata/test_figures.py; owed a file",
    "aggregator/opendata/drawing.py": "tests/opendata/test_figures.py",
    "aggregator/redirect/events.py": "tests/redirect/test_event_log.py",
    "aggregator/worker/node.py": "tests/worker/test_machines.py; owed a file",
    "providers/ask.py": "tests/providers/test_base.py",
    "providers/reading.py": "tests/providers/test_base.py",
    "providers/sandbox/[dkmo]*.py": "tests/providers/sandbox/test_platforms.py, against the recorded answers",
    "providers/wire/*": "shapes alone: the test file of each adapter reads them",
}
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())


def module(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(module(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def names_a_provider(text: str) -> list[str]:
    return [name for name in NAMES if name in text.lower()]


def test_no_provider_is_named_outside_its_room() -> None:
    outside = [path for path in (*CODE, *AUDITORS) if "providers" not in path.relative_to(ROOT).parts]
    outside += TEMPLATES + sorted((ROOT / "static").iterdir())

    texts = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in outside}  # an icon is no text
    named = {name: found for name, text in texts.items() if (found := names_a_provider(text))}

    assert named == {}


def test_the_guard_against_names_would_see_one() -> None:
    assert names_a_provider('if slug == "Doctolib": rank = 0') == ["doctolib"]


def test_the_order_can_see_no_provider() -> None:
    """N1: the ranking record has no provider field, and the module imports nothing that knows one."""
    tree = module(ROOT / "aggregator" / "search" / "order.py")
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    words |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}

    assert not words & {"provider", "provider_id", "slug", "url", "host", "label", "offer", "offers"}
    assert imports(ROOT / "aggregator" / "search" / "order.py") <= {
        "__future__", "hashlib", "hmac", "collections", "dataclasses", "datetime", "enum",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("flask", {"app.py", "web", "tour.py"}),
        ("requests", {"http.py", "visitors.py"}),
        ("sqlite3", {"database", "redirect", "sqlite_file.py", "shipping.py"}),
        ("psycopg", {"database"}),
        ("sqlite_utils", {"sqlite_file.py"}),
        ("pandas", {"binary_formats.py"}),
        ("apscheduler", {"schedule.py"}),
        ("click", {"cli"}),
    ],
)
def test_a_library_stays_in_its_room(library: str, rooms: set[str]) -> None:
    users = [path for path in CODE if library in imports(path)]

    assert [path.name for path in users if not rooms & set(path.relative_to(ROOT).parts)] == []


def test_sql_is_written_where_data_is_kept_and_nowhere_else() -> None:
    marks = ("SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE")
    writers = {
        path.relative_to(ROOT).parts[1]
        for path in CODE
        for node in ast.walk(module(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(marks)
    }

    assert writers == {"database", "store", "redirect", "fairness", "ledger", "opendata", "worker"}


def test_the_environment_is_read_in_one_place() -> None:
    readers = [path.name for path in CODE if "os.environ" in path.read_text(encoding="utf-8")]

    assert readers == ["settings.py"]


def test_the_web_process_holds_neither_pandas_nor_shapely_nor_the_store() -> None:
    script = (
        "import sys, app; "
        "print(sorted({'pandas', 'shapely', 'sqlite_utils', 'psycopg', 'aggregator.store', 'aggregator.cli'} "
        "& set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "[]"


def test_every_provider_has_its_file_and_its_section() -> None:
    others = {
        "__init__", "ask", "base", "booking_url", "breaker", "deadline", "errors", "exchange", "http", "link_wraps",
        "list_cells", "list_file", "list_links",
        "official_list", "phone", "reading", "records", "shapes", "strict_json", "text",
    }  # fmt: skip
    files = {path.stem for path in (ROOT / "providers").glob("*.py")} - others
    sections = tomllib.loads((ROOT / "data" / "providers.toml").read_text(encoding="utf-8"))

    assert files == set(PROVIDERS)
    assert set(sections) - {"defaults"} == set(PROVIDERS)
    assert list(PROVIDERS) == sorted(PROVIDERS)
    for slug, kind in PROVIDERS.items():
        assert set(kind.origin_names) == set(sections[slug]["origins"])
        assert len(sections[slug]["label"]) <= 14


def test_every_campaign_loads_and_reads_known_providers() -> None:
    names = campaigns.names_in(ROOT / "data" / "campaigns")

    assert "covid-2021" in names
    for name in names:
        campaign = campaigns.load_campaign(ROOT / "data" / "campaigns" / f"{name}.toml")

        assert campaign.id == name
        assert set(campaign.providers.read) <= set(PROVIDERS)


def test_every_setting_is_in_the_readme() -> None:
    source = (ROOT / "aggregator" / "config" / "settings.py").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"AIGUILLAGE_[A-Z_]+[A-Z]", source))

    assert len(named) > 8
    assert {name for name in named if name not in readme} == set()


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_files_and_functions_stay_short() -> None:
    long_files = {
        path.name: n
        for path in (*CODE, *AUDITORS)
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    long_functions = {
        f"{path.name}:{node.name}": length
        for path in (*CODE, *AUDITORS)
        if path.name != "schema.py"  # one statement
        for node in ast.walk(module(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }

    assert long_functions == {}
    assert long_files == {}


def test_functions_take_few_arguments() -> None:
    crowded = [
        f"{path.name}:{node.name}"
        for path in CODE
        for node in ast.walk(module(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not OPTIONS & decorators(node)
        if len([one for one in (*node.args.args, *node.args.kwonlyargs) if one.arg not in ("self", "cls")])
        > MAX_ARGUMENTS
    ]

    assert crowded == []


OPTIONS = {"option", "argument"}
"""A command takes as many arguments as it has options."""


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    calls = [one.func for one in node.decorator_list if isinstance(one, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute)}


def test_no_room_holds_more_modules_than_one_can_keep_in_mind() -> None:
    rooms = [path.parent for top in ("aggregator", "verifier") for path in (ROOT / top).rglob("__init__.py")]
    crowded = {
        room.name: n
        for room in rooms
        if (n := len([path for path in room.glob("*.py") if path.stem not in ("__init__", "build")])) > MAX_MODULES
    }

    assert len(rooms) > 15
    assert crowded == {}


def mirror_of(code: Path) -> Path:
    """Tests mirror the house: "aggregator/country/towns.py" -> "tests/country/test_towns.py"."""
    parts = code.relative_to(ROOT).parts
    rooms = parts[1:-1] if parts[0] == "aggregator" else parts[:-1]
    return ROOT.joinpath("tests", *rooms, f"test_{code.name}")


def weighty_without_tests(modules: list[Path]) -> list[str]:
    """Modules of more than `WEIGHTY` lines that have no test file of their name."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in modules
        if lines_of(path) > WEIGHTY and not mirror_of(path).exists()
    ]


def test_every_module_of_weight_has_a_test_file_of_its_name() -> None:
    modules = [path for path in CODE if path.name not in ("__init__.py", "app.py")]
    without = weighty_without_tests(modules)

    assert [name for name in without if not any(fnmatch(name, one) for one in TESTED_ELSEWHERE)] == []
    # A row is struck out when its module has got its file.
    assert [one for one in TESTED_ELSEWHERE if not any(fnmatch(name, one) for name in without)] == []


def test_a_module_of_weight_without_a_test_file_would_be_seen() -> None:
    """The control."""
    towns = ROOT / "aggregator" / "country" / "towns.py"

    assert mirror_of(towns) == ROOT / "tests" / "country" / "test_towns.py"
    assert mirror_of(ROOT / "providers" / "sandbox" / "world.py").parent.name == "sandbox"
    assert weighty_without_tests([Path(__file__)]) == ["tests/test_house.py"]


def long_lines(template: str) -> list[int]:
    return [number for number, line in enumerate(template.splitlines(), 1) if len(line) > MAX_TEMPLATE_LINE]


def test_lines_of_templates_stay_short() -> None:
    """A line that says more is a macro, or a sentence over several lines: `trans trimmed`."""
    found = {path.name: lines for path in TEMPLATES if (lines := long_lines(path.read_text(encoding="utf-8")))}

    assert len(TEMPLATES) > 30
    assert found == {}


def test_a_long_line_of_a_template_would_be_seen() -> None:
    assert long_lines("<p>\n" + "é" * 160 + "\n" + "é" * 161) == [3]


def test_nothing_of_the_project_names_a_place_on_a_machine() -> None:
    """Fixtures are left out, and this file, which has to name them."""
    texts = {
        name: (ROOT / name).read_bytes()
        for name in tracked()
        if not name.startswith("tests/fixtures/") and name != "tests/test_house.py"
    }

    assert len(texts) > 300
    assert [name for name, text in texts.items() if b"/work/" in text or b"/root/" in text] == []


def test_a_property_that_does_not_hold_would_be_found() -> None:
    """The control of all generated cases: a careless neutraliser is found within a few."""

    @hypothesis.seed(1)
    @hypothesis.given(st.text("=+-@ab", max_size=12))
    def never_a_formula(text: str) -> None:
        assert not text.replace("=", "'=", 1).startswith(("+", "-", "@"))

    with pytest.raises(AssertionError):
        never_a_formula()


def test_every_pin_is_locked_by_its_hash_and_in_the_bill_of_materials() -> None:
    pinned, lock = (ROOT / "requirements.txt").read_text(), (ROOT / "requirements.lock").read_text()
    bill = json.loads((ROOT / "sbom.cdx.json").read_text())["components"]
    pins = set(re.findall(r"^[\w.-]+==[\w.]+", pinned, re.MULTILINE))
    locked = set(re.findall(r"^([\w.-]+==[\w.]+) \\\n    --hash=sha256:", lock, re.MULTILINE))
    listed = {f"{one['name']}=={one['version']}" for one in bill}

    assert pins <= locked
    assert locked == listed


# The tests that are about the recordings themselves, and what says the same in a clone that has none. All others that
# need recordings run on our own answers too (`tests/answers.py`): their twin has "ours" for "recorded" in its name.
TWINS = {
    "tests/providers/sandbox/test_platforms.py::test_answers_written_here_have_the_fields_and_types_of_recorded_ones": (
        "tests/providers/sandbox/test_platforms.py::test_simulated_answers_have_the_fields_and_types_of_known_ones[ours]"
    ),
    "tests/providers/test_answers.py::test_whatever_was_recorded_is_written_anew_as_well": (
        "tests/providers/test_answers.py::test_every_scenario_is_played_in_the_tests_of_its_platform[ours]"
    ),
    "tests/providers/test_strict_json.py::test_a_recording_that_its_scrubbing_broke_is_refused_as_it_is": (
        "tests/providers/test_strict_json.py::test_a_backslash_that_escapes_nothing_is_refused"
    ),
}
LIST_TESTS = """
import pytest, sys
class Names:
    def pytest_collection_finish(self, session):
        for item in session.items:
            print("=", "recorded" if item.get_closest_marker("recorded") else "free", item.nodeid)
pytest.main(["--collect-only", "-qq", "-n0", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[Names()])
"""


def without_twin(recorded: set[str], free: set[str]) -> set[str]:
    return {name for name in recorded if TWINS.get(name, re.sub(r"\brecorded\b(?=[^[]*]$)", "ours", name)) not in free}


def test_what_is_tested_on_recordings_is_tested_without_them_too() -> None:
    """A clone without recordings skips the one and runs its twin."""
    files = [
        path for path in sorted((ROOT / "tests").rglob("test_*.py")) if re.search("answers|recorded", path.read_text())
    ]
    command = [sys.executable, "-c", LIST_TESTS, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    found = re.findall(r"^= (recorded|free) (.+)$", done.stdout, re.MULTILINE)
    recorded, free = ({name for kind, name in found if kind == wanted} for wanted in ("recorded", "free"))

    assert set(TWINS) <= recorded
    assert len(recorded) >= 50
    assert without_twin(recorded, free) == set()


def test_a_test_on_recordings_alone_would_be_seen() -> None:
    free = {"tests/test_a.py::test_b[ours-7]"}

    assert without_twin({"tests/test_a.py::test_b[recorded-7]"}, free) == set()
    assert without_twin({"tests/test_a.py::test_c", "tests/test_a.py::test_recorded[7]"}, free) == {
        "tests/test_a.py::test_c",
        "tests/test_a.py::test_recorded[7]",
    }
