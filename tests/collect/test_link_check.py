"""Booking links are followed as a careful visitor would: equal samples, and "did not answer" is no dead link."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from aggregator.collect.link_check import SAMPLE, check_links, landing, sampled
from aggregator.config.settings import Settings
from aggregator.snapshot.places import Offer
from providers.http import FetchClient, Limits
from providers.sandbox.server import Sandbox
from tests.clock import NOON
from tests.loopback import Loopback, Status


@pytest.fixture
def shop() -> Iterator[Loopback]:
    with Loopback(
        {
            "/here": Status(200, b"<html>", **{"Content-Type": "text/html"}),
            "/gone": Status(404),
            "/away": Status(302, Location="https://elsewhere.example/"),
            "/no": Status(403),
            "/ill": Status(500),
        }
    ) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "verdict"),
    [("/here", "landed"), ("/gone", "dead"), ("/away", "foreign"), ("/no", "unknown"), ("/ill", "unknown")],
)
def test_where_a_link_leads_is_told_apart(shop: Loopback, path: str, verdict: str) -> None:
    client = FetchClient([shop.origin], "Aiguillage", limits=Limits(retry_wait_s=0.01))

    assert landing(f"{shop.origin}{path}", lambda url: void(client.get(url))) == verdict


def void(_: object) -> None:
    return


def test_every_platform_gives_as_many_links(filled: Settings, sandbox: Sandbox) -> None:
    found = check_links(filled, NOON, random.Random(1))

    verdicts = ("landed", "dead", "foreign", "unknown")
    checked = {row["slug"]: sum(row[name] for name in verdicts) for row in found["providers"]}
    assert set(checked) == {"doctolib", "keldoc", "maiia", "ordoclic"}
    assert max(checked.values()) <= SAMPLE
    assert all(row["landed"] == checked[row["slug"]] for row in found["providers"])


def test_a_platform_whose_pages_vanish_is_seen(filled: Settings, sandbox: Sandbox) -> None:
    sandbox.faults["keldoc"] = "gone"
    found = {row["slug"]: row for row in check_links(filled, NOON, random.Random(1))["providers"]}
    sandbox.faults.clear()

    assert found["keldoc"]["dead"] > 0
    assert found["maiia"]["dead"] == 0


def test_the_sample_is_drawn_and_not_the_first_ones() -> None:
    offers = [Offer(f"o-{number}", "x", "", 0) for number in range(100)]

    assert sampled(offers, random.Random(1)) != sampled(offers, random.Random(2))
    assert len(sampled(offers, random.Random(1))) == SAMPLE
    assert len(sampled(offers[:3], random.Random(1))) == 3
