"""Values of environment variables, checked: a bad one is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf


class SettingsError(ValueError):
    """A setting cannot be used; the message names it and says what to do."""


def site_in(env: Mapping[str, str]) -> str | None:
    site = (env.get("AIGUILLAGE_SITE") or "").rstrip("/")
    if site and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", site):
        raise SettingsError(f"AIGUILLAGE_SITE={site}: must be an origin such as https://rdv.example.fr")
    return site or None


def database_url_in(env: Mapping[str, str]) -> str | None:
    """The URL may hold a password: it is never repeated."""
    url = env.get("DATABASE_URL") or None
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError("DATABASE_URL must be a postgresql:// URL; unset it on a single machine")
    return url


def choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise SettingsError(f"{name}={value}: must be {' or '.join(allowed)}")
    return value


def integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name)
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise SettingsError(f"{name}={text}: must be a whole number") from None
    if not low <= value <= high:
        raise SettingsError(f"{name}={text}: must lie between {low} and {high}")
    return value


def rate(env: Mapping[str, str], name: str, default: float) -> float:
    """So many a second; 0 for any number."""
    told = env.get(name) or default
    try:
        value = float(told)
    except ValueError:
        raise SettingsError(f"{name}={told}: must be a number of requests a second") from None
    if not 0 <= value < inf:
        raise SettingsError(f"{name}={told}: must be a number of requests a second, 0 for any")
    return value
