"""Cells of an official list: links, hours, positions, codes and days, as people write them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from providers.booking_url import canonical
from providers.records import WEEKDAYS, Hours
from providers.text import clean, fold

_URL = re.compile(r"(?:https?://|www\.)[^\s,;<>\"]+", re.IGNORECASE)
_V3 = re.compile(r"https://urldefense\.[a-z]+/v3/__(.+?)__;([A-Za-z0-9_-]*)!*\S*")
_BARE_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?:/[^\s]*)?$", re.IGNORECASE)


class RowError(ValueError):
    """A row that cannot become a centre; the message is its reason."""


def booking_links(cell: str) -> tuple[list[str], str | None]:
    """(links of a cell, what it says when it holds none).

    Mail-gateway wraps are opened, schemes added, several URLs told apart; an e-mail address is neither kept nor shown.
    Raises RowError when all that the cell holds is a link that nobody can read.
    """
    text = cell.replace("\u00a0", " ").strip()
    if not text:
        return [], None
    if _BARE_HOST.match(text) and "@" not in text:
        text = f"https://{text}"
    links: list[str] = []
    unreadable = False
    text = _V3.sub(lambda wrap: _fill_v3(wrap[1], wrap[2]), text)
    for match in _URL.findall(text):
        try:
            link = canonical(_unwrap(match if "://" in match else f"https://{match}"))
            if link not in links and "@" not in urlsplit(link).netloc:
                links.append(link)
        except ValueError:
            unreadable = True
    if unreadable and not links:
        raise RowError(f"the booking link cannot be read: {clean(text, 60)}")
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
            # Version 2 writes "%" as "-" and "/" as "_".
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


def template_hours(text: str) -> Hours:
    """ "lundi: 09:00-12:00 | mardi: fermé" as seven texts; () when nothing is said."""
    said = {}
    for part in text.split("|"):
        day, colon, hours = part.partition(":")
        if colon and fold(day.strip()) in WEEKDAYS:
            said[fold(day.strip())] = hours_in(hours)
    return tuple(said.get(day) for day in WEEKDAYS) if said else ()


def hours_in(text: str) -> str | None:
    said = clean(text, 80)
    if not said or fold(said) in ("non precise", "nc", "?"):
        return None
    return "" if fold(said) in ("ferme", "fermee", "close") else said


def wheelchair_in(text: str) -> bool | None:
    said = fold(text).strip(" .!")
    return {"oui": True, "non": False}.get(said)


def position_in(lat_text: str, lon_text: str) -> tuple[float | None, float | None, tuple[str, ...]]:
    try:
        lat, lon = (float(text.replace(",", ".")) for text in (lat_text, lon_text))
    except ValueError:
        return None, None, ("position",)
    return lat, lon, ()


def insee_in(text: str) -> str | None:
    text = text.zfill(5).upper() if text else text
    return text if re.fullmatch(r"(?:[0-9]{2}|2[AB])[0-9]{3}", text) and text != "00000" else None


def day_in(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
