"""The State's list of centres (CSV `centres-vaccination`, in its dialects of 37, 42 and 43 columns), and our template.

Reading is by column name, so that a dialect is only the set of names it has. Each refused row is reported with its
line and its reason; what is odd but usable is kept and flagged. Links are cleaned here and judged elsewhere
(`booking_url.BookingSites`). Columns: docs/providers.md §6.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlsplit

from providers.booking_url import host_of
from providers.link_wraps import opaque
from providers.list_cells import (
    RowError,
    day_in,
    hours_in,
    insee_in,
    position_in,
    template_hours,
    wheelchair_in,
)
from providers.list_file import ListFileError, header, list_text
from providers.list_links import booking_links
from providers.phone import contact, phone_number
from providers.records import WEEKDAYS, Centre
from providers.text import clean

SOURCE = "official"
STATE_COLUMNS = ("gid", "nom", "com_cp", "com_nom", "lat_coor1", "long_coor1", "rdv_site_web", "rdv_tel")
TEMPLATE_COLUMNS = (
    "identifiant",
    "nom",
    "adresse",
    "code_postal",
    "commune",
    "code_insee",
    "latitude",
    "longitude",
    "telephone",
    "horaires",
    "site_rdv",
    "remarque",
)
WALK_IN = "sans-rdv"
_RowReader = Callable[[Mapping[str, str], date], "Row"]
MAX_BYTES = 64 * 1024 * 1024

# A note that begins so keeps the public out; "…ainsi qu'à la population" in the same note lets it in.
_PROFESSIONALS_ONLY = re.compile(
    r"^\W*r[ée]serv[ée]e?s? (?:uniquement )?aux? (?:professionnels?|personnels?|soignants?)"
)
_PUBLIC_TOO = re.compile(r"population|grand public|ainsi qu|et aux personnes|\+ ?de ?[0-9][0-9] ans")


class OfficialListError(ValueError):
    """The file is not a list that we can read; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says. `links`: how many its cell holds; `odd`: what of it was not understood, in words."""

    centre: Centre
    links: int
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficialList:
    """What one file says. `hints` counts the cells that name a booking site without giving a link.

    `odd`: what was not understood of rows that were taken, by line; `conversions`: how the file had to be read.
    """

    dialect: str
    rows: int
    centres: tuple[Centre, ...]
    refused: tuple[Refusal, ...]
    hints: Mapping[str, int] = field(default_factory=dict)
    several_links: int = 0
    odd: tuple[Refusal, ...] = ()
    conversions: tuple[str, ...] = ()


def read(body: bytes, as_of: date) -> OfficialList:
    """The centres of `body` as of a date (it decides which ones are closed). Raises OfficialListError."""
    if len(body) > MAX_BYTES:
        raise OfficialListError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        file = list_text(body)
        columns, delimiter, told = header(file, (STATE_COLUMNS, TEMPLATE_COLUMNS))
    except ListFileError as error:
        raise OfficialListError(str(error)) from error
    to_centre = _reader_for([name for name in columns if name])
    # Strict: a quote that is never closed would otherwise swallow the rows behind it in silence.
    reader = csv.DictReader(
        io.StringIO(file.text, newline=""), columns, delimiter=delimiter, restkey="_extra", strict=True
    )
    found = _read_rows(reader, to_centre, as_of, file.skipped)
    dialect = "modele" if to_centre is _template_centre else str(len(columns))
    return replace(found, dialect=dialect, conversions=(*file.conversions, *told, *found.conversions))


def _reader_for(columns: list[str]) -> _RowReader:
    if set(STATE_COLUMNS) <= set(columns):
        return _state_centre
    if set(TEMPLATE_COLUMNS) <= set(columns):
        return _template_centre
    missing = [name for name in STATE_COLUMNS if name not in columns]
    raise OfficialListError(
        f"neither the State's columns (missing {', '.join(missing[:6])}) "
        f"nor our template ({', '.join(TEMPLATE_COLUMNS)})"
    )


def _read_rows(reader: csv.DictReader[str], to_centre: _RowReader, as_of: date, skipped: int) -> OfficialList:
    """`skipped`: lines of the file in front of the header."""
    centres: dict[str, Centre] = {}
    refused: list[Refusal] = []
    odd: list[Refusal] = []
    hints: dict[str, int] = {}
    rows = several = empty = 0
    try:
        next(reader)  # the header
        for row in reader:
            line = skipped + reader.line_num
            if not any(value for cell in row.values() for value in (cell or "")):
                empty += 1  # what a spreadsheet writes below its last row
                continue
            rows += 1
            try:
                taken = to_centre(_checked(row), as_of)
                centre = taken.centre
                if centre.source_id in centres:
                    raise RowError(f"identifier {centre.source_id} is already on an earlier line")
            except RowError as error:
                refused.append(Refusal(line, str(error)))
                continue
            except Exception as error:  # whatever a cell holds, it costs its own row and no other
                refused.append(Refusal(line, f"cannot be read ({type(error).__name__})"))
                continue
            centres[centre.source_id] = centre
            several += taken.links > 1
            odd += (Refusal(line, words) for words in taken.odd)
            if centre.platform_hint:
                hints[centre.platform_hint] = hints.get(centre.platform_hint, 0) + 1
    except csv.Error as error:
        raise OfficialListError(f"line {skipped + reader.line_num}: {error}") from error
    told = (f"{empty} empty rows left out",) if empty else ()
    return OfficialList("", rows, tuple(centres.values()), tuple(refused), hints, several, tuple(odd), told)


def _checked(row: dict[str, str | None]) -> dict[str, str]:
    # A row that is too long or too short has shifted: its cells stand under the wrong names.
    if any(extra for extra in row.get("_extra") or ()):
        raise RowError("more cells than columns")
    if any(value is None for key, value in row.items() if key and key != "_extra"):
        raise RowError("fewer cells than columns")
    return {key: value or "" for key, value in row.items() if key and key != "_extra"}


def _state_centre(row: Mapping[str, str], as_of: date) -> Row:
    links, hint = booking_links(row["rdv_site_web"])
    note = clean(row.get("rdv_modalites"), 1000)
    lat, lon, flags = position_in(row["lat_coor1"], row["long_coor1"])
    closes = day_in(row.get("date_fermeture", ""))
    street = " ".join(part for part in (row.get("adr_num", ""), row.get("adr_voie", "")) if part.strip())
    return _row(
        identifier=row["gid"],
        name=row["nom"],
        address=street,
        postcode=row["com_cp"],
        city=row["com_nom"],
        insee=row.get("com_insee", ""),
        lat=lat,
        lon=lon,
        flags=flags,
        phones=[row.get(column, "") for column in ("rdv_tel", "lieu_tel", "rdv_tel2")],
        hours=tuple(hours_in(row.get(f"rdv_{day}", "")) for day in WEEKDAYS),
        links=links,
        hint=hint,
        walk_in=row.get("rdv", "") == "f",
        wheelchair=wheelchair_in(row.get("lieu_accessibilite", "")),
        note=note,
        closed=row.get("centre_fermeture") == "t" or bool(closes and closes < as_of),
        professionals_only=row.get("reserve_professionels_sante") == "t" or reserved_for_professionals(note),
        opens_on=day_in(row.get("date_ouverture", "")),
        closes_on=closes,
    )


def _template_centre(row: Mapping[str, str], as_of: date) -> Row:
    walk_in = row["site_rdv"].strip().casefold() == WALK_IN
    links, hint = ([], None) if walk_in else booking_links(row["site_rdv"])
    note = clean(row["remarque"], 1000)
    lat, lon, flags = position_in(row["latitude"], row["longitude"])
    return _row(
        identifier=row["identifiant"],
        name=row["nom"],
        address=row["adresse"],
        postcode=row["code_postal"],
        city=row["commune"],
        insee=row["code_insee"],
        lat=lat,
        lon=lon,
        flags=flags,
        phones=[row["telephone"]],
        hours=template_hours(row["horaires"]),
        links=links,
        hint=hint,
        walk_in=walk_in,
        wheelchair=None,
        note=note,
        closed=False,
        professionals_only=reserved_for_professionals(note),
        opens_on=None,
        closes_on=None,
    )


def _row(*, identifier: str, name: str, links: list[str], hint: str | None, phones: list[str], **facts: object) -> Row:
    identifier, name = clean(identifier, 80), clean(name)
    if not identifier:
        raise RowError("no identifier")
    if not name:
        raise RowError("no name")
    postcode = re.sub(r"\s", "", str(facts.pop("postcode"))).zfill(5)
    insee = re.sub(r"\s", "", str(facts.pop("insee")))
    link = links[0] if links else None
    # A link that stops at a host books nothing: it is kept as the name of the site (§6).
    has_page = link is not None and len(urlsplit(link).path) > 1
    centre = Centre(
        source=SOURCE,
        source_id=identifier,
        name=name,
        address=clean(str(facts.pop("address"))),
        postcode=postcode if re.fullmatch(r"[0-9]{5}", postcode) and postcode != "00000" else "",
        city=clean(str(facts.pop("city"))),
        insee=insee_in(insee),
        booking_url=link if has_page else None,
        booking_site=host_of(link) if link and not has_page else None,
        platform_hint=hint,
        phone=contact(*phones),
        official_id=identifier,
        **facts,  # type: ignore[arg-type]
    )
    odd: tuple[str, ...] = ()
    if any(cell.strip() for cell in phones) and phone_number(centre.phone) is None:
        odd = (f"the telephone cannot be dialled: {clean(' '.join(phones), 60)}",)
        centre = centre.with_flag("telephone")
    if link and opaque(link):
        odd += (f"only {host_of(link)} knows where its link leads: write the plain link",)
    return Row(centre, len(links), odd)


def reserved_for_professionals(note: str) -> bool:
    text = note.casefold()
    return bool(_PROFESSIONALS_ONLY.search(text)) and not _PUBLIC_TOO.search(text)
