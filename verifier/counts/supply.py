"""Places, bookable places and slots of a day, counted again from published snapshots (docs/figures.md §1.3, §1.4)."""

from __future__ import annotations

from verifier.order import named, snapshots_of_hour

PLACE = 720_720


def supply_of_day(log, day):
    """({(département, platform): [place units, bookable units, slots]}, names of the samples, samples with a slot)."""
    known = log.source.memo.setdefault("supply", {})
    if day not in known:
        sums, names, with_slots = {}, [], 0
        for hour in range(24):
            found, _ = snapshots_of_hour(log, f"{day}T{hour:02d}")
            if not found:
                continue
            names.append(found[0]["snapshot"])
            sample = supply_of_pair(log.source, found[0])
            with_slots += any(slots for _, _, slots in sample.values())
            for key, amounts in sample.items():
                row = sums.setdefault(key, [0, 0, 0])
                sums[key] = [one + more for one, more in zip(row, amounts, strict=True)]
        known[day] = sums, names, with_slots
    return known[day]


def supply_of_pair(source, pair):
    """Of one snapshot. Counts are kept, files are not: a day has 24 of them."""
    known = source.memo.setdefault("pairs", {})
    key = (pair["places"], pair["slots"])
    if key not in known:
        known[key] = counted(named(source, pair["places"]), named(source, pair["slots"]))
    return known[key]


def counted(places, slots):
    sums = {}
    for place in places["places"]:
        for offer in place["offers"]:
            row = sums.setdefault((str(place["department"]), offer["provider"]), [0, 0, 0])
            row[0] += PLACE // len(place["offers"])
            state = slots["offers"].get(offer["id"])
            if state is not None and state["state"] == "seen":
                row[1] += PLACE // len(place["offers"])
                row[2] += slots_of(state["slots"])
    return sums


def slots_of(kinds):
    """200 at most for one offer and UTC day."""
    by_day = {}
    for _, deltas in kinds:
        minute = 0
        for delta in deltas:
            minute += delta
            by_day[minute // 1440] = by_day.get(minute // 1440, 0) + 1
    return sum(min(n, 200) for n in by_day.values())


def by_platform(sums, departments=None):
    """The same, over some départements or all of them."""
    found = {}
    for (department, provider), amounts in sums.items():
        if departments is None or department in departments:
            row = found.setdefault(provider, [0, 0, 0])
            found[provider] = [one + more for one, more in zip(row, amounts, strict=True)]
    return found


def means(units, samples):
    """[places, bookable, slots] as tables print them: the mean of the samples."""
    n = samples or 1
    return [round(units[0] / (PLACE * n), 6), round(units[1] / (PLACE * n), 6), round(units[2] / n, 6)]
