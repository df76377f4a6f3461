"""One list, made again from the published files: the contract order/1 (docs/ranking.md)."""

from __future__ import annotations

import bisect
import hashlib
import hmac
import json
import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from verifier.source import CannotCheck, Wrong
from verifier.tree import leaf, root_of

RADIUS_M = 6_371_008.8


def check_order(log, arguments):
    seed = log.one("seed", date=arguments.epoch[:10])
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {arguments.epoch[:10]}")
    names, said = snapshots_of(log, arguments.epoch, arguments.snapshot or "")
    wanted = [one for one in names if one["snapshot"].startswith(arguments.snapshot or "")]
    if not wanted:
        raise CannotCheck(f"no snapshot of {arguments.epoch} begins with {arguments.snapshot}")
    hashes = []
    for one in wanted if arguments.hash else wanted[-1:]:
        ids = recompute(log.source, one, arguments.query, arguments.epoch, bytes.fromhex(seed["seed"]))
        hashes.append(list_hash_of(one["snapshot"], arguments.epoch, arguments.query, ids))
        if arguments.hash and hashes[-1].startswith(arguments.hash):
            return [*said, *ids, f"list {hashes[-1]}: equal to the list that was shown"]
    if arguments.hash:
        raise Wrong(f"no snapshot of {arguments.epoch} gives a list {arguments.hash}…; recomputed: {', '.join(hashes)}")
    return [*said, *ids, f"list {hashes[-1]}"]


def list_hash_of(snapshot, epoch, query, ids):
    head = f"aiguillage-list/v1\norder/1\n{snapshot}\n{epoch}\n{query}\n"
    return hashlib.sha256((head + "".join(f"{i}\n" for i in ids)).encode()).hexdigest()


def snapshots_of(log, epoch, wanted):
    """What was published in an hour and in the two before it; further back, two days at most, where that is not enough.

    A list may rest on a snapshot of an earlier hour: on the last one there was, when nothing new had come since.
    """
    hour, names, said = datetime.strptime(epoch, "%Y-%m-%dT%H"), [], []  # noqa: DTZ007 - every hour here is UTC
    for back in range(49):
        if back > 2 and any(one["snapshot"].startswith(wanted) for one in names):
            break
        name = (hour - timedelta(hours=back)).strftime("%Y-%m-%dT%H")
        found, note = snapshots_of_hour(log, name)
        names = found + names
        said += note
    if not names:
        raise CannotCheck(f"no snapshot of {epoch} is published, nor of the two days before")
    return names, said


def snapshots_of_hour(log, name):
    """([what was put in force in an hour], [what could not be checked of it])."""
    try:
        lines = log.source.text(f"hours/{name}.ndjson").splitlines()
    except CannotCheck:
        return [], []
    found = [json.loads(line) for line in lines]
    logged = log.one("snapshots", hour=name)
    if logged is None:
        return found, [f"the snapshots of {name} are not in the log yet: the hour is not over"]
    if root_of([leaf(one["snapshot"].encode()) for one in found]).hex() != logged["root"]:
        raise Wrong(f"hours/{name}.ndjson is not the list of snapshots that was logged")
    return found, []


def recompute(source, names, query, epoch, seed):
    """The ids of a list in the order of contract order/1, from the two published files alone."""
    return [identifier for _, identifier in ordered_keys(source, names, query, epoch, seed)]


def ordered_keys(source, names, query, epoch, seed):
    """(what the rule looks at, the draw last, id) of each place of a list, in its order."""
    places = named(source, names["places"])
    slots = named(source, names["slots"])
    pair = f"aiguillage-snapshot/v1\n{names['places']}\n{names['slots']}\n"
    if slots["places"] != names["places"] or hashlib.sha256(pair.encode()).hexdigest() != names["snapshot"]:
        raise Wrong(f"snapshot {names['snapshot'][:8]} is not made of its two files")
    asked = dict(part.split("=", 1) for part in query.split("&"))
    if "&".join(f"{k}={v}" for k, v in sorted(asked.items())) != query:
        raise CannotCheck("the question is not in its canonical form: sorted k=v joined by &")
    lat, lon = origin_of(places, asked)
    measured = [(metres(lat, lon, p["lat"], p["lon"]), p) for p in places["places"] if p["lat"] is not None]
    near = [pair for pair in measured if pair[0] <= int(asked.get("radius", "10")) * 1000]
    if not near:
        nearest = sorted(measured, key=lambda pair: (pair[0], pair[1]["id"]))[:8]
        near = [pair for pair in nearest if pair[0] <= 100_000]
    keyed = []
    for distance, place in near:
        first, states = first_slot(place, slots, asked, places["campaign"])
        if hidden(place, first, states, asked):
            continue
        keyed.append((order_key(place, distance, first, states, asked, epoch, query, seed), place["id"]))
    return sorted(keyed)


def named(source, digest):
    """A snapshot's file under the hash of its name; the last two are kept, for list after list rests on one pair."""
    kept = source.memo.setdefault("files", {})
    if digest not in kept:
        while len(kept) > 1:
            del kept[next(iter(kept))]
        kept[digest] = read_named(source, digest)
    return kept[digest]


def read_named(source, digest):
    body = source.unzipped(f"snapshots/{digest}.json.gz")
    if hashlib.sha256(body).hexdigest() != digest:
        raise Wrong(f"snapshots/{digest}.json.gz does not have the hash of its name")
    return json.loads(body)


def origin_of(places, asked):
    """A position that the reader gave comes before the point of the commune (docs/ranking.md §2)."""
    if "lat" in asked:
        return float(asked["lat"]), float(asked["lon"])
    codes = [row[0] for row in places["communes"]]
    at = bisect.bisect_left(codes, asked["insee"])
    if at == len(codes) or codes[at] != asked["insee"]:
        raise CannotCheck(f"the snapshot has no commune {asked['insee']}")
    return places["communes"][at][1:]


def metres(lat1, lon1, lat2, lon2):
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return round(2 * RADIUS_M * math.asin(min(1.0, math.sqrt(half))))


def band(distance):
    if distance < 2_000:
        return distance // 250
    if distance < 10_000:
        return 8 + (distance - 2_000) // 500
    if distance < 50_000:
        return 24 + (distance - 10_000) // 2_000
    return 44 + (distance - 50_000) // 10_000


def first_slot(place, slots, asked, campaign):
    """(local time of the first slot that fits, states of the offers); two needs: when both have one."""
    zone = ZoneInfo(place["tz"])
    need = asked.get("need", "any")
    required = campaign.get("all_of", {}).get(need, [need])
    firsts, any_seen = [None] * len(required), False
    states = [slots["offers"].get(offer["id"], {}).get("state", "absent") for offer in place["offers"]]
    for offer in place["offers"]:
        row = slots["offers"].get(offer["id"])
        if row is None or row["state"] != "seen":
            continue
        any_seen = True
        for number, deltas in row["slots"]:
            kind, minute = slots["kinds"][number], 0
            for delta in deltas:
                minute += delta
                local = datetime.fromtimestamp(minute * 60, zone)
                if not in_time(local, asked):
                    continue
                for index, one in enumerate(required):
                    if fits(kind, one, asked) and (firsts[index] is None or minute < firsts[index]):
                        firsts[index] = minute
    if not any_seen or any(one is None for one in firsts):
        return None, states
    return datetime.fromtimestamp(max(firsts) * 60, zone), states


def fits(kind, need, asked):
    step, audience = asked.get("step", "any"), asked.get("audience", "any")
    return (
        (need == "any" or not kind["needs"] or need in kind["needs"])
        and (step == "any" or kind["step"] in (None, step))
        and (audience == "any" or kind["audience"] == audience)
    )


def in_time(local, asked):
    day, minute = local.date().isoformat(), local.hour * 60 + local.minute
    moment = asked.get("moment")
    return (
        ("from" not in asked or day >= asked["from"])
        and ("to" not in asked or day <= asked["to"])
        and (moment != "matin" or minute < 720)
        and (moment != "apres-midi" or 720 <= minute < 1080)
        and (moment != "soir" or minute >= 1080)
        and (moment != "week-end" or local.weekday() >= 5)
    )


def hidden(place, first, states, asked):
    if asked.get("walkin") == "1" and not place["walk_in"]:
        return True
    if asked.get("access") == "1" and place["wheelchair"] is not True:
        return True
    if asked.get("seen") == "1" and first is None:
        return True
    seen_for_others = bool(states) and all(state == "seen" for state in states)
    return asked.get("need", "any") != "any" and first is None and seen_for_others


def order_key(place, distance, first, states, asked, epoch, query, seed):
    section, half_day = 0, ""
    if asked["sort"] == "soon":
        if first is not None:
            half_day = f"{first:%Y-%m-%d}T{int(first.hour >= 12)}"
        elif states and all(state in ("seen", "none") for state in states):
            section = 2
        else:
            section = 1
    tie = tie_of(seed, epoch, query, place["id"])
    return section, half_day, band(distance), place["drawn"] == epoch[:10], tie


def tie_of(seed, epoch, query, identifier):
    """The public draw of a place, or of an offer among those of its place (docs/ranking.md §6.3)."""
    message = f"aiguillage-order/v1\n{epoch}\n{query}\n{identifier}"
    return hmac.new(seed, message.encode(), hashlib.sha256).hexdigest()
