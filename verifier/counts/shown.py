"""What lists have shown, made again from the replays that are published: questions asked eleven times or more."""

from __future__ import annotations

import hashlib
import json
import math

from verifier.counts.supply import PLACE
from verifier.log import canonical
from verifier.order import named, ordered_keys, snapshots_of
from verifier.source import CannotCheck, Wrong
from verifier.tree import leaf, root_of

RANKS = 20
WEIGHTS = tuple(round(100_000 / math.log2(1 + rank)) for rank in range(1, RANKS + 1))
LEAST_ASKED, MOST_AGAIN = 11, 300


def shown_on(log, when):
    """What published lists of a day or hour showed: platform -> [offers, places, weighted, at random, by criteria].

    Beside it how many lists there were, and how many of them were made again: the whole follows when all were.
    Lists that a machine told of after the day's table was written are not in the table.
    """
    known = log.source.memo.setdefault("shown", {})
    if when not in known:
        sums, entries = {}, replays_of(log, when)[0]
        asked = [one for entry in entries for one in asked_in(log, entry)]
        # A busy day has thousands: the root, which nobody chooses, says which of them are made again.
        asked.sort(key=lambda one: hashlib.sha256(log.root + one["hash"].encode()).digest())
        for one in asked[:MOST_AGAIN]:
            for provider, amounts in offered_by(log, one).items():
                row = sums.setdefault(provider, [0, 0, 0, 0.0, 0.0])
                sums[provider] = [before + one["n"] * more for before, more in zip(row, amounts, strict=True)]
        told = sum(one["n"] for one in asked[:MOST_AGAIN])
        known[when] = sums, sum(entry["lists"] for entry in entries), told
    return known[when]


def replays_of(log, when):
    """(replays of a day or hour that were logged before the table of the day, those that came late)."""
    in_time, late, closed = [], [], False
    for entry in log.entries:
        closed = closed or (entry["t"] == "metrics" and entry["name"] == when[:10])
        if entry["t"] == "replay" and entry["hour"].startswith(when):
            (late if closed else in_time).append(entry)
    return in_time, late


def asked_in(log, entry):
    """The questions that a replay publishes, under its hash in the log."""
    name = entry.get("file") or f"replays/{entry['hour']}.json"
    body = log.source.get(name)
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        raise Wrong(f"{name} does not have the hash that the log states")
    content = json.loads(body)
    committed = ["root"] if content["format"] != "replay/1" else []
    for field in ("hour", "lists", "different", *committed):
        if content[field] != entry.get(field):
            raise Wrong(f"{name}: {field} is {content[field]}, and the log has {entry.get(field)}")
    if committed and shown_root(content) != entry["root"]:
        raise Wrong(f"{name}: its lists, told and closed, do not have the root that the log commits to")
    told = sum(one["n"] for one in content["asked"])
    if told > entry["lists"] or any(one["n"] < LEAST_ASKED for one in content["asked"]):
        raise Wrong(f"{name}: {told} lists are told of {entry['lists']}, each asked {LEAST_ASKED} times or more")
    return content["asked"]


def shown_root(content):
    """The root over what each list of the hour commits to: those told in full, and the digests of the others."""
    digests = [bytes.fromhex(one) for one in content["closed"]]
    for one in content["asked"]:
        told = {key: one[key] for key in ("epoch", "key", "snapshot", "hash", "n")}
        head = f"aiguillage-shown/v1\n{content['hour']}\n".encode() + bytes.fromhex(one["salt"])
        digests.append(hashlib.sha256(head + canonical(told)).digest())
    if len(digests) != content["distinct"]:
        raise Wrong(f"the replay of {content['hour']} tells {content['distinct']} lists and commits to {len(digests)}")
    return root_of([leaf(one) for one in sorted(digests)]).hex()


def offered_by(log, asked):
    """One list, made again, and what it shows of each platform. Raises Wrong when it is not the list of that hash."""
    epoch, question, places = asked["epoch"], asked["key"], None
    seed = log.one("seed", date=epoch[:10])
    names, _ = snapshots_of(log, epoch, asked["snapshot"])
    pair = next((one for one in names if one["snapshot"] == asked["snapshot"]), None)
    if seed is None or pair is None:
        raise CannotCheck(f"seed or snapshot of the list {epoch} {question} is not published")
    keys = ordered_keys(log.source, pair, question, epoch, bytes.fromhex(seed["seed"]))
    head = f"aiguillage-list/v1\norder/1\n{pair['snapshot']}\n{epoch}\n{question}\n"
    digest = hashlib.sha256((head + "".join(f"{identifier}\n" for _, identifier in keys)).encode()).hexdigest()
    if digest != asked["hash"]:
        raise Wrong(f"the list {epoch} {question} is another one when it is made again: {digest[:16]}")
    places = {place["id"]: place for place in named(log.source, pair["places"])["places"]}
    return amounts_of([(key[:-1], places[identifier]["offers"]) for key, identifier in keys])


def amounts_of(lines):
    """`lines`: (tie group, offers) in their order (docs/figures.md §7)."""
    values = [WEIGHTS[at] * PLACE if at < RANKS else 0 for at in range(len(lines))]
    groups, sums = {}, {}
    for (group, _), value in zip(lines, values, strict=True):
        groups.setdefault(group, []).append(value)
    at_random = sum(values) / len(values) if values else 0.0
    for rank, (group, offers) in enumerate(lines):
        by_criteria = sum(groups[group]) / len(groups[group])
        for offer in offers:
            row = sums.setdefault(offer["provider"], [0, 0, 0, 0.0, 0.0])
            if rank < RANKS:
                row[0] += 1
                row[1] += PLACE // len(offers)
                row[2] += WEIGHTS[rank] * PLACE // len(offers)
            row[3] += at_random / len(offers)
            row[4] += by_criteria / len(offers)
    return sums
