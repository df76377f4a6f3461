"""What code and documents cite stands in the repository: sections, faults, decisions, files, tests.

A § after the name of a document of docs/ is one of its headings; one that stands alone belongs to the first document
that its file names, or to the document itself. P15, S2, W3 and L8 are rows of docs/faults.md, N2 is one of
docs/ranking.md.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT

TEXTS = (".py", ".md", ".html", ".xml", ".css", ".js", ".toml", "")
NOT_OURS = (
    "tests/fixtures/",
    "data/translations/",
    "LICENSE",
    "CHANGELOG.md",
    "docs/adr/0001",
    "tests/test_citations.py",
)

NAMED = re.compile(r"\b([\w-]+)\.md((?:,? §\d+(?:\.\d+)*)+)")
ALONE = re.compile(r"(?<!\.md )(?<!RFC \d{4} )§(\d+(?:\.\d+)*)?")
DOCUMENT = re.compile(r"docs/([\w-]+)\.md")
ROW = re.compile(r"(?<![\w/-])([PSWLN]\d{1,2})\b")
DECISION = re.compile(r"\bADR (\d+)")
LINK = re.compile(r"\]\(([\w/-]+\.md)?#([\w-]+)\)")
PATH = re.compile(r"(?<![\w/.-])((?:aggregator|providers|tests|docs|data|templates|static)/[\w/.-]*\w\.[a-z]+)\b")
MODULE = re.compile(r"(?<![\w/.-])((?:[\w-]+/)+[\w-]+\.py)\b")
INVENTED = frozenset({"data/translations/de.po"})  # an example: a language that nobody has added yet
TEST = re.compile(r"`(test_\w+)`")
ELSEWHERE = re.compile(r"contracts\.md|\b(?:screens|design|specification|spec) §?\d|\bscreens §")


@lru_cache
def tracked() -> tuple[str, ...]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True)
    return tuple(name for name in listed.stdout.split("\n") if name and (ROOT / name).is_file())


def files() -> list[str]:
    """Those that people read and that may cite."""
    return [name for name in tracked() if Path(name).suffix in TEXTS and not name.startswith(NOT_OURS)]


def words_of(name: str, text: str) -> str:
    """What a file says to its readers: docstrings and comments of Python, the whole of anything else."""
    if not name.endswith(".py"):
        return text
    homes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(ast.parse(text)) if isinstance(node, homes)]
    values = [line.value for body in bodies for line in body if isinstance(line, ast.Expr)]
    said = [one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join([*said, *(token.string for token in tokens if token.type == tokenize.COMMENT)])


@lru_cache
def headings(document: str) -> dict[str, str]:
    """Number -> anchor of every numbered heading of a document of docs/."""
    path = ROOT / "docs" / f"{document}.md"
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    found = [re.match(r"#{2,3} ((\d+(?:\.\d+)*)\.? .+)", line) for line in lines]
    return {one[2]: anchor(one[1]) for one in found if one}


def anchor(heading: str) -> str:
    """As GitHub makes it: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@lru_cache
def rows() -> frozenset[str]:
    """The ids of the faults and of the promises of the order."""
    tables = (ROOT / "docs" / "faults.md", ROOT / "docs" / "ranking.md")
    return frozenset(
        re.findall(r"^\| ([PSWLN]\d+) \|", "\n".join(one.read_text("utf-8") for one in tables), re.MULTILINE)
    )


@lru_cache
def names_of_tests() -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    return frozenset(name for text in texts for name in re.findall(r"def (test_\w+)", text))


def dangling(name: str, text: str) -> Iterator[str]:
    """Everything that a file cites and that is not there."""
    words = words_of(name, text)
    yield from (found[0] for found in ELSEWHERE.finditer(words))
    for document, sections in NAMED.findall(words):
        for number in re.findall(r"[\d.]*\d", sections):
            if number not in headings(document):
                yield f"{document}.md §{number}"
    first = DOCUMENT.search(words)
    home = Path(name).stem if name.startswith("docs/") else first[1] if first else ""
    for number in ALONE.findall(NAMED.sub("", words)):
        if number not in headings(home):
            yield f"§{number} of {home or 'no document'}"
    yield from missing_names(name, words)


def missing_names(name: str, words: str) -> Iterator[str]:
    """Rows, decisions, anchors, files and tests that are named and not there."""
    if name.endswith(".py"):
        yield from (row for row in ROW.findall(words) if row not in rows())
    yield from (f"ADR {one}" for one in DECISION.findall(words) if not list(ROOT.glob(f"docs/adr/{one.zfill(4)}-*.md")))
    for target, fragment in LINK.findall(words):
        path = (ROOT / name).parent / target if target else ROOT / name
        lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
        if fragment not in {anchor(line.lstrip("# ")) for line in lines if line.startswith("#")}:
            yield f"{target}#{fragment}"
    yield from (one for one in PATH.findall(words) if one not in INVENTED and not (ROOT / one).exists())
    # A module may be named by the end of its path: "worker/shipping.py".
    yield from (one for one in MODULE.findall(words) if not any(f"/{path}".endswith(f"/{one}") for path in tracked()))
    if name.startswith("docs/"):
        yield from (one for one in TEST.findall(words) if one not in names_of_tests())


@pytest.mark.parametrize("name", files())
def test_what_a_file_cites_stands_in_the_repository(name: str) -> None:
    assert list(dangling(name, (ROOT / name).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", '"""As docs/ranking.md §99 says."""', "ranking.md §99"),
        ("a.py", '"""Two: docs/ranking.md §6, §98."""', "ranking.md §98"),
        ("a.py", '"""Of docs/log.md."""\nx = 1  # §97', "§97 of log"),
        ("a.py", "x = 1  # §1", "§1 of no document"),
        ("a.py", '"""Of docs/log.md."""\nx = 1  # as § says', "§ of log"),
        ("a.py", '"""Of docs/nothing.md §1."""', "nothing.md §1"),
        ("a.py", "x = 1  # P99", "P99"),
        ("a.py", '"""N11."""', "N11"),
        ("a.py", "x = 1  # design 5.8", "design 5"),
        ("a.py", "x = 1  # in aggregator/exposure.py", "aggregator/exposure.py"),
        ("a.py", '"""Of ledger/shipping.py."""', "ledger/shipping.py"),
        ("docs/log.md", "see §96", "§96 of log"),
        ("docs/log.md", "[there](ranking.md#not-there)", "ranking.md#not-there"),
        ("docs/log.md", "ADR 99", "ADR 99"),
        ("docs/faults.md", "`test_of_nothing_at_all`", "test_of_nothing_at_all"),
    ],
)
def test_a_citation_of_nothing_would_be_found(name: str, text: str, found: str) -> None:
    """The control."""
    assert found in list(dangling(name, text))


def test_what_is_cited_well_is_left_alone() -> None:
    text = '"""docs/log.md §2.3, RFC 6962 §2.1.1, P15, 2026-W47."""\ny = "P99 §5"  # §5'

    assert list(dangling("a.py", text)) == []


def test_sections_rows_and_tests_are_really_read() -> None:
    assert headings("ranking")["2.1"] == "21-canonical-form"
    assert {"P1", "S14", "W20", "L11", "N10"} <= rows()
    assert "test_sections_rows_and_tests_are_really_read" in names_of_tests()
