"""Telephone numbers, as sources spell them and as people dial them."""

from __future__ import annotations

# France in Europe, then overseas: behind each stand the nine digits that are dialled after a 0.
FRENCH_PREFIXES = ("+33", "+262", "+590", "+594", "+596")


def phone_number(text: str | None) -> str | None:
    """+33… (docs/providers.md §1.5); None for what is no number."""
    if not text:
        return None
    digits = "".join(character for character in text if character in "0123456789+")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+33" + digits[1:]
    elif digits and not digits.startswith("+"):
        digits = "+33" + digits
    return digits if 8 <= len(digits) <= 16 else None


def dialled(number: str) -> str:
    """ "0499000001" of "+33499000001"; a foreign number stays as it is."""
    prefix = next((one for one in FRENCH_PREFIXES if number.startswith(one)), None)
    digits = number.removeprefix("+")
    if prefix and digits.isascii() and digits.isdigit() and len(digits) == len(prefix) - 1 + 9:
        return "0" + digits[len(prefix) - 1 :]
    return number
