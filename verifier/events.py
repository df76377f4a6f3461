"""Sealed redirects: a day's totals against its minutes, and against those events that are opened (docs/log.md §5)."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from datetime import datetime, timedelta

from verifier.log import canonical
from verifier.source import CannotCheck, Wrong
from verifier.tree import leaf, root_of

OPENED = 300
FIELDS = ("basket", "bin", "centre", "class", "list", "policy", "pos", "prov")
SHOWN = ("bin", "class", "policy", "prov")
# How often chance alone may call an honest day wrong, all platforms and classes of it together.
BY_CHANCE = 1e-6


def minutes_of(log, first, end):
    """The minute entries from one hour or minute on, to another one that is not included; each with its commitments."""
    for entry in log.of_type("minute"):
        if first <= entry["minute"] < end:
            body = log.source.get(entry["file"])
            parts = [body[at : at + 32] for at in range(0, len(body), 32)]
            if root_of([leaf(one) for one in parts]).hex() != entry["root"]:
                raise Wrong(f"{entry['file']}: its commitments do not have the root that was logged")
            yield entry, parts


def reaches(log):
    """Until when the log knows what happened, "2026-11-23T15:04"; "" when nothing says so."""
    times = [entry["minute"] for entry in log.of_type("minute")]
    times += [f"{entry['hour']}:59" for entry in log.of_type("snapshots")]
    times += [entry["at"][:16] for entry in log.entries if "at" in entry]
    return max(times, default="")


def check_totals(log, arguments):
    return list(told_of_totals(log, arguments.day))


def told_of_totals(log, day):
    total = log.one("day", day=day)
    if total is None:
        raise CannotCheck(f"the log holds no totals of {day}: a day is closed the day after, if it had events")
    minutes = list(minutes_of(log, day, f"{day}U"))  # "T" < "U"
    sealed = sum(entry["events"] for entry, _ in minutes)
    published = sum(count for classes in total["classes"].values() for count in classes.values())
    if not sealed == published == total["events"]:
        raise Wrong(f"{day}: {sealed} events were sealed and {published} are published")
    counted = total["classes"].get("counted", {})
    yield f"{day}: {sealed} sealed events, the sum of {len(minutes)} minutes, equal to the published totals"
    yield f"counted redirects: {sum(counted.values())} {json.dumps(counted, sort_keys=True)}"
    yield from check_openings(log, day, total, [one for _, parts in minutes for one in parts])


def check_openings(log, day, total, commitments):
    """Some of the day's events, drawn by the seed of the day after, opened: what they say against the totals."""
    entry = log.one("openings", day=day)
    if entry is None:
        if opens_from(log) is None or day < opens_from(log):
            yield "its events were sealed as a whole (event/v1): none can be opened without the rest of it"
            return
        if reaches(log) < due(day):
            yield f"its opened events are not published yet: they are due by {due(day)} UTC"
            return
        raise Wrong(f"{day}: the log promises opened events since {opens_from(log)}, and has none of this day")
    body = log.source.get(f"openings/{day}.json")
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        raise Wrong(f"openings/{day}.json does not have the hash that the log states")
    opened = {bytes.fromhex(one["commitment"]): one for one in json.loads(body)["opened"]}
    drawn = draw(log, day, commitments)
    if set(opened) != set(drawn):
        raise Wrong(f"openings/{day}.json: not the {len(drawn)} events that the seed of the day after draws")
    found, whole = {}, 0
    for commitment, one in opened.items():
        if one.get("event") == "event/v1" and day <= opens_from(log):
            whole += 1  # sealed before the change, on its day: it cannot be opened in part
            continue
        if "digests" not in one:
            raise Wrong(f"openings/{day}.json: event {commitment.hex()[:16]} was drawn, and is not opened")
        fields = opened_fields(commitment, one, day)
        key = (fields["class"], fields["prov"])
        found[key] = found.get(key, 0) + 1
    yield from compare(day, total, found, len(commitments), whole)


def after(day):
    return (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()


def due(day):
    """When a day's opened events must be there: its totals are logged in the night, and a worker may be late."""
    return f"{after(day)}T12:00"


def opens_from(log):
    """The day since which events are sealed field by field, as the log announced it; None: not yet."""
    days = [one["at"][:10] for one in log.of_type("policy") if one.get("events") == "event/v2"]
    return days[0] if days else None


def draw(log, day, commitments):
    """The events to be opened: those whose keyed hash is smallest, under a seed that nobody outside had that day."""
    seed = log.one("seed", date=after(day))
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {after(day)}, which draws the events of {day} that are opened")
    key, head = bytes.fromhex(seed["seed"]), f"aiguillage-opening/v1\n{day}\n".encode()
    return sorted(commitments, key=lambda one: hmac.digest(key, head + one, "sha256"))[:OPENED]


def opened_fields(commitment, one, day):
    """Class, platform, rule and hour of an opened event, if they are what was sealed."""
    digests = [bytes.fromhex(text) for text in one["digests"]]
    if hashlib.sha256(b"aiguillage-event/v2\n" + b"".join(digests)).digest() != commitment or len(digests) != 8:
        raise Wrong(f"{day}: event {commitment.hex()[:16]} is not made of the digests that are published of it")
    fields = {}
    for name in SHOWN:
        salt, value = one["fields"][name]
        head = f"aiguillage-field/v2\n{name}\n".encode() + bytes.fromhex(salt)
        if hashlib.sha256(head + canonical(value)).digest() != digests[FIELDS.index(name)]:
            raise Wrong(f"{day}: event {commitment.hex()[:16]} was not sealed with {name} = {value!r}")
        fields[name] = value
    return fields


def compare(day, total, found, n, whole):
    """What the opened events say against the published split: equal when all are opened, likely when some are."""
    told = {(cls, prov): count for cls, by in total["classes"].items() for prov, count in by.items() if count}
    opened = sum(found.values())
    if opened == n and found != told:
        key = next(key for key in sorted({*found, *told}) if found.get(key) != told.get(key))
        raise Wrong(f"{day} {' '.join(key)}: {told.get(key, 0)} published, {found.get(key, 0)} in the opened events")
    keys = sorted({*found, *told})
    for key in keys:
        if opened and chance(found.get(key, 0), opened, told.get(key, 0), n) < BY_CHANCE / len(keys):
            raise Wrong(
                f"{day} {' '.join(key)}: {found.get(key, 0)} of {opened} opened events, "
                f"and {told.get(key, 0)} of {n} published: not by chance"
            )
    if whole:
        yield f"{whole} of the drawn events were sealed as a whole (event/v1), before the change"
    if opened == n:
        yield f"all {n} events are opened: class and platform of each are as published"
    elif opened:
        yield (
            f"{opened} events drawn and opened hold: fewer than {100 * (1 - 0.05 ** (1 / opened)):.1f} % of the day's "
            f"{n} were sealed as something else (95 %)"
        )
        for cls, prov in keys:
            low, high = likely(found.get((cls, prov), 0), opened)
            share = 100 * told.get((cls, prov), 0) / n
            yield f"  {cls} {prov}: {share:.1f} % published, {100 * low:.1f} to {100 * high:.1f} % by the opened ones"


def chance(k, drawn, special, n):
    """How likely so few, or so many, are when `drawn` of `n` events are drawn, `special` of them of this kind."""
    if k > special or drawn - k > n - special:
        return 0.0

    def log_of(kind):
        return choose(special, kind) + choose(n - special, drawn - kind) - choose(n, drawn)

    least, most = max(0, drawn - (n - special)), min(special, drawn)
    below = sum(math.exp(log_of(kind)) for kind in range(least, k + 1))
    above = sum(math.exp(log_of(kind)) for kind in range(k, most + 1))
    return min(1.0, 2 * min(below, above))


def choose(n, k):
    """The logarithm of "n choose k"."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def likely(k, n):
    """Wilson's interval for a share of which k of n were seen."""
    z = 1.96
    centre, spread = k / n + z * z / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))
