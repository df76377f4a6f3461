"""Row 8: hostile URLs at both gates, where links come in and where citizens go out; honest ones pass both."""

from __future__ import annotations

import json
from datetime import UTC, datetime

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


def way_in(sites: BookingSites, url: str) -> bool:
    """Is the link taken as it is? What a careful person would have typed instead is another link, judged by itself."""
    try:
        return sites.admit(url)[0] == url
    except UnsafeUrlError:
        return False


def score() -> Score:
    sites = BookingSites({f"https://{host}": "x" for host in PAYLOADS["allow_list"]}, {})
    injected = survived = careless = 0
    for row in PAYLOADS["payloads"]:
        accept = row["verdict"] == "accept"
        survived += (way_in(sites, row["payload"]) == accept) + (way_out(sites, row["payload"]) == accept)
        injected += 2
        careless += not accept and any(host in row["payload"] for host in PAYLOADS["allow_list"])
    return Score(injected, survived, 1, int(careless > 1000), f"a search for the host in the text accepts {careless}")


if __name__ == "__main__":
    report(TITLE, score)
