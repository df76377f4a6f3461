"""Reads a list as spreadsheets save it: coding, separator, first lines and headers. Each conversion is told in words.

Nothing is guessed in silence: what could be read in two ways is refused with the one thing to do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from providers.text import fold

SAVE_AS = "save it as CSV UTF-8"
DELIMITERS = (";", ",", "\t")
# What French text may hold beyond ASCII; other letters mean that the bytes were of another coding (Macintosh, DOS).
_FRENCH = frozenset("àâäáãçéèêëíìîïñóòôöõúùûüÿœæÀÂÄÁÃÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜŸŒÆ«»‘’“”–—…•·€°º²³½¼§×\u00a0\u00ad®©")
_SEPARATOR_LINE = re.compile(r"\"?sep=(?P<sign>[;,\t|])\"?[;,\t]*(?:\r\n|\r|\n)", re.IGNORECASE)
_BINARY = ((b"PK\x03\x04", "a spreadsheet"), (b"\xd0\xcf\x11\xe0", "a spreadsheet"), (b"%PDF", "a PDF"))


class ListFileError(ValueError):
    """The file cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ListText:
    """A list as text. `skipped`: lines in front of `text`; `delimiter`: None when only the header can tell."""

    text: str
    delimiter: str | None
    skipped: int
    conversions: tuple[str, ...]


def list_text(body: bytes) -> ListText:
    """The text of a file, without the lines that a spreadsheet puts first. Raises ListFileError."""
    text, coding = _decoded(body)
    told = [f"read as {coding}"] if coding else []
    skipped, delimiter = 0, None
    if said := _SEPARATOR_LINE.match(text):
        text, skipped, delimiter = text[said.end() :], 1, said["sign"]
        told.append("first line sep= left out")
    bare = re.match(r"(?:[;,\t ]*(?:\r\n|\r|\n))*", text)
    if bare and bare[0]:
        lines = len(bare[0].splitlines())
        text, skipped = text[bare.end() :], skipped + lines
        told.append(f"{lines} empty lines in front left out")
    return ListText(text, delimiter, skipped, tuple(told))


def header(found: ListText, known: Sequence[Iterable[str]]) -> tuple[list[str], str, tuple[str, ...]]:
    """(column names as the list's readers know them, the separator, what was converted). Raises ListFileError.

    `known`: sets of columns, one of which a list must have. The separator is the one that finds such a set.
    """
    tried = [(sign, _names(found.text, sign)) for sign in ([found.delimiter] if found.delimiter else DELIMITERS)]
    wanted = [set(columns) for columns in known]
    plain = [(sign, names, [_plain(name) for name in names]) for sign, names in tried]
    # Without a set that is complete the most columns win, so that the refusal names what is missing.
    sign, names, columns = max(plain, key=lambda one: (any(want <= set(one[2]) for want in wanted), len(one[1])))
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise ListFileError(f"two columns are named {', '.join(twice)}: keep one of each")
    told = []
    if sign != ";":
        told.append(f"separated by {'tabs' if sign == chr(9) else sign}")
    respelt = [name for name, column in zip(names, columns, strict=True) if name != column]
    if respelt:
        told.append(f"{len(respelt)} headers respelt: {', '.join(name.strip() for name in respelt[:6])}")
    return columns, sign, tuple(told)


def _names(text: str, sign: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=sign), [])
    except csv.Error as error:
        raise ListFileError(f"the header cannot be read ({error}): {SAVE_AS}") from error


def _plain(name: str) -> str:
    """ " Code postal" -> "code_postal"."""
    # A leading "_" is part of two of the State's names.
    return re.sub(r"[\s\-]+", "_", fold(name).strip().strip("\ufeff"))


def _decoded(body: bytes) -> tuple[str, str]:
    """(text, the coding when it is not UTF-8)."""
    for start, kind in _BINARY:
        if body.startswith(start):
            raise ListFileError(f"{kind}, not a CSV file: open it in a spreadsheet and {SAVE_AS}")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(body, "utf-16"), "UTF-16"
    if b"\x00" in body[:400]:
        return _strictly(body, "utf-16-le" if body[1:2] == b"\x00" else "utf-16-be"), "UTF-16"
    try:
        return body.decode("utf-8-sig"), ""  # spreadsheets put a byte order mark first
    except UnicodeDecodeError as error:
        return _windows(body, error), "Windows-1252"


def _strictly(body: bytes, coding: str) -> str:
    try:
        return body.decode(coding)
    except UnicodeDecodeError as error:
        raise ListFileError(f"not whole UTF-16 at byte {error.start}: {SAVE_AS}") from error


def _windows(body: bytes, error: UnicodeDecodeError) -> str:
    """The bytes as Windows-1252, which holds Latin-1, when nothing but French comes out and nothing was UTF-8."""
    line = body.count(b"\n", 0, error.start) + 1
    if re.search(rb"[\xc3\xc5][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]", body):
        raise ListFileError(f"UTF-8 and another coding in one file, line {line}: {SAVE_AS}")
    try:
        text = body.decode("cp1252")
    except UnicodeDecodeError as other:
        raise ListFileError(f"neither UTF-8 nor Windows-1252 at byte {other.start}: {SAVE_AS}") from other
    strange = sorted({character for character in text if not character.isascii()} - _FRENCH)
    if strange:
        raise ListFileError(f"neither UTF-8 nor Windows-1252 French ({''.join(strange[:6])}), line {line}: {SAVE_AS}")
    return text
