"""What every provider promises, whoever it is. A new adapter inherits these tests with three lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers import PROVIDERS
from providers.base import Provider
from providers.records import Department, Outcome
from providers.sandbox.faults import FAULTS
from providers.sandbox.server import Sandbox
from providers.sandbox.world import SimCentre, World, public_link
from tests.clock import NOON

AIN = [Department("01", "Ain"), Department("69", "Rhône"), Department("974", "La Réunion")]

# What each fault must be called; never "ok", never "empty".
OUTCOMES = {
    "reset": {Outcome.HTTP_ERROR},
    "hang": {Outcome.TIMEOUT},
    "drip": {Outcome.TIMEOUT},
    "drip-headers": {Outcome.TIMEOUT},
    "rate-limited": {Outcome.RATE_LIMITED},
    "rate-limited-date": {Outcome.RATE_LIMITED},
    "rate-limited-negative": {Outcome.RATE_LIMITED},
    "rate-limited-junk": {Outcome.RATE_LIMITED},
    "blocked": {Outcome.BLOCKED},
    "challenge": {Outcome.BLOCKED},
    "error": {Outcome.HTTP_ERROR},
    "unavailable": {Outcome.HTTP_ERROR},
    "gone": {Outcome.GONE},
    "truncated": {Outcome.INVALID, Outcome.HTTP_ERROR},
    "redirect-loop": {Outcome.INVALID},
    # An id that is another one now: asked about, the platform may say that it knows of none.
    "arabic-digits": {Outcome.INVALID, Outcome.HTTP_ERROR, Outcome.GONE},
    "half-pairs": {Outcome.INVALID, Outcome.HTTP_ERROR, Outcome.GONE},
}
UNKNOWN_SHAPES = {
    "no-content", "html", "empty", "cut-json", "latin-1", "utf-16", "bom", "huge", "gzip-bomb", "deep", "long-integer",
    "nan", "infinity", "duplicate-key", "redirect-away", "redirect-file", "renamed", "booleans", "scalar",
    "year-9999", "year-1", "huge-numbers", "brackets", "quotes", "escapes", "same-key",
}  # fmt: skip


ODD_VALUES: list[Any] = [7.5, True, {"odd": 1}, [[7]], {}, "\ud800", 10**18]


@contextmanager
def odd_value(slug: str, sandbox: Sandbox, answer: int, place: int, odd: Any) -> Iterator[None]:
    """A fault that changes one value of one of the answers that follow; of the last place when there are fewer."""
    seen = count()

    def change(_: Any, body: bytes) -> bytes:
        return body if next(seen) != answer else changed(body, place, odd)

    with patch.dict(FAULTS, {"odd-value": change}):
        sandbox.faults[slug] = "odd-value"
        try:
            yield
        finally:
            sandbox.faults.clear()


def changed(body: bytes, place: int, odd: Any) -> bytes:
    value = json.loads(body)
    # Of another type than what stood there: a value of the same type may be a true one. Where null stood, anything may.
    spots = [(holder, key) for holder, key in places_of(value) if type(holder[key]) not in (type(None), type(odd))]
    if spots:
        holder, key = spots[place % len(spots)]
        holder[key] = odd
    return json.dumps(value).encode()


def places_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of every value within a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in list(inside):
        yield value, key
        yield from places_of(one)


class ProviderContract:
    """Inherit, name the adapter: `kind = Doctolib`."""

    kind: ClassVar[type[Provider]]
    says_telephone: ClassVar[bool] = True
    """Whether its answers say that a centre is booked by telephone, and not only that nothing is free."""

    @pytest.fixture
    def adapter(self, provider: Callable[..., Provider], sandbox: Sandbox) -> Provider:
        sandbox.faults.clear()
        return provider(self.kind, sandbox.origins[self.kind.slug], total_s=0.8)

    @pytest.fixture
    def link(self, sandbox: Sandbox) -> str:
        """The booking link of a centre that has free slots."""
        world = sandbox.world
        for centre in world.centres[self.kind.slug]:
            free = any(world.free(centre, motive, NOON.date(), 20, NOON) for motive in centre.motives)
            if free and not centre.phone_only:
                return self.link_to(centre)
        raise AssertionError("the world has no centre with slots")

    def link_to(self, centre: SimCentre) -> str:
        """As discovery gives it: on one platform the public link alone does not say which centre it is about."""
        return public_link(centre) + (f"?centerid={centre.key}" if self.kind.slug == "maiia" else "")

    def test_it_is_registered_under_its_slug(self) -> None:
        assert PROVIDERS[self.kind.slug] is self.kind

    def test_it_finds_the_centres_of_its_platform_once_each(self, adapter: Provider, sandbox: Sandbox) -> None:
        parts = list(adapter.discover(AIN))

        found = [centre for part in parts for centre in part.centres]
        assert all(part.outcome.readable for part in parts)
        assert len({centre.source_id for centre in found}) == len(found)
        departments = {department.code for department in AIN}
        expected = [c for c in sandbox.world.centres[self.kind.slug] if c.town.department in departments]
        assert {centre.name for centre in found} >= {centre.name for centre in expected}

    def test_positions_are_where_the_platform_says(self, adapter: Provider, sandbox: Sandbox) -> None:
        truth = {(c.name, c.address): (c.lat, c.lon) for c in sandbox.world.centres[self.kind.slug]}

        found = [centre for part in adapter.discover(AIN) for centre in part.centres]

        assert found
        for centre in found:
            places = [at for (name, _), at in truth.items() if name == centre.name]
            assert (centre.lat, centre.lon) in [pytest.approx(place) for place in places]

    def test_it_reads_exactly_the_free_slots(self, adapter: Provider, sandbox: Sandbox, link: str) -> None:
        centre = next(c for c in sandbox.world.centres[self.kind.slug] if public_link(c).split("?")[0] in link)
        wanted = {
            moment for motive in centre.motives for moment in sandbox.world.free(centre, motive, NOON.date(), 30, NOON)
        }

        reading = adapter.slots(link, NOON.date(), 30)

        assert reading.outcome is Outcome.OK
        assert {slot.starts_at for slot in reading.slots} == wanted
        assert len(reading.slots) == len(wanted)

    def test_its_booking_link_leads_to_a_declared_site(self, adapter: Provider, link: str) -> None:
        reading = adapter.slots(link, NOON.date(), 7)

        assert reading.booking_url is not None
        assert reading.booking_url.startswith(adapter.config.booking_origin + "/")
        assert self.kind.link_key(reading.booking_url) == self.kind.link_key(link)

    def test_a_centre_by_telephone_is_said_to_be_so(self, provider: Callable[..., Provider], world: World) -> None:
        """In a world where every centre is booked by telephone."""
        centres = {slug: [replace(one, phone_only=True) for one in some] for slug, some in world.centres.items()}
        with Sandbox(World(world.seed, centres, world.listed), now=lambda: NOON) as by_phone:
            adapter = provider(self.kind, by_phone.origins[self.kind.slug])

            reading = adapter.slots(self.link_to(centres[self.kind.slug][0]), NOON.date(), 7)

        assert (reading.outcome, reading.phone_only, reading.slots) == (Outcome.EMPTY, self.says_telephone, ())

    @pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"flapping"}))  # which is read, see below
    def test_a_fault_is_named_and_never_read_as_no_slot(
        self, adapter: Provider, sandbox: Sandbox, link: str, fault: str
    ) -> None:
        sandbox.faults[self.kind.slug] = fault

        reading = adapter.slots(link, NOON.date(), 14)

        sandbox.faults.clear()
        assert reading.outcome in OUTCOMES.get(fault, {Outcome.INVALID}), reading
        assert reading.slots == ()
        assert fault in OUTCOMES or fault in UNKNOWN_SHAPES

    def test_a_fault_in_the_listing_is_a_part_with_its_outcome(self, adapter: Provider, sandbox: Sandbox) -> None:
        sandbox.faults[self.kind.slug] = "html"

        parts = list(adapter.discover(AIN))

        sandbox.faults.clear()
        assert parts
        assert not any(part.outcome.readable for part in parts)

    def test_a_server_that_flaps_is_asked_again_and_read(self, adapter: Provider, sandbox: Sandbox, link: str) -> None:
        sandbox.faults[self.kind.slug] = "flapping"

        reading = adapter.slots(link, NOON.date(), 14)

        sandbox.faults.clear()
        assert reading.outcome is Outcome.OK

    def test_no_value_of_an_answer_in_place_of_another_stops_a_reading_or_loses_slots_in_silence(
        self, adapter: Provider, sandbox: Sandbox, link: str
    ) -> None:
        """One value of one answer becomes something of a type that nobody expects there."""
        whole = {slot.starts_at for slot in adapter.slots(link, NOON.date(), 14).slots}

        @settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
        @given(answer=st.integers(0, 5), place=st.integers(0, 400), odd=st.sampled_from(ODD_VALUES))
        def any_value(answer: int, place: int, odd: Any) -> None:
            with odd_value(self.kind.slug, sandbox, answer, place, odd):
                reading = adapter.slots(link, NOON.date(), 14)
            adapter.breaker.succeeded()

            assert reading.outcome in Outcome
            kept = {slot.starts_at for slot in reading.slots}
            assert kept >= whole or reading.partial or not reading.outcome.readable, (reading.outcome, reading.note)

        any_value()

    def test_a_link_that_names_no_centre_asks_nothing_wrong(self, adapter: Provider) -> None:
        reading = adapter.slots("https://example.org/", date(2026, 11, 23), 7)

        assert not reading.outcome.readable


Answers = dict[str, Any]
