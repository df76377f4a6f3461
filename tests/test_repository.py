"""What surrounds the code: the checks before a commit and on each push, the form of files, the forms for messages."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aggregator.config.settings import ROOT
from tests.test_citations import tracked

FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
MACHINE_WRITTEN = (
    "tests/fixtures/",
    "data/demonstration/",
    "docs/pictures/",
    "static/favicon.ico",
    "requirements.lock",
    "sbom.cdx.json",
    "LICENSE",
)

needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")


def content(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def checks_of_make() -> set[str]:
    """What `make check` does, its tests left out."""
    rule = re.search(r"^check: (.+?) ##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert rule is not None
    return {name for name in rule[1].split() if not name.startswith("test")}


def written_files() -> list[Path]:
    """Every text file that somebody wrote by hand."""
    return [ROOT / name for name in tracked() if not name.startswith(MACHINE_WRITTEN)]


def complaints(raw: bytes, tabs: bool = False) -> list[str]:
    """How a file differs from `.editorconfig`. `tabs`: it is indented with them."""
    text = raw.decode("utf-8")
    found = {
        "carriage return": "\r" in text,
        "no newline at the end": bool(text) and not text.endswith("\n"),
        "space at the end of a line": any(line != line.rstrip(" \t") for line in text.split("\n")),
        "tab": not tabs and any(line.startswith("\t") for line in text.split("\n")),
    }
    return [what for what, is_so in found.items() if is_so]


def test_hooks_before_a_commit_are_the_checks_of_make_without_its_tests() -> None:
    (repository,) = content(".pre-commit-config.yaml")["repos"]
    hooks = {hook["id"]: hook for hook in repository["hooks"]}

    assert repository["repo"] == "local"
    assert set(hooks) == checks_of_make() != set()
    assert {name: hook["entry"] for name, hook in hooks.items()} == {name: f"make --silent {name}" for name in hooks}
    assert all(hook["always_run"] and not hook["pass_filenames"] for hook in hooks.values())


def test_every_job_runs_the_one_script_and_may_only_read() -> None:
    workflow = content(".github/workflows/ci.yml")
    jobs = workflow["jobs"].values()

    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["steps"][-1] == {"run": "bash .ci/run"} for job in jobs)
    assert all(job["strategy"]["matrix"]["python"] == ["3.11", "3.12"] for job in jobs)
    assert (ROOT / ".ci" / "run").is_file()


@needs_git
def test_files_are_written_as_editorconfig_says() -> None:
    found = {path.name: complaints(path.read_bytes(), path.name == "Makefile") for path in written_files()}

    assert len(found) > 200
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("raw", [b"a\r\n", b"a", b"a \n", b"\ta\n"])
def test_a_file_written_otherwise_would_be_found(raw: bytes) -> None:
    assert len(complaints(raw)) == 1


def test_editorconfig_says_what_is_checked_and_the_linter_s_length() -> None:
    settings = configparser.ConfigParser()
    settings.read_string("[top]\n" + (ROOT / ".editorconfig").read_text(encoding="utf-8"))
    ruff = re.search(r"^line-length = (\d+)$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)

    assert ruff is not None
    assert settings["*"]["charset"] == "utf-8"
    assert settings["*"]["end_of_line"] == "lf"
    assert settings["*"]["insert_final_newline"] == settings["*"]["trim_trailing_whitespace"] == "true"
    assert settings["*"]["max_line_length"] == ruff[1]
    assert settings["Makefile"]["indent_style"] == "tab"


def test_there_is_a_form_for_each_kind_of_message() -> None:
    assert {path.stem for path in FORMS} == {"bug", "platform-not-read", "figure", "wrong-place", "lieu-faux"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_one_that_the_forge_takes(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    names = [part["id"] for part in asked]

    assert form["name"]
    assert form["description"]
    assert {part["type"] for part in form["body"]} <= {"markdown", "input", "textarea", "dropdown"}
    assert len(names) == len(set(names))
    assert all(part["attributes"]["label"] for part in asked)
    assert any(part.get("validations", {}).get("required") for part in asked)


def test_both_forms_for_a_wrong_place_ask_the_same() -> None:
    english, french = (content(f".github/ISSUE_TEMPLATE/{name}.yml")["body"] for name in ("wrong-place", "lieu-faux"))

    assert [part["type"] for part in english] == [part["type"] for part in french]
    assert [len(part["attributes"].get("options", [])) for part in english] == [
        len(part["attributes"].get("options", [])) for part in french
    ]


def test_a_change_is_asked_for_its_reason_tests_documents_changelog_and_neutrality() -> None:
    asked = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")

    assert [word for word in ("Why", "Tests", "documentation", "CHANGELOG.md", "Neutrality") if word not in asked] == []


def test_the_code_of_conduct_says_whom_to_tell() -> None:
    text = (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")

    assert "private reporting" in text
    assert "(SECURITY.md)" in text
    assert "private reporting" in " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
