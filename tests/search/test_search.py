"""From what platforms said to a list that anyone can replay: snapshot, filters, order."""

from __future__ import annotations

import gzip
import itertools
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator import canonical
from aggregator.collect.collector import Collector
from aggregator.config.campaign import Campaign
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.country.geography import Points, distance_m
from aggregator.publish.place_record import describe, is_listed, reading_state
from aggregator.search.order import Section, Sort
from aggregator.search.question import Moment, Question
from aggregator.search.search import refreshed, search
from aggregator.search.slot_filter import SlotFilter, slot_filter
from aggregator.snapshot.format import SnapshotError, snapshot_hash
from aggregator.snapshot.places import Place, Places
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.snapshot.slots import Slots
from providers.records import Centre
from providers.sandbox.server import Sandbox
from tests.clock import NOON, Clock

SEED = b"\x05" * 32
EPOCH = "2026-11-23T12"
LYON, BOURG, REUNION = "69123", "01053", "97411"

Publish = Callable[[], Snapshot]


@pytest.fixture
def settings(filled: Settings) -> Settings:
    return filled


@pytest.fixture
def database_url() -> None:
    """Files: what is asked here are snapshots, whatever store they came from."""


@pytest.fixture
def snapshot(settings: Settings) -> Snapshot:
    shelf = Shelf(settings.published_dir)
    shelf.refresh()
    assert shelf.current is not None
    return shelf.current


def ask(snapshot: Snapshot, campaign: Campaign, **question: object) -> list[str]:
    answer = search(snapshot, Question(**{"insee": LYON, **question}), EPOCH, SEED, campaign)  # type: ignore[arg-type]
    return [one.place.id for one in answer.found]


def relabelled(snapshot: Snapshot, labels: dict[str, str]) -> Snapshot:
    """The same snapshot with the providers' names exchanged."""
    places = snapshot.places
    swapped = Places.__new__(Places)
    swapped.__dict__.update(places.__dict__)
    swapped.all = tuple(
        replace(p, offers=tuple(replace(o, provider=labels[o.provider]) for o in p.offers)) for p in places.all
    )
    swapped.offers = {offer.id: offer for place in swapped.all for offer in place.offers}
    return Snapshot(swapped, snapshot.slots, snapshot.hash)


def test_a_list_holds_the_places_within_the_radius_and_no_other(snapshot: Snapshot, covid: Campaign) -> None:
    answer = search(snapshot, Question(insee=LYON, radius_km=25), EPOCH, SEED, covid)

    assert answer.found
    assert all(one.candidate.distance_m <= 25_000 for one in answer.found)
    lat, lon = snapshot.places.points[LYON]
    inside, _ = snapshot.places.within(lat, lon, 25_000)
    assert len(inside) == len(answer.found)


@pytest.mark.parametrize("sort", list(Sort))
def test_no_exchange_of_names_moves_a_place(snapshot: Snapshot, covid: Campaign, sort: Sort) -> None:
    """N2: every transposition of labels, and a hundred random permutations."""
    slugs = ["doctolib", "keldoc", "maiia", "ordoclic"]
    before = {town: ask(snapshot, covid, insee=town, sort=sort, radius_km=50) for town in (LYON, BOURG, REUNION)}
    chance = random.Random(1)
    permutations = [*itertools.permutations(slugs), *(chance.sample(slugs, 4) for _ in range(100))]

    for permuted in permutations:
        other = relabelled(snapshot, dict(zip(slugs, permuted, strict=True)))
        for town, ids in before.items():
            assert ask(other, covid, insee=town, sort=sort, radius_km=50) == ids


NATIONAL = 13_000
LABELS = ("doctolib", "keldoc", "maiia", "ordoclic", "e", "f", "g", "h")


@pytest.fixture(scope="module")
def nation(gazetteer: Gazetteer) -> Snapshot:
    """A country of 13,000 places in proportion to population, on eight platforms, most of them on one."""
    chance = random.Random(2021)
    communes = sorted(gazetteer.communes.values(), key=lambda commune: commune.insee)
    chosen = chance.choices(communes, [commune.population + 1 for commune in communes], k=NATIONAL)
    places, offers = [], {}
    for number, commune in enumerate(chosen):
        identifier = f"{number:010d}".translate(str.maketrans("0123456789", "abcdefghij"))
        labels = (
            chance.sample(LABELS, 2) if number % 20 == 0 else chance.choices(LABELS, (74, 6, 5, 5, 4, 3, 2, 1), k=1)
        )
        row: dict[str, Any] = {
            **dict.fromkeys(Place.__struct_fields__, ""),
            "id": f"p-{identifier}",
            "drawn": "2026-01-01",
            "lat": commune.lat + chance.gauss(0, 0.02),
            "lon": commune.lon + chance.gauss(0, 0.02),
            "tz": commune.time_zone,
            "offers": [
                {"id": f"o-{identifier[:-1]}{n}", "provider": label, "url": "https://x.example/"}
                for n, label in enumerate(labels)
            ],
        }
        places.append(row)
        for offer in row["offers"]:
            seen = chance.random() < 0.6
            slots = [[0, [29_700_000 + chance.randrange(20_000)]]] if seen else []
            offers[offer["id"]] = {"state": "seen" if seen else chance.choice(("none", "unknown")), "answered": None,
                                   "since": None, "cause": None, "partial": False, "slots": slots}  # fmt: skip
    points = [[commune.insee, commune.lat, commune.lon] for commune in communes]
    made = Places(canonical.to_json({"campaign": {}, "places": places, "communes": points}), "0" * 64)
    kinds = [{"needs": [], "step": None, "audience": None}]
    content = {"places": "0" * 64, "at": "2026-06-20T00:00:00Z", "until": "", "interval_s": 1, "kinds": kinds}
    return Snapshot(made, Slots(canonical.to_json({**content, "offers": offers}), "1" * 64, made), "2" * 64)


def test_no_exchange_of_names_moves_a_place_in_the_whole_country(nation: Snapshot, covid: Campaign) -> None:
    """N2 on a national snapshot: every transposition of eight labels, and a hundred random permutations."""
    towns = ("75056", "13055", LYON, "31555", "97411", "2A004", BOURG, "23096")
    asked = [{"insee": town, "sort": sort, "radius_km": 25} for town in towns for sort in Sort]
    before = [ask(nation, covid, **question) for question in asked]
    chance = random.Random(1)
    exchanges = [{a: b, b: a} for a, b in itertools.combinations(LABELS, 2)]
    exchanges += [dict(zip(LABELS, chance.sample(LABELS, len(LABELS)), strict=True)) for _ in range(100)]

    for number, exchange in enumerate(exchanges):
        other = relabelled(nation, {label: exchange.get(label, label) for label in LABELS})
        question = number % len(asked)
        for each in {question, (question + 5) % len(asked), (question + 11) % len(asked)}:
            assert ask(other, covid, **asked[each]) == before[each]

    assert sum(map(len, before)) > 2_000


def test_the_exchange_of_names_would_show_an_order_by_name(snapshot: Snapshot, covid: Campaign) -> None:
    """The control of N2: an order that looks at the provider does move."""

    def biased(one: Snapshot) -> list[str]:
        found = search(one, Question(insee=LYON, radius_km=50), EPOCH, SEED, covid).found
        return [f.place.id for f in sorted(found, key=lambda f: min((o.provider for o in f.place.offers), default=""))]

    swapped = relabelled(
        snapshot, {"doctolib": "maiia", "maiia": "keldoc", "keldoc": "ordoclic", "ordoclic": "doctolib"}
    )

    assert biased(swapped) != biased(snapshot)


def test_an_outage_moves_no_place_of_the_default_list(
    snapshot: Snapshot, collector: Callable[..., Collector], sandbox: Sandbox, publish: Publish, covid: Campaign
) -> None:
    """N7: only what the cards say differs."""
    sandbox.faults["maiia"] = "error"
    collector("maiia").read()
    sandbox.faults.clear()

    after = publish()

    assert ask(after, covid) == ask(snapshot, covid)
    soon = search(after, Question(insee=LYON, sort=Sort.SOON, radius_km=50), EPOCH, SEED, covid)
    for one in soon.found:
        if {offer.provider for offer in one.place.offers} == {"maiia"}:
            assert one.candidate.section is Section.UNKNOWN


def test_the_first_slot_is_the_first_that_fits(snapshot: Snapshot, sandbox: Sandbox, covid: Campaign) -> None:
    centres = [centre for listed in sandbox.world.centres.values() for centre in listed]
    fits = slot_filter(snapshot, Question(insee=LYON), covid)

    for place in snapshot.places.all:
        if len(place.offers) != 1:
            continue
        offer = place.offers[0]
        slug = urlsplit(offer.url).path.rsplit("/", 1)[-1]
        centre = next(c for c in centres if (c.slug, c.provider) == (slug, offer.provider))
        free = [at for m in centre.motives for at in sandbox.world.free(centre, m, NOON.date(), 30, NOON)]
        assert fits.first_slot(place) == (min(free) if free and not centre.phone_only else None)


def test_a_need_shows_its_places_and_says_how_many_it_hides(snapshot: Snapshot, covid: Campaign) -> None:
    whole = search(snapshot, Question(insee=LYON, radius_km=50), EPOCH, SEED, covid)
    only = search(snapshot, Question(insee=LYON, radius_km=50, need="moderna"), EPOCH, SEED, covid)

    assert 0 < len(only.found) < len(whole.found)
    assert len(only.found) + only.hidden["need"] == len(whole.found)
    for one in only.found:
        states = [
            snapshot.slots.offers[offer.id].state for offer in one.place.offers if offer.id in snapshot.slots.offers
        ]
        assert one.first is not None or "seen" not in states or any(state != "seen" for state in states)


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        ({"moment": Moment.MORNING}, lambda at: at.hour < 12),
        ({"moment": Moment.AFTERNOON}, lambda at: 12 <= at.hour < 18),
        ({"moment": Moment.WEEK_END}, lambda at: at.weekday() >= 5),
        ({"first_day": date(2026, 12, 1)}, lambda at: at.date() >= date(2026, 12, 1)),
        ({"last_day": date(2026, 11, 25)}, lambda at: at.date() <= date(2026, 11, 25)),
    ],
)
@pytest.mark.parametrize("town", [LYON, REUNION])
def test_days_and_moments_are_those_of_the_place(
    snapshot: Snapshot, covid: Campaign, question: dict[str, object], fits: Callable[..., bool], town: str
) -> None:
    found = search(snapshot, Question(insee=town, radius_km=50, seen=True, **question), EPOCH, SEED, covid).found  # type: ignore[arg-type]

    assert found or question.get("moment") is Moment.WEEK_END
    assert all(fits(one.first.astimezone(one.place.zone)) for one in found if one.first)


def test_nothing_near_widens_and_says_so(snapshot: Snapshot, covid: Campaign) -> None:
    answer = search(snapshot, Question(lat=46.6, lon=4.9), EPOCH, SEED, covid)

    assert answer.widened
    assert 0 < len(answer.found) <= 8
    assert search(snapshot, Question(lat=48.4, lon=-4.5), EPOCH, SEED, covid).found == ()


def test_a_list_is_replayed_from_the_published_files_alone(
    snapshot: Snapshot, settings: Settings, covid: Campaign
) -> None:
    """N9 in small: a clean load of the two files gives the same list and the same hash."""
    answer = search(snapshot, Question(insee=LYON), EPOCH, SEED, covid)
    names = [snapshot.places.sha256, snapshot.slots.sha256]
    raw = [gzip.decompress((settings.published_dir / "snapshots" / f"{n}.json.gz").read_bytes()) for n in names]
    assert [canonical.sha256(one) for one in raw] == names

    places = Places(raw[0], names[0])
    slots = Slots(raw[1], names[1], places)
    again = Snapshot(places, slots, snapshot_hash(*names))

    assert search(again, Question(insee=LYON), EPOCH, SEED, covid).hash == answer.hash


def test_a_file_that_is_not_what_its_name_says_is_refused(snapshot: Snapshot, settings: Settings) -> None:
    path = settings.published_dir / "snapshots" / f"{snapshot.slots.sha256}.json.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"seen", b"none", 1)))

    with pytest.raises(SnapshotError, match="hash"):
        Shelf(settings.published_dir).refresh()


def test_an_older_snapshot_answers_for_two_hours(
    snapshot: Snapshot, publish: Publish, settings: Settings, clock: Clock
) -> None:
    clock.forward(minutes=90)
    publish()
    shelf = Shelf(settings.published_dir)
    shelf.refresh()

    assert shelf.current is not None
    assert shelf.current.hash != snapshot.hash
    pinned = shelf.pinned(snapshot.short, clock.at)
    assert pinned is not None
    assert pinned.hash == snapshot.hash
    assert shelf.pinned("00000000", clock.at) is None
    assert Shelf(settings.published_dir).pinned(snapshot.short, clock.at + timedelta(minutes=40)) is None


def test_the_same_order_takes_the_newest_facts(
    snapshot: Snapshot, publish: Publish, clock: Clock, covid: Campaign
) -> None:
    clock.forward(hours=30)
    newest = publish()
    answer = search(snapshot, Question(insee=LYON), EPOCH, SEED, covid)

    later = refreshed(answer, newest, covid)

    assert [one.place.id for one in later.found] == [one.place.id for one in answer.found]
    assert all(one.first is None or one.first > clock.at for one in later.found)


def test_a_place_is_described_by_the_official_list_first() -> None:
    read = Centre("maiia", "1", "Nom lu", insee="69123", postcode="69003", lat=45.7, lon=4.8, phone="+33100000000")
    listed = Centre(
        "official", "9", "Nom officiel", insee="69123", lat=45.75, lon=4.85, official_id="9", wheelchair=False
    )

    place = describe("p-1", "2026-11-23", [read, listed])

    assert (place["name"], place["lat"], place["phone"]) == ("Nom officiel", 45.75, "+33100000000")
    assert place["wheelchair"] is False
    assert place["sources"] == ["maiia", "official"]


@pytest.mark.parametrize(
    ("centre", "listed"),
    [
        (Centre("x", "1", "a"), True),
        (Centre("x", "1", "a", closed=True), False),
        (Centre("x", "1", "a", professionals_only=True), False),
        (Centre("x", "1", "a", closes_on=date(2026, 11, 22)), False),
        (Centre("x", "1", "a", closes_on=date(2026, 11, 23)), True),
    ],
)
def test_who_is_listed(centre: Centre, listed: bool) -> None:
    assert is_listed([centre], NOON.date()) is listed


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"failing_since": None, "answered_at": "x", "phone_only": 0}, "none"),
        ({"failing_since": "x", "answered_at": "x", "phone_only": 0}, "unknown"),
        ({"failing_since": None, "answered_at": None, "phone_only": 0}, "unknown"),
        ({"failing_since": None, "answered_at": "x", "phone_only": 1}, "phone"),
    ],
)
def test_no_slot_and_no_answer_are_different_facts(row: dict[str, object], state: str) -> None:
    assert reading_state(row, has_slots=False) == state


def test_a_snapshot_file_names_nothing_of_a_machine(snapshot: Snapshot, settings: Settings, tmp_path: Path) -> None:
    for path in (settings.published_dir / "snapshots").iterdir():
        assert str(tmp_path).encode() not in gzip.decompress(path.read_bytes())


NEAR = st.floats(-1e-3, 1e-3) | st.floats(-1, 1)
"""Degrees beside a point: a hundred metres, or a hundred kilometres."""


@given(
    st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 10_000_000),
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=20),
    st.lists(st.tuples(NEAR, NEAR), max_size=20),
)  # fmt: skip
def test_what_is_near_and_how_far_is_what_the_pocket_calculator_says(
    lat: float, lon: float, radius_m: int, anywhere: list[tuple[float, float]], beside: list[tuple[float, float]]
) -> None:
    points = [*anywhere, *((max(-90, min(90, lat + north)), lon + east) for north, east in beside)]
    table = np.array(points).reshape(-1, 2)

    numbers, metres = Points(np.arange(len(points)), table[:, 0], table[:, 1]).within(lat, lon, radius_m)

    told = {n: distance_m(lat, lon, *point) for n, point in enumerate(points)}
    assert dict(zip(numbers.tolist(), metres.tolist(), strict=True)) == {
        n: far for n, far in told.items() if far <= radius_m
    }


@pytest.mark.parametrize("sort", list(Sort))
def test_a_question_without_filters_finds_what_looking_at_every_slot_finds(
    snapshot: Snapshot, covid: Campaign, sort: Sort
) -> None:
    question = Question(insee="69123", radius_km=50, sort=sort)
    quick, careful = (SlotFilter(snapshot.slots, question, ("any",)) for _ in range(2))
    careful._fits_all = False

    firsts = [(quick.first_slot(p), careful.first_slot(p)) for p in snapshot.places.all]

    assert quick._fits_all
    assert any(one for one, _ in firsts)
    assert all(one == other for one, other in firsts)
