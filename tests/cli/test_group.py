"""All commands: help, and refusals in one clear line."""

from __future__ import annotations

import ast
import subprocess
import sys

import click
import pytest

from aggregator.cli import main
from aggregator.cli.group import MODULES
from aggregator.config.settings import ROOT
from tests.commands import run

COMMANDS = main.list_commands(click.Context(main))
LINK = "https://partners.doctolib.fr/centre-de-sante/bourg/salle-inventee?pid=practice-165752&enable_cookies_consent=1"


def test_the_commands_are_those_of_the_documentation() -> None:
    assert {"collect", "probe", "import-official-list", "sandbox", "worker", "review", "quarantine", "withdraw",
            "shares", "serve", "coverage", "seal", "rotate-key", "erase", "incident", "verify",
            "witness", "doctor"} <= set(COMMANDS)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_sentence_of_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)

    assert isinstance(command, click.Command)
    assert command.help
    assert run(name, "--help").exit_code == 0


def defined(module: str) -> set[str]:
    """The commands of a module: each by the name in its decorator, or else by that of its function."""
    path = ROOT / "aggregator" / "cli" / f"{module.replace('.', '/')}.py"
    decorated = [
        (node.name, decorator)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "main.command"
    ]
    return {ast.literal_eval(one.args[0]) if one.args else name for name, one in decorated}


def test_every_command_that_a_module_defines_is_found_by_its_name() -> None:
    rooms = [path for path in (ROOT / "aggregator" / "cli").rglob("*.py") if "@main.command" in path.read_text()]
    modules = {".".join(path.relative_to(ROOT / "aggregator" / "cli").with_suffix("").parts) for path in rooms}

    assert {name: set(commands) for name, commands in MODULES.items()} == {name: defined(name) for name in modules}


LOADED = """
import sys, click
from aggregator.cli import main
main.get_command(click.Context(main), sys.argv[1])
print(*sorted({"pandas", "pyarrow", "scipy", "fpdf", "xlsxwriter", "resvg_py"} & set(sys.modules)))
"""


def loaded_by(command: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOADED, command], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout.split()


def test_a_command_loads_what_it_needs_and_nothing_of_what_others_do() -> None:
    assert loaded_by("sandbox") == []
    assert "fpdf" in loaded_by("report")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("probe", "nobody", LINK), "no such provider: nobody; there are doctolib"),
        (("collect",), "no sandbox is running"),
        (("sandbox", "--fault", "nonsense"), "no such fault: nonsense; there are"),
        (("withdraw", "p-x"), "say --reason or --restore"),
        (("withdraw", "p-x", "--reason", "closed"), "no such place: p-x"),
        (("review", "7"), "say --same or --different"),
        (("review", "7", "--same"), "no open review 7"),
        (("quarantine", "7", "--release"), "no open quarantine 7"),
        (("coverage", "--date", "2021-03-23"), "no imported list covers 2021-03-23"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_with_exit_code_2(
    folder: str, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments, AIGUILLAGE_DATA_DIR=folder)

    assert result.exit_code == 2
    assert says in result.stderr
