"""Cleans free text from providers, and makes slugs, numbers and link parts of it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

MAX_TEXT = 300


def fold(text: str) -> str:
    """Lower case without accents, ligatures opened: "Œuvre d'Été" -> "oeuvre d'ete"."""
    # NFKD takes accents off but leaves these ligatures whole.
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def slugify(text: str) -> str:
    """ "Côte-d'Or" -> "cote-d-or"."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def clean(text: str | None, limit: int = MAX_TEXT) -> str:
    """One line of visible text: no control or bidi-override character, no pile of accents, at most `limit` characters.

    Wording and spelling are left as received.
    """
    if not text:
        return ""
    kept: list[str] = []
    pile = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        pile = pile + 1 if category == "Mn" else 0
        if category in ("Cf", "Co", "Cs", "Cn") or pile > 2:  # P30
            continue
        kept.append(" " if category in ("Cc", "Zl", "Zp") else character)
    return " ".join("".join(kept).split())[:limit].rstrip()


def split_link(url: str) -> SplitResult:
    """The parts of a link; all of them empty when it cannot be parsed ("https://[", say)."""
    try:
        parts = urlsplit(url)
        _ = parts.hostname  # some of what is wrong is found only when it is asked for
    except ValueError:
        return urlsplit("")
    return parts


def page_segments(url: str, depth: int = 3) -> list[str]:
    """The segments of a centre's page, kind, town and name on most platforms; steps of a booking follow behind them."""
    return [segment for segment in split_link(url).path.split("/") if segment][:depth]


def number_in(text: str | None) -> int | None:
    """A whole number in plain digits; None for anything else ("²" and "٤" are digits too, in other scripts)."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None
