"""The commands that the documents give people to type, read from their blocks of code and from words in backticks; and
what they name that is not there: commands, options, targets, modules, settings.
"""

from __future__ import annotations

import importlib.util
import re

import click

import verify
from aggregator.cli import main
from aggregator.config.settings import ROOT
from tests.test_citations import tracked

# The history tells of commands that are no more; the recipes are run whole, by tests/test_recipes.py.
NOT_READ = ("CHANGELOG.md", "docs/recipes.md")
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in tracked()
    if name.endswith(".md") and name not in NOT_READ
}

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```\n", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?<=\n\n)(?: {4,}.*\n)+")
BACKTICKS = re.compile(r"`([^`]+)`")
SHELLS = ("sh", "shell", "bash", "console")
PROGRAMS = (
    "adduser", "aiguillage", "apt-get", "curl", "datasette", "git", "install", "make", "openssl", "pre-commit",
    "promtool", "pybabel", "python", "python3", "sha256sum", "systemctl", "systemd-run", "verify.py",
)  # fmt: skip
SAME = {
    "LOG": r"JOURNAL|https://PORTAL/log|URL$",
    "KEY": "CLÉ",
    "OLD": "ANCIENNE|KEPT",
    "FILE": "FICHIER",
    "FOLDER": "DOSSIER",
    "TEXT": "TEXTE",
    "your.domain": r"(?<=--name )(its\.domain|votre\.domaine|domain)",
    "python verify.py": r"((\.venv/bin/)?python3? )?verify\.py",
    "aiguillage": r"\.venv/bin/aiguillage",
}
"""What several documents say in different words is run once."""
VARIABLE = re.compile(r"\bAIGUILLAGE_[A-Z_]*[A-Z]")
COMMAND = re.compile(rf"([A-Z_]+=\S+ )*(\.venv/bin/)?({'|'.join(map(re.escape, PROGRAMS))}) \S")


def commands_in(text: str) -> list[str]:
    """Each on one line, as it is written, in no particular order.

    Every line of a shell's block is one, and every `Exec…=` of a systemd unit; what stands elsewhere (an indented
    block, a block of no language, words in backticks) is one if it begins with one of `PROGRAMS` and goes on.
    """
    text += "\n"
    found = [command for language, code in FENCED.findall(text) for command in in_block(language, code)]
    text = FENCED.sub("\n", text)
    found += [command for code in INDENTED.findall(text) for command in in_block("", code)]
    words = [" ".join(one.split()) for one in BACKTICKS.findall(INDENTED.sub("\n", text))]
    return found + [one for one in words if COMMAND.match(one)]


def in_block(language: str, code: str) -> list[str]:
    if language == "ini":
        lines = [in_unit(line) for line in re.findall(r"^Exec\w*=(.+)$", code, re.MULTILINE)]
    else:
        lines = re.sub(r"\\\n *", "", code).split("\n")
    bare = [re.sub(r"^ *(\$ )?|( +&)?( +# .*)?$", "", line) for line in lines]
    parts = [part for line in bare for part in line.split(" && ") if part]
    return parts if language in (*SHELLS, "ini") else [part for part in parts if COMMAND.match(part)]


def in_unit(line: str) -> str:
    """What a unit starts, as it would be typed in the folder of the portal."""
    typed = re.sub(r"^/bin/sh -c '(.*)'$", r"\1", line).replace("%%", "%")
    return typed.removeprefix("/srv/aiguillage/portal/")


def typed(command: str) -> str:
    """The command of a synopsis, with all options that it offers and the first of its alternatives; words of `SAME`."""
    whole = re.sub(r"[\[\]]", "", command)
    whole = re.sub(r"(?<=[\w-])(\|[\w-]+)+", "", whole)
    for ours, theirs in SAME.items():
        whole = re.sub(rf"(?<![\w./-])({theirs})(?!\w)", ours, whole)
    return whole


def bare(command: str) -> str:
    """Without the settings and the folder before it."""
    return re.sub(r"^([A-Z_]+=\S+ )*(\.venv/bin/)?", "", command)


def program_and_words(command: str) -> tuple[str, list[str]]:
    """("verify.py", what it is told) whoever starts it; else the program and its words."""
    words = re.sub(r"^python (?=verify\.py )", "", bare(command)).split(" ")
    return ("verify.py", words[2:]) if words[:2] == ["aiguillage", "verify"] else (words[0], words[1:])


def wrong_in(text: str) -> list[str]:
    """What the commands of a document name that is not there."""
    source = "".join(
        (ROOT / "aggregator" / "config" / f"{name}.py").read_text() for name in ("settings", "environment")
    )
    read = {*VARIABLE.findall(source)}
    wrong = [name for name in VARIABLE.findall(text) if name not in read]
    for command in map(typed, commands_in(text)):
        program, words = program_and_words(command)
        wrong += LOOKS[program](words) if program in LOOKS else []
    return wrong


def wrong_for_click(words: list[str]) -> list[str]:
    command = main.get_command(click.Context(main), words[0])
    if command is None:
        return words[:1]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return [word for word in words if word.startswith("-") and word not in known]


def wrong_for_argparse(words: list[str]) -> list[str]:
    check, *rest = verify.language_of(words)[1]
    if check not in verify.COMMANDS:
        return [check]
    known = {name for names, _ in verify.options_of(check) for name in names}
    return [word for word in rest if word.startswith("-") and word not in known]


def wrong_for_make(words: list[str]) -> list[str]:
    targets = re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return [word for word in words if "=" not in word and word not in targets]


def wrong_module(words: list[str]) -> list[str]:
    """`python -m`; a module in capitals, or a last part in capitals, is whichever the reader chooses."""
    module = re.sub(r"\.[A-Z]+$", "", words[1])
    try:
        return [] if words[0] == "-m" and importlib.util.find_spec(module) else words
    except ModuleNotFoundError:
        return words


LOOKS = {"aiguillage": wrong_for_click, "verify.py": wrong_for_argparse, "make": wrong_for_make, "python": wrong_module}
