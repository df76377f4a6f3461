"""Classifies clicks: robots, prefetches, duplicates, and those beyond the limits of one address.

What is remembered of clicks lives in memory only, as hashes under a key drawn at start and each day. The same limits
hold for every platform; a click beyond them is sealed with its class and sent on all the same (docs/figures.md §1.1).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice

import crawleruseragents

from aggregator.redirect.tokens import HOURS_VALID
from aggregator.search.order import epoch_of

DUPLICATE_S = 30 * 60
MAX_REMEMBERED = 500_000  # a flood of clicks must not fill the memory
MOST_AN_ADDRESS, MOST_A_NETWORK = 20, 200
"""Clicks counted an hour for one platform: from one address (IPv6: its /64), from its network (/24, IPv6: /48)."""
HASTY_A_MINUTE = 30
MAPPED = bytes(10) + b"\xff\xff"  # an IPv4 address written as IPv6 begins so (RFC 4291 §2.5.5.2)


class Marks:
    """Hashes of 16 bytes under a key that is replaced each day: nobody can find out from them later who was here."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key, self._drawn = secrets.token_bytes(32), clock()

    def new_day(self) -> bool:
        """True when the key has been changed, so that what was marked under the old one means nothing any more."""
        if self._clock() - self._drawn <= 24 * 3600:
            return False
        self._key, self._drawn = secrets.token_bytes(32), self._clock()
        return True

    def of(self, *parts: str) -> bytes:
        # NUL keeps ("1", "23") and ("12", "3") apart; a header may hold half a surrogate pair, which UTF-8 refuses.
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=16).digest()


class Duplicates:
    """Remembers clicks for half an hour: the same address and offer count once, whatever the user agent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._marks = Marks(clock)
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def seen_before(self, address: str, offer_id: str) -> bool:
        """True when the same address and offer were counted within the last half hour."""
        now = self._clock()
        with self._lock:
            if self._marks.new_day():
                self._seen.clear()
            while self._seen and (
                next(iter(self._seen.values())) < now - DUPLICATE_S or len(self._seen) > MAX_REMEMBERED
            ):
                self._seen.popitem(last=False)
            mark = self._marks.of(address, offer_id)
            # The time stays that of the first click: clicking on does not lengthen the half hour.
            if mark in self._seen:
                return True
            self._seen[mark] = now
            return False


class ClickLimits:
    """How many clicks of one hour count, alike for every platform.

    An address and its network each have a limit for each platform; a button counts at most as often as its list was
    served. `several`: other machines serve lists too, so a list that is unknown here may be genuine.
    """

    def __init__(self, first_hour: str, several: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock, self._marks = clock, Marks(clock)
        self._first_hour = first_hour
        self._several = several
        self._hour = ""
        # Of each hour, the oldest first: how many lists and buttons were known at its first click.
        self._known: list[tuple[str, int, int]] = []
        self._clicks: Counter[bytes] = Counter()
        self._served: Counter[str] = Counter()
        self._pressed: Counter[tuple[str, str]] = Counter()
        self._minute, self._of_minute, self.hasty = -1, Counter[str](), 0

    def served(self, list_hash: str, hour: str) -> None:
        """A list went out, in `hour`, to somebody who is no robot: each of its buttons may count once more."""
        with self._lock:
            self._served[list_hash[:32]] += 1
            if len(self._served) > MAX_REMEMBERED:
                self._forget_lists(hour)

    def exceeded(self, hour: str, epoch: str, list_hash: str, offer_id: str, sources: Mapping[str, int]) -> bool:
        """Count a click; True when it is beyond what may count.

        `hour`: now; `epoch`, `list_hash`: of the button; `sources`: address or network, with platform -> its limit.
        """
        with self._lock:
            self._turn(hour)
            self._watch(offer_id)
            button = (list_hash, offer_id)
            served = self._served.get(list_hash)
            # From before this process started, or from another machine: how often it was served is not known here.
            unheard = served is None and (self._several or epoch <= self._first_hour)
            if not unheard and self._pressed[button] >= (served or 0):
                return True
            marks = {self._marks.of(source): most for source, most in sources.items()}
            for mark, most in marks.items():
                if self._clicks[mark] >= most:
                    return True
            # Only a click that counts uses up what others may count: those that were refused above add nothing.
            self._pressed[button] += 1
            for mark in marks:
                self._clicks[mark] += 1
            return False

    def _turn(self, hour: str) -> None:
        if hour != self._hour:
            self._hour = hour
            self._clicks.clear()
            self._forget_expired(hour)
        if self._marks.new_day():
            self._clicks.clear()
        if len(self._pressed) > MAX_REMEMBERED:
            self._forget_lists(hour)

    def _forget_expired(self, hour: str) -> None:
        """Let go lists and buttons whose tokens are no longer valid: no click on them can count."""
        if not self._known or hour > self._known[-1][0]:
            self._known.append((hour, len(self._served), len(self._pressed)))
        # An hour more than tokens are valid: lists of an hour are served before its first click too.
        oldest = epoch_of(datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC) - timedelta(hours=HOURS_VALID + 1))
        lists, buttons = max((known[1:] for known in self._known if known[0] <= oldest), default=(0, 0))
        # A dictionary keeps the order in which its keys came: those that were known then stand first.
        for listed in list(islice(self._served, lists)):
            del self._served[listed]
        for button in list(islice(self._pressed, buttons)):
            del self._pressed[button]
        self._known = [(at, n - lists, m - buttons) for at, n, m in self._known if at > oldest]

    def _forget_lists(self, hour: str) -> None:
        """All of them, and from when on: a list that was merely forgotten must not look like one never served."""
        self._pressed.clear()
        self._served.clear()
        self._known.clear()
        self._first_hour = hour

    def _watch(self, offer_id: str) -> None:
        """Set `hasty`: how many offers were pressed over 30 times in the last full minute that had clicks."""
        minute = int(self._clock()) // 60
        if minute != self._minute:
            self._minute, self.hasty = minute, sum(n > HASTY_A_MINUTE for n in self._of_minute.values())
            self._of_minute.clear()
        self._of_minute[offer_id] += 1


def networks_of(address: str) -> tuple[str, str]:
    """(the address, its network) that limits look at: IPv4 and its /24, or the /64 and /48 of an IPv6 address.

    As hexadecimal digits. Not cached: a cache would hold addresses as they are.
    """
    for family, near, far in ((socket.AF_INET, 4, 3), (socket.AF_INET6, 8, 6)):
        try:
            packed = socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        # ::ffff:192.0.2.1 is 192.0.2.1; an IPv6 connection is given a whole /64, whose addresses are one visitor.
        if packed.startswith(MAPPED):
            packed, near, far = packed[len(MAPPED) :], 4, 3
        return packed[:near].hex(), packed[:far].hex()
    return address, address


def address_in(text: str) -> str:
    """The address of a forwarded node (RFC 7239 §6): quotes, brackets and port cut off."""
    text = text.strip().strip('"')
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, port = text.rpartition(":")
    return host if colon and ":" not in host and port.isascii() and port.isdigit() else text


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request says of itself; never written anywhere. `headers`: those of `HEADERS_READ` that it has."""

    address: str
    user_agent: str
    headers: Mapping[str, str]
    own_host: str


def is_foreign(visitor: Visitor) -> bool:
    """A POST that does not come from our own pages (docs/figures.md §1.1): Sec-Fetch-Site when present, else Origin."""
    # First the header that no script can set. A browser that sends neither gets the benefit of the doubt.
    site = visitor.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = visitor.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != visitor.own_host


PREFETCH_SIGNS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
PREFETCH_WORDS = ("prefetch", "prerender", "preview")
HEADERS_READ = ("sec-fetch-site", "origin", *PREFETCH_SIGNS)


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """True when a browser says that it asks ahead, for a page that nobody may ever see."""
    return any(headers.get(name, "").lower().startswith(PREFETCH_WORDS) for name in PREFETCH_SIGNS)


# Programs that open a link by themselves and that the public list lacks. Each name is what the program calls itself; no
# browser that people hold calls itself so.
OPENERS = re.compile(
    # Office suites ask for an address when somebody clicks on it in a document, or merely opens the document.
    r"Microsoft Office|ms-office|MSOffice|Microsoft-WebDAV-MiniRedir|Microsoft\.Data\.Mashup|DavClnt"
    r"|\b(Word|Excel|PowerPoint)/\d|LibreOffice|OpenOffice"
    # Mail filters and address checkers follow every link of a message or of a page.
    r"|Barracuda|Proofpoint|Mimecast|Safe ?Links|LinkChecker|lychee/|muffet/|linkinator|FeedFetcher"
    # Messengers draw a preview of a link that somebody has sent.
    r"|mattermost|Rocket\.Chat|Zulip|Cardyb|Pinterestbot|SkypeUriPreview|Nextcloud|Google-PageRenderer"
    # Libraries and tools, by the name that they send unless told otherwise.
    r"|urllib3/|PostmanRuntime/|GuzzleHttp/|^Java/",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_robot(user_agent: str) -> bool:
    """True for a user agent of the public list of crawlers, for one of `OPENERS`, and for an empty one."""
    if not user_agent.strip() or OPENERS.search(user_agent):
        return True
    return bool(crawleruseragents.is_crawler(user_agent))
