"""All commands: help, and refusals in one clear line."""

from __future__ import annotations

import click
import pytest

from aggregator.cli import main
from tests.commands import run

COMMANDS = sorted(main.commands)
LINK = "https://partners.doctolib.fr/centre-de-sante/bourg/salle-inventee?pid=practice-165752&enable_cookies_consent=1"


def test_the_commands_are_those_of_the_documentation() -> None:
    assert {"collect", "probe", "import-official-list", "sandbox", "worker", "review", "quarantine", "withdraw",
            "shares", "serve", "coverage", "seal", "rotate-key", "erase", "incident", "verify",
            "witness", "doctor"} <= set(COMMANDS)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_sentence_of_help(name: str) -> None:
    command = main.commands[name]

    assert isinstance(command, click.Command)
    assert command.help
    assert run(name, "--help").exit_code == 0


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
