"""From what platforms said to a list that anyone can replay: snapshot, filters, order."""

from __future__ import annotations

import gzip
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator import canonical
from aggregator.collect.collector import Collector
from aggregator.config.campaign import Campaign
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.search.order import Section, Sort
from aggregator.search.question import Question
from aggregator.search.search import refreshed, search
from aggregator.snapshot.format import PLACES_FORMAT, SLOTS_FORMAT, snapshot_hash
from aggregator.snapshot.places import Place, Places
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.slots import Slots
from providers.sandbox.server import Sandbox
from tests import tiny
from tests.clock import NOON, Clock
from tests.published import BOURG, EPOCH, LYON, REUNION, SEED, Publish


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
    made = Places(
        canonical.to_json({"format": PLACES_FORMAT, "campaign": {}, "places": places, "communes": points}), "0" * 64
    )
    kinds = [{"needs": [], "step": None, "audience": None}]
    content = {"format": SLOTS_FORMAT, "places": "0" * 64, "at": "2026-06-20T00:00:00Z", "until": ""}
    content |= {"interval_s": 1, "kinds": kinds}
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
    ("states", "shown"),
    [
        (("seen",), False), (("seen", "seen"), False), (("seen", "unknown"), True), (("seen", None), True),
        (("seen", "phone"), True), (("none",), True), (("unknown",), True), ((), True),
    ],
)  # fmt: skip
def test_a_need_hides_a_place_only_when_all_its_platforms_have_slots_for_others(
    covid: Campaign, states: tuple[str | None, ...], shown: bool
) -> None:
    names = "ab"[: len(states)]
    slots = (0, [NOON])  # kept from before where the state is another than "seen"
    offers = {f"o-1{one}": tiny.offer(state, slots) for one, state in zip(names, states, strict=True) if state}
    kinds = ({"needs": ["pfizer"], "step": None, "audience": None},)
    snapshot = tiny.snapshot([tiny.place(1, *names)], offers, kinds)

    answer = search(snapshot, Question(insee=LYON, need="moderna"), EPOCH, SEED, covid)

    assert bool(answer.found) is shown
    assert answer.hidden == ({} if shown else {"need": 1})


def test_the_filter_of_access_hides_what_is_unknown_with_what_is_impossible_and_says_how_many(covid: Campaign) -> None:
    places = [tiny.place(number, "a", wheelchair=said) for number, said in enumerate((True, False, None), 1)]
    snapshot = tiny.snapshot(places)

    filtered = search(snapshot, Question(insee=LYON, access=True), EPOCH, SEED, covid)

    assert [one.place.id for one in filtered.found] == ["p-1"]
    assert filtered.hidden == {"access": 2}
    assert len(ask(snapshot, covid)) == 3


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


def test_the_same_order_takes_the_newest_facts(
    snapshot: Snapshot, publish: Publish, clock: Clock, covid: Campaign
) -> None:
    clock.forward(hours=30)
    newest = publish()
    answer = search(snapshot, Question(insee=LYON), EPOCH, SEED, covid)

    later = refreshed(answer, newest, covid)

    assert [one.place.id for one in later.found] == [one.place.id for one in answer.found]
    assert all(one.first is None or one.first > clock.at for one in later.found)
