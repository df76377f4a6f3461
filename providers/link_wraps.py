"""Takes the wraps off links: mail gateways, search engines and networks put an address of their own around a link.

Only what the wrap itself says is read; nobody is asked. A wrap that its own server alone can open stays, and `opaque`
names it, so that the list's keeper can be asked for the plain link.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from providers.text import split_link

MOST_WRAPS = 4  # a message that was passed on carries the wraps of each house

# Whole host, how the path begins, and the parameters that hold the link, the likelier first.
_PLAIN = (
    (r"(?:[a-z0-9-]+\.)*safelinks\.protection\.outlook\.com", "", ("url",)),
    (r"statics\.teams\.cdn\.office\.net", "/evergreen-assets/safelinks", ("url",)),
    (r"urldefense\.[a-z.]+", "/v1/", ("u",)),
    (r"linkprotect\.cudasvc\.com", "/url", ("a",)),
    (r"(?:[a-z0-9-]+\.)+trendmicro\.com", "/wis/clicktime", ("url",)),
    (r"protect[a-z0-9-]*\.fireeye\.com", "/v1/url", ("u",)),
    (r"clicktime\.symantec\.com", "", ("u",)),
    (r"urlsand\.(?:esvalabs\.)?com", "", ("u",)),
    (r"deref-[a-z]+\.[a-z]+", "/", ("redirectUrl",)),
    (r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?", "/url", ("q", "url")),
    (r"(?:l|lm)\.(?:facebook|instagram|messenger|workplace)\.com", "", ("u",)),
    (r"(?:www\.)?youtube\.com", "/redirect", ("q",)),
    (r"(?:www\.)?linkedin\.com", "/redir/", ("url",)),
    (r"(?:www\.)?linkedin\.com", "/safety/go", ("url",)),
    (r"slack-redir\.net", "/link", ("url",)),
    (r"duckduckgo\.com", "/l/", ("uddg",)),
)
_OPAQUE = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:mimecast\.com|protection\.sophos\.com|secure-web\.cisco\.com|emailprotection\.link"
    r"|mailinblack\.com|bit\.ly|t\.co|tinyurl\.com|goo\.gl|ow\.ly|urlz\.fr|vu\.fr)"
)
# What wraps add of their own behind a link that they did not encode.
_OF_THE_WRAP = {"data", "sdata", "reserved", "sa", "usg", "ved", "ust", "source", "h", "fbclid", "redir_token"}
_V3 = re.compile(r"https://urldefense\.[a-z]+/v3/__(.+?)__;([A-Za-z0-9_-]*)!*\S*")


def unwrap_masked(text: str) -> str:
    """`text` with Proofpoint's third version opened, which is told by its marks and not by a parameter."""
    return _V3.sub(lambda wrap: _fill_v3(wrap[1], wrap[2]), text)


def unwrap(url: str) -> str:
    """The link inside all wraps of `url`; `url` itself where there is none."""
    for _ in range(MOST_WRAPS):
        inner = _inside(url)
        if inner is None:
            break
        url = inner
    return url


def opaque(url: str) -> bool:
    """True for a wrap or a short link that says nothing of where it leads."""
    return _OPAQUE.fullmatch(split_link(url).hostname or "") is not None


def _inside(url: str) -> str | None:
    parts = split_link(url.strip())
    host = (parts.hostname or "").lower()
    if re.fullmatch(r"urldefense\.[a-z.]+", host) and parts.path.startswith("/v2/"):
        masked = dict(parse_qsl(parts.query)).get("u", "")
        # Version 2 writes "%" as "-" and "/" as "_".
        return _as_link(unquote(re.sub(r"-([0-9A-F]{2})", r"%\1", masked).replace("_", "/")))
    for pattern, start, names in _PLAIN:
        if re.fullmatch(pattern, host) and parts.path.startswith(start):
            values = dict(reversed(parse_qsl(parts.query)))  # the first of several counts
            found = (_as_link(_whole(parts.query, name, values[name])) for name in names if name in values)
            return next((link for link in found if link), None)
    return None


def _whole(query: str, name: str, value: str) -> str:
    """`value`, with what follows it when the link was put in as it is, so that its own "&" ended it too early."""
    raw = re.search(rf"(?:^|&){name}=(https?://[^&]*\?.*)", query, re.IGNORECASE)
    if raw is None:
        return value
    first, *more = raw[1].split("&")
    return "&".join((first, *(part for part in more if part.partition("=")[0] not in _OF_THE_WRAP)))


def _as_link(text: str) -> str | None:
    for _ in range(MOST_WRAPS):
        if re.match(r"(?:https?://|www\.)\S", text, re.IGNORECASE):
            return text if "://" in text[:8] else f"https://{text}"
        text = unquote(text)
    return None


def _fill_v3(masked: str, replaced: str) -> str:
    """Proofpoint v3 puts "*" for characters that stand, base64-encoded, after the URL."""
    padded = replaced + "=" * (-len(replaced) % 4)
    try:
        characters: Iterator[str] = iter(base64.urlsafe_b64decode(padded).decode("utf-8", "replace"))
    except ValueError:
        return masked  # cut off by whoever copied it
    return "".join(next(characters, "*") if character == "*" else character for character in masked)
