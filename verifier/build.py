"""Writes verify.py: the modules of this package, one after the other, in one file that an auditor can take away.

    python -m verifier.build

Their imports of each other go; those of other libraries come first, once. A test compares the file with the modules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent
TARGET = PACKAGE.parent / "verify.py"
# From what knows least to what knows most.
MODULES = (
    "source", "tree", "outside/stamps", "outside/beacon", "log", "outside/policy", "events", "receipts", "order",
    "outside/ids", "outside/saved_page", "page",
    "counts/measures", "counts/supply", "counts/shown", "counts/derived",
    "figures/tables", "figures/days", "figures/weeks", "figures/metrics",
    "figures/drawn", "figures/editions", "figures/choice", "figures/pages", "figures/closed",
    "whole/gaps", "whole/everything", "whole/copying",
    "words/of_the_log", "words/of_events", "words/of_lists", "words/of_figures", "words/of_use", "words/french",
    "command",
)  # fmt: skip
HEAD = "#!/usr/bin/env python3\n"


def built() -> str:
    """The text of verify.py. Raises ValueError when two modules give one name to two things."""
    texts = [(PACKAGE / f"{name}.py").read_text(encoding="utf-8") for name in MODULES]
    trees = [ast.parse(text) for text in texts]
    refuse_two_things_of_one_name(trees)
    # What the command says of itself is what the file says of itself.
    introduction = f'{HEAD}"""{ast.get_docstring(trees[-1], clean=False)}"""'
    sections = [section(text, tree) for text, tree in zip(texts[:-1], trees, strict=False)]
    head = "\n\n".join([introduction, "from __future__ import annotations", imports(trees)])
    return head + "\n\n" + "\n\n\n".join([*sections, body(texts[-1], trees[-1])]) + "\n"


def refuse_two_things_of_one_name(trees: list[ast.Module]) -> None:
    seen: set[str] = set()
    for name in (name for tree in trees for name in names(tree)):
        if name in seen:
            raise ValueError(f"{name} is defined in two modules of {PACKAGE.name}")
        seen.add(name)


def names(tree: ast.Module) -> Iterator[str]:
    """What a module defines."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def imports(trees: list[ast.Module]) -> str:
    """Of the standard library, in the order that a linter asks for; names of one module together."""
    plain, some = set(), {}
    for node in (node for tree in trees for node in tree.body):
        if isinstance(node, ast.Import):
            plain.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module not in (None, "__future__"):
            some.setdefault(node.module, set()).update(one.name for one in node.names)
    of_others = {module for module in some if module.split(".")[0] != PACKAGE.name}
    lines = [f"import {name}" for name in sorted(plain)]
    return "\n".join(lines + [f"from {one} import {', '.join(sorted(some[one]))}" for one in sorted(of_others)])


def section(text: str, tree: ast.Module) -> str:
    """A module under its first line; two empty lines before a definition, as everywhere."""
    inside = body(text, tree)
    return f"# --- {ast.get_docstring(tree)}\n\n" + ("\n" if inside.startswith(("def ", "class ")) else "") + inside


def body(text: str, tree: ast.Module) -> str:
    """What stands after the imports, comments before the first definition included."""
    last = max(node.end_lineno or 0 for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))
    return "\n".join(text.split("\n")[last:]).strip("\n")


if __name__ == "__main__":
    TARGET.write_text(built(), encoding="utf-8")
