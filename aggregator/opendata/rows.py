"""What an edition of the open data holds: the rows of every data set, from what has been published and decided.

A function a data set; each yields rows by column name, without the three columns that end every table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aggregator import instants
from aggregator.config import hosting, listed_hosts
from aggregator.opendata.editions import closed_tables, state_list, windows
from aggregator.opendata.sources import Row, Sources
from aggregator.snapshot.format import minutes_of
from providers.phone import address

ENGLISH_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def places(sources: Sources) -> Iterator[Row]:
    for place in sources.places:
        hours = [*place["hours"], *[None] * 7][:7]
        yield {
            **{
                name: place[name]
                for name in (
                    "id", "name", "address", "postcode", "city", "insee", "department", "lat", "lon", "wheelchair",
                    "walk_in", "note", "kind", "official_id",
                )
            },
            **dict(zip(ENGLISH_WEEKDAYS, hours, strict=True)),
            "position_exact": place["exact"],
            "time_zone": place["tz"],
            # An address: a spreadsheet takes a number that begins with + for a formula (ADR 9).
            "phone": address(place["phone"]),
            "booking_site": place["site"],
            "sources": ";".join(place["sources"]),
            "known_since": place["drawn"],
        }  # fmt: skip


def offers(sources: Sources) -> Iterator[Row]:
    states = sources.slots["offers"]
    for place in sources.places:
        for offer in place["offers"]:
            state = states.get(offer["id"]) or {"state": "unknown", "slots": []}
            minutes = [minute for _, steps in state["slots"] for minute in minutes_of(steps)]
            yield {
                "id": offer["id"],
                "place_id": place["id"],
                "provider": offer["provider"],
                "booking_url": offer["url"],
                "state": state["state"],
                "answered_at": _second(state.get("answered")),
                "unread_since": _second(state.get("since")),
                "cause": state.get("cause"),
                "partial": state.get("partial"),
                # Empty when it is unknown: a reading that failed is not "no slot" (P7).
                "slots": len(minutes) if state["state"] == "seen" else 0 if state["state"] == "none" else None,
                "first_slot": _moment(min(minutes)) if minutes and state["state"] == "seen" else None,
            }


def slots_by_day(sources: Sources) -> Iterator[Row]:
    states, kinds = sources.slots["offers"], sources.slots["kinds"]
    for place in sources.places:
        # Days are those of the place, overseas too (P20).
        zone = ZoneInfo(place["tz"])
        for offer in place["offers"]:
            state = states.get(offer["id"])
            for kind, steps in state["slots"] if state and state["state"] == "seen" else ():
                days = Counter(datetime.fromtimestamp(60 * one, zone).date() for one in minutes_of(steps))
                for day, count in sorted(days.items()):
                    yield {
                        "offer_id": offer["id"],
                        "place_id": place["id"],
                        "provider": offer["provider"],
                        "department": place["department"],
                        "day": day.isoformat(),
                        "needs": ";".join(kinds[kind]["needs"]),
                        "step": kinds[kind]["step"] or "",  # a part of the key
                        "audience": kinds[kind]["audience"] or "",
                        "slots": count,
                    }


def redirects(sources: Sources) -> Iterator[Row]:
    for name, rows in sources.closed:
        window = windows.window(name)
        first, last = window.first.isoformat(), window.last.isoformat()
        head = {"window": name, "first_day": first, "last_day": last}
        # Days from the roll-ups, which know every class; weeks from their table, where small territories are merged.
        if "W" not in name:
            totals = sources.rollups.totals(first, last)
            for cls, by_provider in sorted(totals.items()):
                for provider, count in sorted(by_provider.items()):
                    yield {
                        **head,
                        "stratum_type": "nation",
                        "stratum": "FR",
                        "provider": provider,
                        "class": cls,
                        "redirects": count,
                        "suppressed": False,
                    }
            continue
        for row in rows:
            kept = {key: row[key] for key in ("stratum_type", "stratum", "provider")}
            yield {
                **head,
                **kept,
                "class": "counted",
                "redirects": None if row["suppressed"] else row["redirects"],
                "suppressed": bool(row["suppressed"]),
            }


def metrics(sources: Sources) -> Iterator[Row]:
    names = sources.settings.datasets()["metrics"].names
    for _, rows in sources.closed:
        for row in rows:
            yield {name: row.get(name) for name in names}


def fetches(sources: Sources) -> Iterator[Row]:
    for row in sources.stores.catalog.fetch_hours(datetime.min.replace(tzinfo=UTC)):
        if sources.holds(row["hour"]):
            yield {**row, "hour": f"{row['hour']}:00:00Z"}


def outages(sources: Sources) -> Iterator[Row]:
    """Those that began before the edition's end; of a week, those that touch it."""
    window, cut = sources.window, sources.until
    for row in sources.stores.catalog.outages():
        since = datetime.fromisoformat(row["since"])
        end = datetime.fromisoformat(row["until"]) if row["until"] else None
        if window and (since >= cut or (window.since and end and end.date() < window.first)):
            continue
        # An outage that ended after the edition's midnight went on, as far as the edition knows.
        over = end is not None and (window is None or end < cut)
        minutes = ((end if end and over else cut) - since).total_seconds() / 60
        yield {
            "provider": row["provider"],
            "since": _second(row["since"]),
            "until": _second(row["until"]) if over else None,
            "minutes": int(minutes),
        }


def hosting_claims(sources: Sources) -> Iterator[Row]:
    """What had been read by the edition's end, and the replies given by then."""
    read, end = sources.settings.campaign.providers.read, sources.until
    for slug, sheet in hosting.load_sheets(sources.settings.hosting_dir).items():
        for claim in sheet.claims if slug in read else ():
            source, reply = claim.source, claim.provider_reply
            if sources.window and claim.read_on >= end.date():
                continue
            if reply and sources.window and reply.date >= end.date():
                reply = None
            yield {
                "provider": slug,
                "legal_entity": sheet.legal_entity.value,
                "country": sheet.legal_entity.country,
                "parent": sheet.parent.value,
                "parent_country": sheet.parent.country,
                **{name: getattr(claim, name) for name in ("field", "value", "status", "scope", "service")},
                "as_of": claim.as_of and claim.as_of.isoformat(),
                "read_on": claim.read_on.isoformat(),
                "source_kind": source and source.kind,
                "source_title": source and source.title,
                "source_url": source and source.url,
                "reply": reply and reply.text,
                "reply_on": reply and reply.date.isoformat(),
            }


def decisions(sources: Sources) -> list[Row]:
    registry, catalog = sources.stores.registry, sources.stores.catalog
    found = [
        {"role": row["role"], "kind": row["kind"], "target": row["target"], "detail": row["detail"], "at": row["at"]}
        for row in registry.decisions()
    ]
    found += [
        {"role": "source", "kind": "link", "target": row["offer_id"], "detail": row["booking_url"], "at": row["since"]}
        for row in registry.link_changes()
    ]
    found += [
        {
            "role": "rule",
            "kind": "quarantine",
            "target": row["source"],
            "detail": f"{row['reason']}: {row['known']} -> {row['found']}",
            "at": row["at"],
        }
        for row in catalog.all_quarantines()
    ]
    told = ({**row, "at": _second(row["at"])} for row in found if sources.holds(row["at"]))
    return sorted(told, key=lambda row: (row["at"], row["target"]))


def coverage(sources: Sources) -> Iterator[Row]:
    """By département: the official list, every platform, places without online booking, and the week's redirects."""
    counts: dict[str, Counter[str]] = {}
    for place in sources.places:
        mine = counts.setdefault(place["department"] or "", Counter())
        named = {offer["provider"] for offer in place["offers"]} or {"offline"}
        mine.update({"all", *named, *({"official"} if "official" in place["sources"] else ())})
    week, clicks, suppressed = closed_tables.last_week(sources)
    sources_named = sorted({name for mine in counts.values() for name in mine})
    for code, mine in sorted(counts.items()):
        for name in sources_named:
            told = name not in ("official", "offline") and bool(week)
            total = clicks.get((code, name))
            yield {
                "department": code,
                "department_name": sources.gazetteer.department_name(code) if code else "",
                "source": name,
                "places": mine[name],
                "week": week,
                "redirects": total if told and code not in suppressed else None,
                "suppressed": told and code in suppressed,
            }


def hosts_of_2021(sources: Sources) -> Iterator[Row]:
    owners = sources.settings.booking_hosts()
    for row in listed_hosts.load_hosts(sources.settings.listed_hosts_path):
        yield {**asdict(row), "provider": listed_hosts.owner_of(row.host, owners)}


TABLES: Mapping[str, Callable[[Sources], Iterable[Row]]] = {
    "places": places,
    "offers": offers,
    "slots-par-jour": slots_by_day,
    "redirects": redirects,
    "metrics": metrics,
    "fetches": fetches,
    "outages": outages,
    "hosting": hosting_claims,
    "decisions": decisions,
    "couverture": coverage,
    "lieux-de-vaccination": state_list.rows,
    "centres-2021": hosts_of_2021,
}
"""Data set -> its rows; a test compares the names with `data/datasets.toml`."""


def _moment(minute: int) -> str:
    return instants.second(datetime.fromtimestamp(60 * minute, UTC))


def _second(text: str | None) -> str | None:
    """An instant to the second: "2026-11-23T12:00:00Z"."""
    if not text:
        return None
    return f"{text[:19]}Z" if len(text) >= 19 else f"{text[:16]}:00Z"
