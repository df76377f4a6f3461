"""The one guard for URLs that a citizen may be sent to.

One strict pattern and a few checks, not a URL parser: parsers disagree with browsers about backslashes, userinfo,
tabs and look-alike hosts, and each disagreement is an open redirect. What is not plainly an https URL of a declared
host, in canonical form, is refused. The same function runs at ingest and again at redirect.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_to_bytes

from providers.text import split_link

MAX_LENGTH = 2000

# RFC 3986 characters only; "\", control characters, spaces and raw non-ASCII cannot match.
# The brackets are outside RFC 3986's query; the official list of 2021 has them in `highlight[...]` links.
_PATH = r"(?:/(?:[A-Za-z0-9\-._~!$&()*+,;=:@]|%[0-9A-Fa-f]{2})*)+"
_QUERY = r"(?:\?(?:[A-Za-z0-9\-._~!$&()*+,;=:@/?\[\]]|%[0-9A-Fa-f]{2})*)?"
_CANONICAL = re.compile(rf"\A(?P<origin>https?://[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?(?::[0-9]{{1,5}})?){_PATH}{_QUERY}\Z")
# What `canonical` never encodes: the characters of the patterns, and "%", so that nothing is encoded twice.
_KEPT = "/?%-._~!$&()*+,;=:@[]"
_ENCODED_CONTROL = re.compile(r"%(?:0[0-9a-f]|1[0-9a-f]|7f|5c)", re.IGNORECASE)
_NESTED_URL = re.compile(r"(?:^|[^a-z0-9])(?:https?:|//)|(?:javascript|data|vbscript):", re.IGNORECASE)


class UnsafeUrlError(ValueError):
    """The URL may not be shown nor followed; the message says which rule it breaks, never the URL itself."""


class UndeclaredSiteError(UnsafeUrlError):
    """A well-formed link to a site that nobody has declared."""


def check(url: str, allowed_origins: Collection[str]) -> str:
    """`url` itself when a citizen may be sent there. Raises UnsafeUrlError.

    `allowed_origins`: "https://www.example.fr" entries, compared whole. An http origin passes only when it is listed
    (the sandbox's loopback origins).
    """
    if len(url) > MAX_LENGTH:
        raise UnsafeUrlError(f"longer than {MAX_LENGTH} characters")
    match = _CANONICAL.match(url)
    if match is None:
        raise UnsafeUrlError("not a URL in canonical form")
    if match["origin"] not in allowed_origins:
        raise UndeclaredSiteError("not a declared booking site")
    rest = url[match.end("origin") :]
    if _ENCODED_CONTROL.search(rest) or _ENCODED_CONTROL.search(unquote(rest)):  # also when encoded twice
        raise UnsafeUrlError("an encoded control character or backslash")
    path, _, query = rest.partition("?")
    if "//" in unquote(path) or "/../" in f"{unquote(path)}/" or "/./" in f"{unquote(path)}/":
        raise UnsafeUrlError("a path that a browser would rewrite")
    if _NESTED_URL.search(_fully_unquoted(query)) or _NESTED_URL.search(_fully_unquoted(path)):
        raise UnsafeUrlError("another URL inside the URL")
    try:
        decoded = unquote_to_bytes(rest).decode("utf-8")
    except UnicodeDecodeError:
        raise UnsafeUrlError("bytes that are not UTF-8") from None
    if any("\x80" <= character <= "\x9f" for character in decoded + _fully_unquoted(rest)):
        raise UnsafeUrlError("an encoded control character or backslash")
    # U+560A cut to one byte is a line feed: old servers cut so, and a header is split.
    if any(ord(character) > 0xFF and ord(character) & 0xFF < 0x20 for character in decoded):
        raise UnsafeUrlError("a character that hides a control character")
    return url


def is_safe(url: str, allowed_origins: Collection[str]) -> bool:
    try:
        check(url, allowed_origins)
    except UnsafeUrlError:
        return False
    return True


def origin_of(url: str) -> str:
    """ "https://host[:port]" of a URL in canonical form; "" for anything else."""
    match = _CANONICAL.match(url)
    return match["origin"] if match else ""


def host_of(url: str) -> str | None:
    """The host of a link as it is written, ASCII letters in lower case; None without one. For texts and counts alone.

    `urlsplit(…).hostname` would make a "k" of the Kelvin sign, and name a look-alike like the site that it imitates.
    """
    host = split_link(url).netloc.rpartition("@")[2].partition(":")[0]
    return _lower(host) or None


def canonical(raw: str) -> str:
    """`raw` as a careful person would have typed it: trimmed, https, host in lower case, non-ASCII percent-encoded.

    Repairs spelling only (spaces around, a doubled first slash, a stray quote at the end, accents);
    what the URL points to never changes. The result still has to pass `check`, which refuses the bytes of half a
    surrogate pair.
    """
    text = raw.strip(" \t\r\n\u00a0\u200b\"'<>")
    if text.lower().startswith("http://"):
        text = "https://" + text[7:]
    scheme, mark, rest = text.partition("://")
    if not mark:
        return text
    host, slash, tail = rest.partition("/")
    host, question, query = host.partition("?")
    tail = f"{question}{query}{slash}{tail}" if question else f"/{tail.lstrip('/')}"
    tail, _, _ = tail.partition("#")
    return f"{_lower(scheme)}://{_lower(host)}{quote(tail, safe=_KEPT, errors='surrogatepass')}"


def _lower(text: str) -> str:
    # ASCII alone: the Kelvin sign (U+212A) and others would become letters, and a look-alike host a declared one.
    return "".join(character.lower() if character.isascii() else character for character in text)


def rebase(url: str, origins: dict[str, str]) -> str:
    """`url` with its origin replaced as `origins` says (demonstration: booking host -> loopback origin), same path."""
    origin = origin_of(url)
    target = origins.get(origin)
    return url if target is None else target.rstrip("/") + url.removeprefix(origin)


def _fully_unquoted(text: str) -> str:
    for _ in range(3):
        decoded = unquote(text)
        if decoded == text:
            return decoded
        text = decoded
    return text


class BookingSites:
    """Which origins citizens may be sent to, and whose they are: data, handed in.

    `owners`: origin -> provider slug ("" for a declared site that we do not read).
    `replacements`: declared origin -> loopback origin of the demonstration.
    """

    def __init__(self, owners: Mapping[str, str], replacements: Mapping[str, str]) -> None:
        self.owners = dict(owners)
        self._allows = lru_cache(maxsize=65_536)(lambda url: is_safe(url, self.owners))
        self._replacements = dict(replacements)

    def admit(self, raw: str) -> tuple[str, str]:
        """(the URL in canonical form at a declared site, the slug of its provider). Raises UnsafeUrlError."""
        url = check(rebase(self._as_declared(canonical(raw)), self._replacements), self.owners)
        return url, self.owners[origin_of(url)]

    def _as_declared(self, url: str) -> str:
        """`url` at the declared one of "example.fr" and "www.example.fr", when it is at the other."""
        origin = origin_of(url)
        if not origin or origin in self.owners or origin in self._replacements:
            return url
        scheme, _, host = origin.partition("://")
        other = f"{scheme}://{host.removeprefix('www.') if host.startswith('www.') else f'www.{host}'}"
        known = other in self.owners or other in self._replacements
        return other + url.removeprefix(origin) if known else url

    def allows(self, url: str) -> bool:
        return self._allows(url)

    def owner(self, url: str) -> str | None:
        """Whose an admitted URL is; None when its site is not declared (any more)."""
        return self.owners.get(origin_of(url))
