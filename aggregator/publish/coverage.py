"""Counts what the lists cover: places by how they can be booked; by source, links refused and matches undone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aggregator import instants
from aggregator.config.settings import Settings
from aggregator.store import Registry
from providers.records import Centre

REFUSALS = ("undeclared-site", "unsafe-link", "link-to-no-centre", "position")


def coverage_of(
    settings: Settings, registry: Registry, centres: Iterable[Centre], places: Sequence[Mapping[str, Any]], at: datetime
) -> dict[str, Any]:
    """The content of `coverage.json`. `places`: those of the places file; `centres`: all that sources list."""
    labels, read = settings.provider_labels(), set(settings.campaign.providers.read)
    booking: Counter[str] = Counter()
    undeclared: Counter[str] = Counter()
    for place in places:
        booking[booking_of(place, read)] += 1
        if not place["offers"] and place["site"]:
            undeclared[place["site"]] += 1
    flags: dict[str, Counter[str]] = defaultdict(Counter)
    for centre in centres:
        flags[centre.source].update(["centres", *(flag for flag in centre.flags if flag in REFUSALS)])
    undone = registry.matches_undone()
    return {
        "format": "coverage/1",
        "at": instants.second(at),
        "places": len(places),
        "booking": {name: booking[name] for name in ("read", "linked", "undeclared", "offline")},
        "undeclared": dict(sorted(undeclared.items(), key=lambda pair: (-pair[1], pair[0]))),
        "sources": [
            {
                "source": source,
                "label": labels.get(source, source),
                "centres": flags[source]["centres"],
                **{name.replace("-", "_"): flags[source][name] for name in REFUSALS},
                "matches_undone": undone.get(source, 0),
            }
            # A platform that lists no centre has its row of zeros too.
            for source in sorted({*flags, *read})
        ],
    }


def booking_of(place: Mapping[str, Any], read: set[str]) -> str:
    """ "read": a platform whose slots are read; "linked": a declared site; "undeclared"; "offline": none online."""
    if any(offer["provider"] in read for offer in place["offers"]):
        return "read"
    if place["offers"]:
        return "linked"
    return "undeclared" if place["site"] else "offline"
