"""The version of what the worker publishes, so that no process reads what another version has written.

`published/format.json` says it for all files at the top of the folder; places and slots files say their own
(`format.py`). What is there can be made anew within minutes: files of another version are set aside, not translated.
Raise `FORMAT` with any change to one of these files that an older or newer reader would misread.
"""

from __future__ import annotations

import json
from pathlib import Path

from aggregator import canonical, files
from aggregator.snapshot.shelf import CURRENT

FORMAT = "published/1"
FILE = "format.json"
UNSAID = "published/0"
"""Of a folder that says none: written before there were versions."""


def generation(published: Path) -> str | None:
    """The version of a folder's files; None where nothing has been published yet."""
    try:
        return str(json.loads((published / FILE).read_text(encoding="utf-8"))["format"])
    except FileNotFoundError:
        return UNSAID if (published / CURRENT).exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return UNSAID


def why_unread(published: Path) -> str | None:
    """Why this version reads nothing there, and what to do; None when it does."""
    found = generation(published)
    if found in (FORMAT, None):
        return None
    return (
        f"the published files are of version {found} and this program reads {FORMAT}: start the worker of the same "
        "version, which makes them anew (`aiguillage upgrade` says what it will do)"
    )


def take_over(published: Path) -> list[str]:
    """Set the files of another version aside, into `.before-<version>/`. Returns their names; none when all is well."""
    found = generation(published)
    moved: list[str] = []
    if found not in (FORMAT, None):
        aside = published / f".before-{canonical.sha256(str(found).encode())[:8]}"
        aside.mkdir(exist_ok=True)
        # What names the snapshot in force stays: its files say their own version, and pages go on from them.
        for path in sorted(set(published.glob("*.json")) - {published / CURRENT, published / FILE}):
            path.replace(aside / path.name)
            moved.append(path.name)
    if found != FORMAT:
        files.write_whole(published / FILE, canonical.to_json({"format": FORMAT}))
    return moved
