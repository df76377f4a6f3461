"""The State's list of centres (CSV `centres-vaccination`, in its dialects of 37, 42 and 43 columns), and our template.

Reading is by column name, so that a dialect is only the set of names it has. Each refused row is reported with its
line and its reason; what is odd but usable is kept and flagged. Links are cleaned here and judged elsewhere
(`booking_url.BookingSites`). Source of the columns: contracts.md §5.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from providers.base import phone_number
from providers.booking_url import canonical
from providers.records import WEEKDAYS, Centre, Hours
from providers.text import clean, fold

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
_RowReader = Callable[[Mapping[str, str], date], tuple[Centre, int]]
MAX_BYTES = 64 * 1024 * 1024

# A note that begins so keeps the public out; "…ainsi qu'à la population" in the same note lets it in.
_PROFESSIONALS_ONLY = re.compile(
    r"^\W*r[ée]serv[ée]e?s? (?:uniquement )?aux? (?:professionnels?|personnels?|soignants?)"
)
_PUBLIC_TOO = re.compile(r"population|grand public|ainsi qu|et aux personnes|\+ ?de ?\d\d ans")
_URL = re.compile(r"(?:https?://|www\.)[^\s,;<>\"]+", re.IGNORECASE)
_V3 = re.compile(r"https://urldefense\.[a-z]+/v3/__(.+?)__;([A-Za-z0-9_-]*)!*\S*")
_BARE_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?:/[^\s]*)?$", re.IGNORECASE)


class OfficialListError(ValueError):
    """The file is not a list that we can read; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class OfficialList:
    """What one file says. `hints` counts the cells that name a booking site without giving a link."""

    dialect: str
    rows: int
    centres: tuple[Centre, ...]
    refused: tuple[Refusal, ...]
    hints: Mapping[str, int] = field(default_factory=dict)
    several_links: int = 0


def read(body: bytes, as_of: date) -> OfficialList:
    """The centres of `body` as of a date (it decides which ones are closed). Raises OfficialListError."""
    if len(body) > MAX_BYTES:
        raise OfficialListError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OfficialListError(f"not UTF-8 at byte {error.start}: save the file as UTF-8") from error
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") >= header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="_extra", strict=True)
    columns = [name for name in reader.fieldnames or [] if name]
    to_centre = _reader_for(columns)
    return _read_rows(reader, to_centre, as_of, len(reader.fieldnames or []))


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


class RowError(ValueError):
    """A row that cannot become a centre; the message is its reason."""


def _read_rows(reader: csv.DictReader[str], to_centre: _RowReader, as_of: date, columns: int) -> OfficialList:
    centres: dict[str, Centre] = {}
    refused: list[Refusal] = []
    hints: dict[str, int] = {}
    rows = several = 0
    try:
        for row in reader:
            rows += 1
            try:
                centre, links = to_centre(_checked(row), as_of)
                if centre.source_id in centres:
                    raise RowError(f"identifier {centre.source_id} is already on an earlier line")
            except RowError as error:
                refused.append(Refusal(reader.line_num, str(error)))
                continue
            centres[centre.source_id] = centre
            several += links > 1
            if centre.platform_hint:
                hints[centre.platform_hint] = hints.get(centre.platform_hint, 0) + 1
    except csv.Error as error:
        raise OfficialListError(f"line {reader.line_num}: {error}") from error
    dialect = "modele" if to_centre is _template_centre else str(columns)
    return OfficialList(dialect, rows, tuple(centres.values()), tuple(refused), hints, several)


def _checked(row: dict[str, str | None]) -> dict[str, str]:
    if any(extra for extra in row.get("_extra") or ()):
        raise RowError("more cells than columns")
    if any(value is None for key, value in row.items() if key and key != "_extra"):
        raise RowError("fewer cells than columns")
    return {key: value or "" for key, value in row.items() if key and key != "_extra"}


def _state_centre(row: Mapping[str, str], as_of: date) -> tuple[Centre, int]:
    links, hint = booking_links(row["rdv_site_web"])
    note = clean(row.get("rdv_modalites"), 1000)
    lat, lon, flags = _position(row["lat_coor1"], row["long_coor1"])
    closes = _day(row.get("date_fermeture", ""))
    street = " ".join(part for part in (row.get("adr_num", ""), row.get("adr_voie", "")) if part.strip())
    return _centre(
        identifier=row["gid"],
        name=row["nom"],
        address=street,
        postcode=row["com_cp"],
        city=row["com_nom"],
        insee=row.get("com_insee", ""),
        lat=lat,
        lon=lon,
        flags=flags,
        phone=next(
            (n for n in (phone_number(row.get(c)) for c in ("rdv_tel", "lieu_tel", "rdv_tel2")) if n is not None), None
        ),
        hours=tuple(_hours(row.get(f"rdv_{day}", "")) for day in WEEKDAYS),
        links=links,
        hint=hint,
        walk_in=row.get("rdv", "") == "f",
        wheelchair=_wheelchair(row.get("lieu_accessibilite", "")),
        note=note,
        closed=row.get("centre_fermeture") == "t" or bool(closes and closes < as_of),
        professionals_only=row.get("reserve_professionels_sante") == "t" or reserved_for_professionals(note),
        opens_on=_day(row.get("date_ouverture", "")),
        closes_on=closes,
    )


def _template_centre(row: Mapping[str, str], as_of: date) -> tuple[Centre, int]:
    walk_in = row["site_rdv"].strip().casefold() == WALK_IN
    links, hint = ([], None) if walk_in else booking_links(row["site_rdv"])
    note = clean(row["remarque"], 1000)
    lat, lon, flags = _position(row["latitude"], row["longitude"])
    return _centre(
        identifier=row["identifiant"],
        name=row["nom"],
        address=row["adresse"],
        postcode=row["code_postal"],
        city=row["commune"],
        insee=row["code_insee"],
        lat=lat,
        lon=lon,
        flags=flags,
        phone=phone_number(row["telephone"]),
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


def _centre(*, identifier: str, name: str, links: list[str], hint: str | None, **facts: object) -> tuple[Centre, int]:
    identifier, name = clean(identifier, 80), clean(name)
    if not identifier:
        raise RowError("no identifier")
    if not name:
        raise RowError("no name")
    postcode = re.sub(r"\s", "", str(facts.pop("postcode"))).zfill(5)
    insee = re.sub(r"\s", "", str(facts.pop("insee")))
    link = links[0] if links else None
    has_page = link is not None and len(urlsplit(link).path) > 1
    centre = Centre(
        source=SOURCE,
        source_id=identifier,
        name=name,
        address=clean(str(facts.pop("address"))),
        postcode=postcode if re.fullmatch(r"\d{5}", postcode) and postcode != "00000" else "",
        city=clean(str(facts.pop("city"))),
        insee=_insee(insee),
        booking_url=link if has_page else None,
        booking_site=urlsplit(link).hostname if link and not has_page else None,
        platform_hint=hint,
        official_id=identifier,
        **facts,  # type: ignore[arg-type]
    )
    return centre, len(links)


def booking_links(cell: str) -> tuple[list[str], str | None]:
    """(links of a cell, what it says when it holds none).

    Mail-gateway wraps are opened, schemes added, several URLs told apart; an e-mail address is neither kept nor shown.
    """
    text = cell.replace("\u00a0", " ").strip()
    if not text:
        return [], None
    if _BARE_HOST.match(text) and "@" not in text:
        text = f"https://{text}"
    links: list[str] = []
    text = _V3.sub(lambda wrap: _fill_v3(wrap[1], wrap[2]), text)
    for match in _URL.findall(text):
        try:
            link = canonical(_unwrap(match if "://" in match else f"https://{match}"))
            names_a_person = "@" in urlsplit(link).netloc
        except ValueError:
            continue  # brackets around a link, for instance: the cell then says a site without giving a link
        if link not in links and not names_a_person:
            links.append(link)
    if links or "@" in text:
        return links, None
    return [], clean(fold(text), 60)


def _unwrap(url: str) -> str:
    """The URL inside a mail gateway's: Proofpoint v1 and v2, Outlook safelinks."""
    parts = urlsplit(url.strip())
    host, query = (parts.hostname or "").lower(), parse_qs(parts.query)
    if host.endswith("safelinks.protection.outlook.com") and "url" in query:
        return query["url"][0]
    if host.startswith("urldefense.") and "u" in query:
        inner = query["u"][0]
        if "/v2/" in parts.path:
            inner = unquote(re.sub(r"-([0-9A-F]{2})", r"%\1", inner).replace("_", "/"))
        return inner
    return url


def _fill_v3(masked: str, replaced: str) -> str:
    """Proofpoint v3 puts "*" for characters that stand, base64-encoded, after the URL."""
    padded = replaced + "=" * (-len(replaced) % 4)
    try:
        characters: Iterator[str] = iter(base64.urlsafe_b64decode(padded).decode("utf-8", "replace"))
    except ValueError:
        return masked  # cut off by whoever copied it
    return "".join(next(characters, "*") if character == "*" else character for character in masked)


def reserved_for_professionals(note: str) -> bool:
    text = note.casefold()
    return bool(_PROFESSIONALS_ONLY.search(text)) and not _PUBLIC_TOO.search(text)


def template_hours(text: str) -> Hours:
    """ "lundi: 09:00-12:00 | mardi: fermé" as seven texts; () when nothing is said."""
    said = {}
    for part in text.split("|"):
        day, colon, hours = part.partition(":")
        if colon and fold(day.strip()) in WEEKDAYS:
            said[fold(day.strip())] = _hours(hours)
    return tuple(said.get(day) for day in WEEKDAYS) if said else ()


def _hours(text: str) -> str | None:
    said = clean(text, 80)
    if not said or fold(said) in ("non precise", "nc", "?"):
        return None
    return "" if fold(said) in ("ferme", "fermee", "close") else said


def _wheelchair(text: str) -> bool | None:
    said = fold(text).strip(" .!")
    return {"oui": True, "non": False}.get(said)


def _position(lat_text: str, lon_text: str) -> tuple[float | None, float | None, tuple[str, ...]]:
    try:
        lat, lon = (float(text.replace(",", ".")) for text in (lat_text, lon_text))
    except ValueError:
        return None, None, ("position",)
    return lat, lon, ()


def _insee(text: str) -> str | None:
    text = text.zfill(5).upper() if text else text
    return text if re.fullmatch(r"(?:\d{2}|2[AB])\d{3}", text) and text != "00000" else None


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
