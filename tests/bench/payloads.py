"""Row 8: hostile URLs at both gates, where links come in and where citizens go out; honest ones pass both."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from aggregator.config.settings import ROOT
from aggregator.redirect.redirector import Redirector, UnknownOfferError
from aggregator.redirect.tokens import Tokens
from aggregator.redirect.visitors import ClickLimits, Duplicates, Visitor
from providers.booking_url import BookingSites, UnsafeUrlError
from tests.bench.plain_snapshot import one_offer
from tests.bench.score import Score, report

TITLE = "hostile URLs accepted at ingest or at departure, honest ones refused"
BAR = "0 of 1,960 at two gates, 0 of 18"
PAYLOADS = json.loads((ROOT / "tests" / "fixtures" / "redirect_payloads.json").read_text(encoding="utf-8"))


Admit = Callable[[BookingSites, str], str | None]


class Nowhere:
    """An event log that keeps nothing: only the gate is tried."""

    def record(self, event: object) -> tuple[object, bool]:
        return event, True


def way_out(sites: BookingSites, url: str) -> bool:
    """Does the redirect send a citizen to this link, had it slipped into the store?"""
    snapshot, offer = one_offer()
    snapshot.places.offers[offer.id] = replace(offer, url=url)
    tokens, at = Tokens(b"k" * 32), datetime(2026, 11, 23, 12, tzinfo=UTC)
    token = tokens.write("2026-11-23T12", "a" * 32, snapshot.places.all[0].id, offer.id, 1)
    visitor = Visitor("192.0.2.1", "Mozilla/5.0 Firefox/130.0", {}, "localhost")
    gate = Redirector(tokens, Duplicates(), ClickLimits(""), Nowhere(), sites)  # type: ignore[arg-type]
    try:
        return gate.depart(token, visitor, snapshot, at).url == url
    except UnknownOfferError:
        return False


def way_in(sites: BookingSites, url: str) -> str | None:
    """The link that is taken in place of `url`, perhaps repaired; None when it is refused."""
    try:
        return sites.admit(url)[0]
    except UnsafeUrlError:
        return None


def is_honest(url: str) -> bool:
    """A second, independent look at a link, as a browser has it: an https address of exactly an allowed host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    written = f"https://{parts.hostname}"
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>^`{|}')
    # The host as it is written and not only as it is parsed: nothing may stand between the scheme and the path but it.
    origin = parts.scheme == "https" and port is None and url.startswith((f"{written}/", f"{written}?"))
    path = unquote(unquote(parts.path))
    return plain and origin and parts.hostname in PAYLOADS["allow_list"] and not set(path) & set("\r\n\t\x00\\")


def judged(sites: BookingSites, row: dict[str, str], admit: Admit = way_in) -> tuple[bool, bool]:
    """(whether the way in did right, whether it repaired a hostile link).

    A hostile link that is repaired becomes another link, and that one is judged: it must be honest to the second look,
    stay as it is when it comes in again, and lead out as it is.
    """
    taken = admit(sites, row["payload"])
    if row["verdict"] == "accept":
        return taken == row["payload"], False
    if taken is None:
        return True, False
    if taken == row["payload"]:
        return False, False
    return is_honest(taken) and way_in(sites, taken) == taken and way_out(sites, taken), True


def repair_by_replacing(sites: BookingSites, url: str) -> str | None:
    """A control: a repair that makes a link look right, and does not look where it leads."""
    host = next((host for host in PAYLOADS["allow_list"] if host in url), None)
    return url.replace("\\", "/").replace("http:", "https:").strip() if host else None


def score() -> Score:
    sites = BookingSites({f"https://{host}": "x" for host in PAYLOADS["allow_list"]}, {})
    injected = survived = repaired = careless = misled = 0
    for row in PAYLOADS["payloads"]:
        accept = row["verdict"] == "accept"
        right, was_repaired = judged(sites, row)
        survived += right + (way_out(sites, row["payload"]) == accept)
        injected += 2
        repaired += was_repaired
        careless += not accept and any(host in row["payload"] for host in PAYLOADS["allow_list"])
        misled += not judged(sites, row, repair_by_replacing)[0]
    said = (
        f"{repaired} hostile links were repaired into honest ones; a search for the host accepts {careless}, "
        f"a repair by replacing misleads {misled} times"
    )
    return Score(injected, survived, 2, (careless > 1000) + (misled > 100), said)


if __name__ == "__main__":
    report(TITLE, score)
