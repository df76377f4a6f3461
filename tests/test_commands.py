"""Every command that a document gives is there as it is written, and is run, or stands in a table that says why not.

`tests/documented.py` finds them, and what they name that is not there. `tests/typing_place.py` is where they are run: a
shell in a folder, a copy of a week's data, and a portal that serves it. What a synopsis leaves to the reader ("LOG",
"FILE", a day) is put in there; the exit code is the one that the text promises.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
import requests

import verify
from aggregator.cli import main
from aggregator.config.settings import Settings
from tests.browser.conftest import answers, free_port
from tests.conftest import geography
from tests.documented import PAGES, bare, commands_in, in_block, program_and_words, typed, wrong_in
from tests.portal import MONDAY
from tests.test_citations import names_of_tests
from tests.typing_place import TypingPlace, beside, tools_in
from tests.waiting import wait_for

# What is not run here, by how it begins: why, or the test that runs it.
NOT_RUN = {
    "adduser": "makes a user of the machine, as root",
    "aiguillage build-gazetteer": "makes the tables of every run of the tests: tests/conftest.py, gazetteer_file",
    "aiguillage collect": "test_a_real_list_is_tried_as_the_readme_says",
    "aiguillage import-official-list": "test_a_real_list_is_tried_as_the_readme_says",
    "aiguillage make-past": "takes an hour; three days of it: test_the_verifier_finds_nothing_wrong_with_it",
    "aiguillage node": "goes on until it is stopped: test_nothing_is_lost_and_nothing_counted_twice_whatever_stops",
    "aiguillage probe": "asks a real platform; one on loopback: test_probe_prints_what_was_understood",
    "aiguillage sandbox": "test_a_real_list_is_tried_as_the_readme_says",
    "aiguillage serve": "test_a_real_list_is_tried_as_the_readme_says",
    "aiguillage witness --serve": "test_the_head_bears_what_all_three_have_signed_and_an_auditor_is_told_when",
    "aiguillage worker": "goes on until it is stopped: test_nothing_is_lost_and_nothing_counted_twice_whatever_stops",
    "git": "changes the tree that the tests are run from",
    "install": "makes a folder for a user of the machine, as root",
    "make bench": "measures for minutes, and rewrites docs/performance.md",
    "make check": "runs these very tests; `.ci/run` runs all of it on each push",
    "make layers": "of the environment that these tests run in; `.ci/run` runs it on each push",
    "make live": "asks real platforms; refused without facts: test_a_live_portal_says_who_runs_it_or_does_not_start",
    "make run": "goes on; its past: test_it_is_laid_with_thirteen_weeks_and_the_verifier_finds_nothing_wrong",
    "make scorecard": "measures for minutes, and rewrites docs/scorecard.md",
    "make setup": "makes the environment that these tests run in; `.ci/run` runs it on each push",
    "make test": "runs these very tests; `.ci/run` runs it on each push",
    "openssl ts": "test_openssl_reads_what_is_published",
    "pre-commit": "writes into .git; test_hooks_before_a_commit_are_the_checks_of_make_without_its_tests",
    "promtool test rules": "test_every_alarm_goes_off_when_it_must_and_only_then",
    "python -m tests.bench": "measures for minutes, and rewrites docs/performance.md",
    "python -m verifier.build": "rewrites verify.py; test_the_file_is_made_of_the_modules",
    "python verify.py --langue fr receipt r2.": "needs a fraud: test_after_its_deadline_it_is_proof_of_an_omission",
    "sha256sum": "test_sha256sum_checks_the_source_of_a_release",
    "systemctl": "needs systemd and its units: test_systemd_reads_every_unit_of_the_guide",
    "systemd-run": "needs systemd and a user of the machine",
}
ENDS_WITH = {"aiguillage doctor": 1}
"""The exit code that a text promises, where it is not 0: a demonstration is not fit to open."""

NAME = re.compile(r"(aiguillage|python verify\.py) [\w-]+( --[\w-]+)?")
COMMANDS = sorted({typed(command) for text in PAGES.values() for command in commands_in(text)})


@pytest.mark.parametrize("page", PAGES)
def test_commands_options_targets_modules_and_settings_of_a_document_exist(page: str) -> None:
    assert wrong_in(PAGES[page]) == []


def test_a_document_that_names_what_is_not_there_would_be_found() -> None:
    """The control."""
    made_up = """Text before a block:

    make nothing LOCKED=1
    $ python verify.py logs LOG

```ini
ExecStart=/bin/sh -c '.venv/bin/aiguillage backup --fast /srv'
```

Set `AIGUILLAGE_NONE`, then `aiguillage shares [--yaml]`, `aiguillage
shake`, `verify.py --langue fr log --until NOW LOG` and
`python -m tests.bench.nothing`; `make run` and `verify.py` are there.
"""

    assert sorted(wrong_in(made_up)) == [
        "--fast", "--until", "--yaml", "-m", "AIGUILLAGE_NONE", "logs", "nothing", "shake", "tests.bench.nothing",
    ]  # fmt: skip


def row_of(command: str) -> str | None:
    """The row of the table under which a command is not run."""
    return next((row for row in NOT_RUN if bare(command).startswith(row)), None)


def is_a_name(command: str) -> bool:
    """Whether it only names a check, a command or an option ("`verify.py log` says…"): more has to be typed."""
    program, (name, *options) = program_and_words(command)
    if not NAME.fullmatch(command):
        return False
    if program == "verify.py":
        return True  # each check is of a log
    try:
        main.get_command(click.Context(main), name).make_context(name, options)
    except click.UsageError:
        return True
    return False


RUN = [command for command in COMMANDS if row_of(command) is None and not is_a_name(command)]


def test_no_row_of_the_table_is_idle_and_the_tests_that_it_names_exist() -> None:
    named = {name for reason in NOT_RUN.values() for name in re.findall(r"\btest_\w+", reason)}

    assert {row_of(command) for command in COMMANDS} == {None, *NOT_RUN}
    assert named - names_of_tests() == set()


@pytest.fixture(scope="module")
def place(a_week: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TypingPlace]:
    with beside(a_week, tmp_path_factory.mktemp("typing")) as ready:
        yield ready


@pytest.mark.parametrize(
    "command",
    # Together the others take a minute of processor and more: each loads the whole program.
    [pytest.param(one, marks=() if one.startswith("python verify.py") else pytest.mark.long) for one in RUN],
)
def test_a_command_does_what_its_document_says(place: TypingPlace, tmp_path: Path, command: str) -> None:
    if command == "aiguillage stamp" and "AIGUILLAGE_STAMP_URL" not in place.variables:
        pytest.skip("no openssl on this machine: no authority to ask")

    done = place.type(command, tmp_path)

    assert done.returncode == ENDS_WITH.get(command, 0), done.stdout + done.stderr
    if "verify.py" in command:
        assert done.stdout.endswith("OK\n")


def test_a_command_that_fails_would_be_seen(place: TypingPlace, tmp_path: Path) -> None:
    """The control: the same shell, the same portal, another day."""
    assert place.type("python verify.py totals --day 2020-01-01 LOG", tmp_path).returncode == 2


def test_an_example_of_every_check_is_run() -> None:
    checks = {
        verify.language_of(words)[1][0] for program, words in map(program_and_words, RUN) if program == "verify.py"
    }

    assert checks == {*verify.COMMANDS}


@pytest.mark.parametrize(("page", "says"), [("docs/audit.md", "WRONG: "), ("docs/audit.fr.md", "FAUX : ")])
def test_a_bit_that_is_turned_is_told_in_the_words_of_the_guide(
    place: TypingPlace, tmp_path: Path, page: str, says: str
) -> None:
    command, sentence = re.findall(rf"^ {{4}}\$ (python .+)\n {{4}}({says}metrics/.+)$", PAGES[page], re.MULTILINE)[0]
    copied = shutil.copytree(place.settings.published_dir, tmp_path / "published")
    table = copied / "log" / "metrics" / f"{MONDAY}.csv"
    first, *rest = table.read_bytes()
    table.write_bytes(bytes([first ^ 1, *rest]))

    done = place.type(typed(command).replace("LOG", "published/log"), tmp_path)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, sentence.replace("2026-12-01", MONDAY))


@pytest.mark.long
def test_a_real_list_is_tried_as_the_readme_says(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    block = re.search(r"## Try it on a real list\n\n((?: {4}.+\n)+)", PAGES["README.md"])
    assert block
    sandbox, imports, collects, serves = in_block("", block[1])
    (tmp_path / "run").mkdir()
    geography(tmp_path / "run", tmp_path_factory)
    port = free_port()
    here = {"cwd": tmp_path, "env": tools_in(tmp_path) | {"AIGUILLAGE_PORT": str(port)}}

    with going_on(sandbox, here):
        wait_for((tmp_path / "run" / "sandbox.json").exists)
        for command in (imports, collects):
            done = subprocess.run(["bash", "-euc", command], capture_output=True, text=True, check=False, **here)
            assert done.returncode == 0, done.stdout + done.stderr
        with going_on(serves, here):
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
            shown = requests.get(f"http://127.0.0.1:{port}/recherche?q=69003", timeout=60).text

    assert "Salle des Fêtes" in shown
    assert 'action="/rdv/' in shown


@contextmanager
def going_on(command: str, here: dict[str, Any]) -> Iterator[None]:
    """Until the end of the block, when it is told to stop."""
    process = subprocess.Popen(["bash", "-euc", f"exec {command}"], start_new_session=True, **here)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
