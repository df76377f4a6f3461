"""Phrases in a text: whole words, folded, never substrings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from providers.text import fold


def folded(text: str) -> str:
    """Folded words between single spaces, digits apart from letters: " 1 ere injection inj 1 "."""
    spaced = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", fold(text))
    return f" {' '.join(re.findall(r'[a-z]+|[0-9]+|[|]', spaced))} "


@lru_cache(maxsize=4096)
def _normal(phrase: str) -> str:
    return folded(phrase)


def holds(text: str, phrases: Iterable[str]) -> bool:
    return any(_normal(phrase) in text for phrase in phrases)


def without(text: str, phrases: Iterable[str]) -> str:
    for phrase in phrases:
        # The bar stays between the words on either side, which would else become a phrase of their own.
        text = text.replace(_normal(phrase), " | ")
    return text
