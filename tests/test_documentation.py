"""What the documents name exists: each path of the repository, each page that they link to, each heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT
from tests.browser.pictures import MOST_BYTES, THEMES, path_of
from tests.browser.pictures import PAGES as SHOWN

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PAGES.remove(ROOT / "CHANGELOG.md")  # it tells of files that are no more
TOP = {path.name for path in ROOT.iterdir() if path.name not in (".git", ".venv")}
ENDINGS = (".py", ".md", ".toml", ".yml", ".cfg", ".html", ".css", ".js", ".lock", ".txt")
MADE_LATER = ("data/run",)
"""What is not in the repository: the data folder of a demonstration."""


def named_paths(text: str) -> set[str]:
    """What stands in backticks and looks like a path of the repository; `<slug>` stands for any name."""
    prose = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    words = {word.rstrip("/") for word in re.findall(r"`([^`\s]+)`", prose)}
    return {
        word
        for word in words
        if ((word.split("/")[0] in TOP and "/" in word) or word.endswith(ENDINGS))
        and not word.startswith(("/", *MADE_LATER))
        and "{" not in word
    }


def missing(text: str) -> set[str]:
    return {path for path in named_paths(text) if not any(ROOT.glob(re.sub(r"<[^>]+>", "*", path)))}


def anchors(page: Path) -> set[str]:
    """The headings of a page as the forge makes addresses of them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Links to files that are not there, or to headings that their page does not have."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_in_a_document_exists(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_in_a_document_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_documents_name_many_paths() -> None:
    named = set().union(*(named_paths(page.read_text(encoding="utf-8")) for page in PAGES))

    assert len(named) > 40


@pytest.mark.parametrize("path", ["aggregator/collect.py", "collect.py", "docs/nowhere.md", "providers/<slug>.toml"])
def test_a_path_that_does_not_exist_would_be_found(path: str) -> None:
    assert missing(f"Read `{path}` and `app.py`.") == {path}


def test_a_link_that_leads_nowhere_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One heading\n[a](#one-heading) [b](#another) [c](gone.md) [d](page.md#one-heading)", "utf-8")

    assert broken_links(page) == ["#another", "gone.md"]


def test_the_pictures_of_the_readme_are_there_in_both_themes_and_light_to_load() -> None:
    """`python -m tests.browser.pictures` takes them."""
    named = re.findall(r'"(docs/pictures/[^"]+)"', (ROOT / "README.md").read_text(encoding="utf-8"))

    assert sorted(named) == sorted(str(path_of(name, theme).relative_to(ROOT)) for name in SHOWN for theme in THEMES)
    assert {path: size for path in named if (size := (ROOT / path).stat().st_size) > MOST_BYTES} == {}
