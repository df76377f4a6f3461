"""A run over all platforms: what fails is recorded, marked and contained; what answers is stored once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from aggregator.collect.collector import Collector
from aggregator.collect.readings import due_before, in_flight
from aggregator.snapshot.shelf import Snapshot
from aggregator.store import Stores
from providers.breaker import BreakerState
from providers.sandbox.server import Sandbox
from tests.clock import Clock

Collect = Callable[..., Collector]
Publish = Callable[[], Snapshot]


def outcomes(stores: Stores, run: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in stores.catalog.fetch_table(run):
        found.setdefault(row["provider"], set()).add(row["outcome"])
    return found


def test_every_centre_of_every_platform_becomes_a_place_with_its_offer(
    collector: Collect, stores: Stores, sandbox: Sandbox
) -> None:
    collector().discover()

    offers = stores.registry.offers()
    for slug in ("doctolib", "keldoc", "maiia"):
        assert sum(offer.provider == slug for offer in offers) == len(sandbox.world.centres[slug])
    assert len({offer.offer_id for offer in offers}) == len(offers)
    assert all(offer.booking_url.startswith("http://127.0.0.1:") for offer in offers)


def test_a_platform_that_is_left_alone_is_asked_again_when_an_operator_says_so(
    collector: Collect, stores: Stores, sandbox: Sandbox, clock: Clock
) -> None:
    collector().discover()
    sandbox.faults["keldoc"] = "blocked"
    collector("keldoc").read()
    sandbox.faults.clear()
    assert outcomes(stores, collector("keldoc").read()) == {"keldoc": {"skipped"}}  # the pause goes on

    stores.catalog.end_pauses("keldoc", clock())

    assert "ok" in outcomes(stores, collector("keldoc").read())["keldoc"]
    assert stores.catalog.breaker("keldoc") == BreakerState()


def test_a_reading_of_which_nothing_is_due_leaves_no_trace(collector: Collect, stores: Stores, clock: Clock) -> None:
    one = collector()
    one.discover()
    run = one.read()

    assert stores.catalog.all_read_after(due_before(clock(), 300))
    assert one.read_due(due_before(clock(), 300)) is None
    assert not stores.catalog.all_read_after(clock())
    clock.forward(seconds=271)
    assert one.read_due(due_before(clock(), 300)) == run + 1


def test_a_second_run_invents_no_place_and_rewrites_no_slot(collector: Collect, stores: Stores, clock: Clock) -> None:
    one = collector()
    one.discover()
    one.read()
    places, readings = stores.registry.places(), {r["offer_id"]: r["changed_at"] for r in stores.catalog.readings()}

    clock.forward(minutes=5)
    again = collector()
    again.discover()
    again.read()

    assert stores.registry.places() == places
    assert {r["offer_id"]: r["changed_at"] for r in stores.catalog.readings()} == readings
    assert all(r["read_at"] == clock.at.isoformat() for r in stores.catalog.readings())


def test_one_failing_platform_does_not_stop_nor_mark_the_others(
    collector: Collect, stores: Stores, sandbox: Sandbox, publish: Publish
) -> None:
    one = collector()
    one.discover()
    one.read()
    before = publish()

    sandbox.faults["maiia"] = "error"
    run = collector().read()
    sandbox.faults.clear()
    after = publish()

    seen = outcomes(stores, run)
    assert "http_error" in seen["maiia"]
    assert not seen["doctolib"] - {"ok", "empty"}
    assert not seen["keldoc"] - {"ok", "empty"}
    for offer in after.places.offers.values():
        state, old = after.slots.offers[offer.id], before.slots.offers[offer.id]
        assert state.state == ("unknown" if offer.provider == "maiia" else old.state)


def test_a_platform_that_stops_answering_is_left_alone_and_its_places_are_unknown(
    collector: Collect, stores: Stores, sandbox: Sandbox, publish: Publish
) -> None:
    one = collector()
    one.discover()
    one.read()
    sandbox.faults["doctolib"] = "error"
    asked_before = sandbox.requests

    collector("doctolib").read()

    # The breaker opens after five failures in a row (three requests each); what is in flight then still ends.
    assert sandbox.requests - asked_before <= 3 * 32 + 15
    sandbox.faults.clear()
    state = stores.catalog.breaker("doctolib")
    assert state.open_until is not None
    after = publish()
    states = {after.slots.offers[o.id].state for o in after.places.offers.values() if o.provider == "doctolib"}
    assert states == {"unknown"}


def test_after_its_pause_one_probe_decides(collector: Collect, stores: Stores, sandbox: Sandbox, clock: Clock) -> None:
    collector().discover()
    sandbox.faults["keldoc"] = "error"
    collector("keldoc").read()
    quiet = sandbox.requests
    collector("keldoc").read()
    assert sandbox.requests == quiet  # the breaker was stored: a new process does not knock again

    sandbox.faults.clear()
    clock.forward(seconds=61)
    run = collector("keldoc").read()

    assert "ok" in outcomes(stores, run)["keldoc"]
    assert stores.catalog.breaker("keldoc").open_until is None


def test_a_probe_that_fails_is_all_that_is_asked_after_a_pause(
    collector: Collect, stores: Stores, sandbox: Sandbox, clock: Clock
) -> None:
    collector().discover()
    sandbox.faults["keldoc"] = "error"
    collector("keldoc").read()
    asked_before = sandbox.requests
    clock.forward(seconds=61)

    run = collector("keldoc").read()

    sandbox.faults.clear()
    assert sandbox.requests - asked_before == 3  # one question, which is tried twice more
    assert outcomes(stores, run) == {"keldoc": {"http_error", "skipped"}}


def test_a_probe_that_is_answered_is_followed_by_all_the_others(
    collector: Collect, stores: Stores, sandbox: Sandbox, clock: Clock
) -> None:
    collector().discover()
    sandbox.faults["keldoc"] = "error"
    collector("keldoc").read()
    sandbox.faults.clear()
    clock.forward(seconds=61)

    run = collector("keldoc").read()

    offers = {offer.offer_id for offer in stores.registry.offers() if offer.provider == "keldoc"}
    times = stores.catalog.reading_times()
    assert {times[offer] for offer in offers} == {clock.at.isoformat()}
    assert "skipped" not in outcomes(stores, run)["keldoc"]


def test_retry_after_is_obeyed_and_delays_nobody_else(
    collector: Collect, stores: Stores, sandbox: Sandbox, clock: Clock
) -> None:
    collector().discover()
    sandbox.faults["maiia"] = "rate-limited"  # Retry-After: 120
    collector().read()
    sandbox.faults.clear()

    until = stores.catalog.breaker("maiia").open_until
    assert until == clock.at + timedelta(seconds=120)
    clock.forward(seconds=119)
    early = outcomes(stores, collector().read())
    assert "ok" not in early.get("maiia", set())
    assert "ok" in early["doctolib"]
    clock.forward(seconds=2)
    assert "ok" in outcomes(stores, collector().read())["maiia"]


def test_an_empty_list_is_held_back_and_the_known_centres_stay(
    collector: Collect, stores: Stores, sandbox: Sandbox, publish: Publish
) -> None:
    collector().discover()
    known = stores.catalog.centre_count("doctolib")
    centres, sandbox.world.centres["doctolib"] = sandbox.world.centres["doctolib"], []
    kept = {slug: list(server.platform._centres) for slug, server in sandbox._servers.items() if server.platform}
    sandbox._servers["doctolib"].platform._centres.clear()  # type: ignore[union-attr]

    collector().discover()

    sandbox._servers["doctolib"].platform._centres.extend(kept["doctolib"])  # type: ignore[union-attr]
    sandbox.world.centres["doctolib"] = centres
    assert stores.catalog.centre_count("doctolib") == known
    (held,) = stores.catalog.quarantines()
    assert (held["source"], held["reason"], held["found"]) == ("doctolib", "no centre at all", 0)
    publish()


def test_the_oldest_reading_goes_first_and_the_interval_is_one_for_all(
    collector: Collect, stores: Stores, clock: Clock
) -> None:
    one = collector()
    one.discover()
    one.read()
    some = sorted(offer.offer_id for offer in stores.registry.offers())[:5]
    for number, offer_id in enumerate(some):
        early = (clock.at - timedelta(hours=5 - number)).isoformat()
        stores.catalog.run("UPDATE readings SET read_at = :at WHERE offer_id = :id", {"at": early, "id": offer_id})

    due = collector()._due(due_before(clock.at, 300))

    listed = [offer.offer_id for offers in due.values() for offer in offers]
    assert sorted(listed) == some
    for offers in due.values():
        times = stores.catalog.reading_times()
        assert [times[offer.offer_id] for offer in offers] == sorted(times[offer.offer_id] for offer in offers)


def test_what_was_never_read_goes_before_the_oldest_reading(collector: Collect, stores: Stores, clock: Clock) -> None:
    one = collector("doctolib")
    one.discover()
    one.read()
    last = max(offer.offer_id for offer in stores.registry.offers())
    stores.catalog.run("DELETE FROM readings WHERE offer_id = :id", {"id": last})

    due = one._due(None)["doctolib"]

    assert len(due) > 1
    assert due[0].offer_id == last


def test_a_reading_is_due_an_interval_later_although_its_run_took_a_while_and_not_before(
    collector: Collect, clock: Clock
) -> None:
    one = collector("doctolib")
    one.discover()
    one.read()

    clock.forward(seconds=240)
    early = one._due(due_before(clock.at, 300))
    clock.forward(seconds=40)
    due = one._due(due_before(clock.at, 300))

    assert early == {}
    assert due == one._due(None)


def test_readings_begin_in_the_order_in_which_they_are_due() -> None:
    begun: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        ended = list(in_flight(pool, begun.append, range(9), limit=2))  # type: ignore[arg-type]

    assert begun == list(range(9))
    assert len(ended) == 9
