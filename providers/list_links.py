"""Booking links in the cell of a list, as people paste them: in sentences, wrapped, escaped, encoded once too often."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote, urlsplit

from providers.booking_url import canonical
from providers.link_wraps import unwrap, unwrap_masked
from providers.list_cells import RowError
from providers.text import clean, fold

_FLAGS = re.IGNORECASE | re.ASCII
# "," and ";" are legal in a link, and platforms use them; a link ends at a space, a quote or an angle bracket.
_INSIDE = r"[^\s<>\"\u00ab\u00bb\u201c\u201d]+"
_TOP_LEVEL = "fr|com|net|org|eu|re|gp|mq|gf|yt|pm"  # in a sentence "M.Durand/Dupont" is no link
_URL = re.compile(
    rf"https?://{_INSIDE}|(?<![a-z0-9.-])www\.{_INSIDE}"
    rf"|(?<![\w@./:=-])(?:[a-z0-9-]+\.)+(?:{_TOP_LEVEL})/{_INSIDE}",
    _FLAGS,
)
_BARE_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?:/[^\s]*)?", _FLAGS)
# Two links with nothing but a sign between them, or nothing at all; behind "=" or "/" the second is part of the first.
_GLUED = re.compile(r"[,;|)\]]+(?=https?://|www\.)|(?<=[^\s=/_%?&:])(?=https?://)", _FLAGS)
_SCHEMES = re.compile(r"(?:https?:/*\s*)+(?=https?://|www\.)", _FLAGS)
_ENTITY = re.compile(r"&(?:#[0-9]{1,6}|#x[0-9a-f]{1,5}|amp|lt|gt|quot|apos|nbsp);", _FLAGS)
_ENCODED = re.compile(r"https?%(?:25)*3a%(?:25)*2f%(?:25)*2f[^\s<>\"]+", _FLAGS)
_DELIMITER = re.compile(r"%(?:2f|3f|3d|26|23|2c|3a|25(?=[0-9a-f]{2}))", _FLAGS)
_SPOILT_PATH = re.compile(r"%(?:2f|3f|25[0-9a-f]{2})", _FLAGS)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def booking_links(cell: str) -> tuple[list[str], str | None]:
    """(links of a cell, what it says when it holds none).

    Wraps are opened, escapes undone, schemes added, several URLs told apart; an e-mail address is neither kept nor
    shown. Raises RowError when all that the cell holds is a link that nobody can read.
    """
    text = _plain(cell)
    if not text:
        return [], None
    if _BARE_HOST.fullmatch(text):
        text = f"https://{text}"
    links: list[str] = []
    unreadable = False
    for match in _URL.findall(_GLUED.sub(" ", _SCHEMES.sub("https://", unwrap_masked(text)))):
        try:
            link = canonical(restored(unwrap(_with_scheme(_trimmed(match)))))
            if "@" not in urlsplit(link).netloc and link not in links:
                links.append(link)
        except ValueError:
            unreadable = True
    if unreadable and not links:
        raise RowError(f"the booking link cannot be read: {clean(text, 60)}")
    if links or "@" in text:
        return links, None
    return [], clean(fold(text), 60)


def restored(url: str) -> str:
    """`url` without one layer of percent-encoding where it was encoded whole: "%2F" and "%3F" stand for its own signs.

    Control characters stay encoded, so that the guard still meets them.
    """
    scheme, mark, rest = url.partition("://")
    host, slash, tail = rest.partition("/")
    if not mark or not slash:
        return url
    path, question, query = tail.partition("?")
    if _SPOILT_PATH.search(path):
        path = _decoded(path)
    if question and "=" not in query:
        query = _decoded(query)
    return f"{scheme}{mark}{host}{slash}{path}{question}{query}"


def _plain(cell: str) -> str:
    """The cell without what nobody sees, its entities and encoded links undone."""
    text = "".join(character for character in cell if unicodedata.category(character) != "Cf")
    for _ in range(3):  # "&amp;amp;" was escaped twice
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return _ENCODED.sub(_undone, text).replace("\u00a0", " ").strip()


def _undone(link: re.Match[str]) -> str:
    # Inside another link it is the value of a parameter, and the wrap is opened later.
    if link.start() and link.string[link.start() - 1] in "=/&?":
        return link[0]
    text = link[0]
    while "://" not in text:
        text = unquote(text)
    return text


def _trimmed(url: str) -> str:
    """`url` without the signs of the sentence around it; a bracket that the link itself opened stays."""
    while url and (
        url[-1] in ".,;:!?'*`\u2019([{" or (url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]]))
    ):
        url = url[:-1]
    return url


def _with_scheme(url: str) -> str:
    return url if re.match(r"https?://", url, _FLAGS) else f"https://{url}"


def _decoded(text: str) -> str:
    return _DELIMITER.sub(lambda code: unquote(code[0]), text)
