"""verify.py is one file for those who take it away, and modules for those who read it: both say the same."""

from __future__ import annotations

import ast
import sys

import pytest

from verifier import build

ALLOWED = {*sys.stdlib_module_names, "cryptography"}


def test_the_file_is_made_of_the_modules() -> None:
    assert build.TARGET.read_text(encoding="utf-8") == build.built(), "run: python -m verifier.build"


def test_the_file_says_of_itself_what_the_command_says() -> None:
    text = (build.PACKAGE / "command.py").read_text(encoding="utf-8")

    assert ast.get_docstring(ast.parse(build.built())) == ast.get_docstring(ast.parse(text))


def test_nothing_but_the_standard_library_and_cryptography_is_imported() -> None:
    found = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(build.built()))
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip

    assert found <= ALLOWED


def test_every_module_is_in_the_file() -> None:
    modules = {
        path.relative_to(build.PACKAGE).with_suffix("").as_posix()
        for path in build.PACKAGE.rglob("*.py")
        if path.name not in ("__init__.py", "build.py")
    }

    assert modules == set(build.MODULES)


def test_one_name_for_two_things_is_refused() -> None:
    """In one file the second would take the place of the first, in silence."""
    two = [ast.parse("LIMIT = 1"), ast.parse("def LIMIT():\n    pass")]

    with pytest.raises(ValueError, match="LIMIT is defined in two modules"):
        build.refuse_two_things_of_one_name(two)
