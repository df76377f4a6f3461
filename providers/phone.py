"""Telephone numbers as sources spell them, checked against the numbering plans (docs/providers.md §1.5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, shortnumberinfo

from providers.text import clean

FRANCE = 33
# Country codes behind which stand the nine digits that are dialled after a 0: France in Europe, then overseas.
FRENCH_CODES = (FRANCE, 262, 590, 594, 596)
OVERSEAS_REGIONS = ("GP", "RE", "MQ", "GF", "YT")
# Geographic and mobile prefixes of overseas, asked before the plan of France in Europe, which knows 0596 as well.
OVERSEAS = {
    "262": "RE", "263": "RE", "269": "YT", "692": "RE", "693": "RE",
    "590": "GP", "690": "GP", "691": "GP", "594": "GF", "694": "GF", "596": "MQ", "696": "MQ", "697": "MQ",
}  # fmt: skip
SAINT_PIERRE = "508"  # six digits behind its country code, dialled 0508 from France
MAX_TEXT = 40
MOST_READ = 200  # a number that begins later is not looked for
LEAST_DIGITS = 6  # what has fewer can help nobody to find the number

# Checked by their length alone, as the library would leave them: pages ask for every telephone that they print.
_ORDINARY = re.compile(r"\+33(?!26[239]|508|59[046])[1-589][0-9]{8}")
_HOURS = re.compile(r"\b[0-9]{1,2}\s*h(?:eures?)?\s*(?:[0-5][0-9])?\b", re.IGNORECASE)
_TRUNK_IN_BRACKETS = re.compile(r"\(\s*0\s*\)")
_DATE = re.compile(r"\b[0-3]?[0-9]/[01]?[0-9]/(?:19|20)[0-9]{2}\b")
_DECIMAL = re.compile(r"(?<=\b[1-9][0-9]{8})[.,]0+\b")  # of a spreadsheet that took the number for one to count with
_RUN = re.compile(r"\+?[0-9](?:[^\w:;,+]*[0-9])*")
_GROUP = re.compile(r"\+?[0-9]+")
# The plan's four digits 3xxx, and the six of 116xxx and 118xxx; 10xx only where nothing else is written.
_SHORT = re.compile(r"3[0-9]{3}|11[68][0-9]{3}")
_SHORT_ALONE = re.compile(r"10[0-9]{2}")


@lru_cache(maxsize=65_536)
def phone_number(text: str | None) -> str | None:
    """The first number of `text` that can be dialled: "+33474000003", or a short number as it is ("3975").

    None when there is none: wrong length, zeros, words. An emergency number is none either: nobody books there.
    A number of the right length that the plan has not opened yet is believed, for the plan grows every year.
    """
    if not text or _ORDINARY.fullmatch(text):
        return text or None
    plain = unicodedata.normalize("NFKC", text[:MOST_READ])
    for pattern, instead in ((_HOURS, ";"), (_DATE, ";"), (_DECIMAL, ""), (_TRUNK_IN_BRACKETS, " ")):
        plain = pattern.sub(instead, plain)
    alone = re.sub(r"[\s.]", "", plain)
    if _SHORT_ALONE.fullmatch(alone):
        return _short(alone)
    for run in _RUN.findall(plain):
        for part in dict.fromkeys((run, *run.split("/"))):
            if found := _first_of(_GROUP.findall(part)):
                return found
    return None


def contact(*texts: str | None) -> str | None:
    """The first number that can be dialled; else the first text in which a person could find one. None without either.

    `address` tells the two apart.
    """
    numbers = (phone_number(text) for text in texts)
    return next((number for number in numbers if number), None) or next(filter(None, map(_legible, texts)), None)


def address(phone: str | None) -> str | None:
    """The `tel:` address (RFC 3966) of what `contact` returned; None for what cannot be dialled."""
    number = phone_number(phone)
    return f"tel:{number}" if number else None


def dialled(number: str) -> str:
    """ "0499000001" of "+33499000001"; a short or foreign number, and text, stay as they are."""
    number = phone_number(number) or number
    if number.startswith(f"+{SAINT_PIERRE}") and len(number) == 10:
        return "0" + number[1:]
    code = next((f"+{code}" for code in FRENCH_CODES if re.fullmatch(rf"\+{code}[0-9]{{9}}", number)), None)
    return "0" + number.removeprefix(code) if code else number


def written(phone: str) -> str:
    """As people write it: "04 99 00 00 01", "3975", "+41 22 730 51 11"; text stays as it is."""
    number = phone_number(phone)
    if number is None:
        return phone
    digits = dialled(number)
    if digits.startswith("0"):
        return " ".join(digits[start : start + 2] for start in range(0, 10, 2))
    if digits.startswith("+"):
        return phonenumbers.format_number(phonenumbers.parse(digits), PhoneNumberFormat.INTERNATIONAL)
    return digits


def _first_of(groups: list[str]) -> str | None:
    """The first number in digits that stand in groups: it ends where a group ends, and what follows is not dialled."""
    for start, end in _spans(len(groups)):
        if number := _number("".join(groups[start:end]), whole=end - start == len(groups) and len(groups[0]) != 2):
            return _plain_short("".join(groups[:start])) or number
    return _plain_short("".join(groups))


def _spans(count: int) -> Iterator[tuple[int, int]]:
    """The longest first from each start; fifteen digits are the most that a number has (E.164), with 00 seventeen."""
    for start in range(count):
        yield from ((start, end) for end in range(min(count, start + 17), start, -1))


def _number(digits: str, whole: bool) -> str | None:
    """E.164; `whole`: nothing stands beside and the first is no pair, so that a spreadsheet may have eaten the zero."""
    if digits.startswith("+"):
        return _international(digits)
    if digits.startswith("00"):
        return _international("+" + digits[2:])
    if digits.startswith("0"):
        return _national(digits[1:]) if len(digits) == 10 else None
    if any(digits.startswith(str(code)) and len(digits) - len(str(code)) in (9, 10) for code in FRENCH_CODES):
        return _international("+" + digits)
    return _national(digits) if whole and len(digits) == 9 else None


def _international(number: str) -> str | None:
    parsed = _parsed(number, None)
    if parsed is None:
        return None
    if phonenumbers.is_valid_number(parsed):
        return _e164(parsed)
    nine = str(parsed.national_number)
    if parsed.country_code == FRANCE:
        return _national(nine)  # overseas behind the code of France in Europe leads nowhere: mended
    return _e164(parsed) if parsed.country_code in FRENCH_CODES and len(nine) == 9 else None


def _national(nine: str) -> str | None:
    """E.164 of the nine digits behind the 0, by the first plan that has them."""
    if not re.fullmatch(r"[1-9][0-9]{8}", nine):
        return None
    if nine.startswith(SAINT_PIERRE):
        return f"+{nine}"
    home = OVERSEAS.get(nine[:3], "FR")
    # Mobile ranges go to overseas piece by piece (0639, 07090 to 07093): the library knows which.
    for region in (home, *(OVERSEAS_REGIONS if nine[0] in "67" else ())):
        parsed = _parsed(nine, region)
        if parsed and phonenumbers.is_valid_number_for_region(parsed, region):
            return _e164(parsed)
    return f"+{phonenumbers.country_code_for_region(home)}{nine}"


def _parsed(number: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(parsed: PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def _plain_short(digits: str) -> str | None:
    return _short(digits) if _SHORT.fullmatch(digits) else None


def _short(digits: str) -> str | None:
    number = PhoneNumber(country_code=FRANCE, national_number=int(digits))
    usable = shortnumberinfo.is_valid_short_number_for_region(number, "FR")
    return digits if usable and not shortnumberinfo.is_emergency_number(digits, "FR") else None


def _legible(text: str | None) -> str | None:
    said = "" if text and "@" in text else clean(text, MAX_TEXT)
    digits = re.sub(r"[^0-9]", "", said)
    emergency = bool(digits) and shortnumberinfo.is_emergency_number(digits, "FR")
    return said if emergency or (len(digits) >= LEAST_DIGITS and len(set(digits)) > 1) else None
