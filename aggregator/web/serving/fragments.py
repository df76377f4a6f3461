"""HTML templates rendered once, whose list-specific parts (rank, distance, links) are filled in for each list.

Rendering a card takes as long as searching for twenty places; most of it says the same in every list of the minute.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from markupsafe import Markup, escape

# Drawn when the process starts: no name, note or address of a source can be taken for a hole.
_MARK = f"hole{secrets.token_hex(8)}"
_HOLE = re.compile(f"{_MARK}-([a-z0-9_]+)-")


def hole(name: str) -> str:
    """A placeholder for a value that is filled in later. `name`: small letters, digits, "_"."""
    return f"{_MARK}-{name}-"


class Fragment:
    """Rendered HTML, cut where a template has printed placeholders."""

    __slots__ = ("_holes", "_size", "_text")

    def __init__(self, html: str) -> None:
        pieces = _HOLE.split(html)  # the group of the pattern is kept: text, name, text, …, text
        self._text, self._holes = pieces[::2], pieces[1::2]
        self._size = len(html)

    def __len__(self) -> int:
        return self._size

    def fill(self, values: Mapping[str, object]) -> Markup:
        """The HTML with escaped values in its holes. Raises KeyError when one is missing."""
        pieces = [""] * (2 * len(self._holes) + 1)
        pieces[::2] = self._text
        pieces[1::2] = [escape(values[name]) for name in self._holes]
        return Markup("".join(pieces))  # noqa: S704 - the template has escaped the rest
