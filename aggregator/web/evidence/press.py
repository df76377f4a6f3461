"""The press's count of 2021 on `/transparence`, beside the same count made again from the State's lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from aggregator.config.listed_hosts import HostCount, by_platform, lists_in, load_hosts
from aggregator.config.settings import ROOT
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.words import day
from aggregator.web.serving.site import Site

PRESS_PATH = ROOT / "data" / "press-2021.json"
KINDS = ("listed", "open")
OTHERS = "*"  # no host is called so


def press(site: Site, asked: str) -> dict[str, Any]:
    """The press's count, ours on the same denominator and on our own, and the count of an imported list (`asked`)."""
    count = press_count()
    whole = sum(count["counts"].values())
    return {
        "counts": [
            gettext(
                "%(n)s centres chez %(label)s (%(share)s)", n=n, label=site.label(slug), share=words.percent(n / whole)
            )
            for slug, n in count["counts"].items()
        ],
        "source": count["source"],
        "again": again(site, count),
        **imported(site, asked),
    }


def again(site: Site, count: Mapping[str, Any]) -> dict[str, Any]:
    """The lists that came with the portal, counted as the press counted: the platforms that it names, alone."""
    slugs, owners = list(count["counts"]), site.settings.booking_hosts()
    made = [recount(list_date, rows, slugs, owners) for list_date, rows in hosts(site.settings.listed_hosts_path)]
    printed = Recounted(count["counts"])
    # The list whose day is nearest to the press's stands in the sentences and in the second table.
    counted = date.fromisoformat(count["date"])
    nearest = min(made, key=lambda one: abs((one["on"] - counted).days))
    return {
        "press_on": day(count["date"]),
        "lists": made,
        "nearest": {
            **nearest,
            "rows": _own_rows(site, {**nearest, **{kind: folded(nearest[kind], site.labels) for kind in KINDS}}),
            "others": others(nearest["listed"], site.labels),
        },
        "days": (nearest["on"] - counted).days,
        "rows": [
            {
                "label": site.label(slug),
                "columns": [(one.counts[slug], one.share(slug)) for one in (printed, *(row["three"] for row in made))],
            }
            for slug in slugs
        ],
        "totals": [one.total for one in (printed, *(row["three"] for row in made))],
        "orders": [", ".join(map(site.label, one.order)) for one in (printed, nearest["three"])],
        "same_order": printed.order == nearest["three"].order,
    }


class Recounted:
    """Counts of the platforms that the press names; their total is the denominator, and nothing else."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        self.total = sum(counts.values())

    @property
    def order(self) -> list[str]:
        return sorted(self.counts, key=lambda slug: (-self.counts[slug], slug))

    def share(self, slug: str) -> float:
        return self.counts[slug] / self.total if self.total else 0.0


def recount(
    list_date: str, rows: Iterable[HostCount], slugs: Iterable[str], owners: Mapping[str, str]
) -> dict[str, Any]:
    """One list: `three`, its open centres at those `slugs`; `listed` and `open`, all centres by platform or host."""
    found = list(rows)
    listed = by_platform({row.host: row.centres for row in found}, owners)
    public = by_platform({row.host: row.open for row in found}, owners)
    return {
        "on": date.fromisoformat(list_date),
        "sha256": found[0].list_sha256,
        "three": Recounted({slug: public.get(slug, 0) for slug in slugs}),
        "listed": listed,
        "open": public,
    }


def imported(site: Site, asked: str) -> dict[str, Any]:
    """The same count on a list imported here: the latest, or the one in force on `asked`."""
    imports = site.health.get("imports", [])
    before = [row for row in imports if not asked or row["as_of"] <= asked]
    found = max(before, key=lambda row: row["as_of"], default=None)
    sites = by_platform(found["sites"], site.settings.booking_hosts()) if found else {}
    total = sum(sites.values())
    rows = _largest_first(folded(sites, site.labels))
    return {
        "asked": asked,
        "list": found,
        "as_of": day(found["as_of"]) if found else None,
        "total": total,
        "dates": [day(row["as_of"]) for row in imports],
        "rows": [{"label": _label(site, name), "n": n, "share": n / total} for name, n in rows],
        "others": others(sites, site.labels),
    }


def others(counts: Mapping[str, int], labels: Mapping[str, str]) -> list[tuple[str, int]]:
    """The sites of no declared platform, largest first: one row together in tables, by name in their details."""
    return _largest_first({name: n for name, n in counts.items() if name and name not in labels})


def folded(counts: Mapping[str, int], labels: Mapping[str, str]) -> dict[str, int]:
    """The same counts with those sites as one, under `OTHERS`."""
    found = {name: n for name, n in counts.items() if not name or name in labels}
    return {**found, OTHERS: sum(counts.values()) - sum(found.values())} if len(found) < len(counts) else found


def _own_rows(site: Site, made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By platform or host: centres and open centres, each as a share of those with a link and of all."""
    shares = [_shares(made[kind]) for kind in KINDS]
    return [
        {
            "label": _label(site, name),
            "cells": [(made[kind].get(name, 0), *of(name)) for kind, of in zip(KINDS, shares, strict=True)],
        }
        for name, _ in _largest_first(made["listed"])
    ]


def _shares(counts: Mapping[str, int]) -> Callable[[str], tuple[float | None, float]]:
    """name -> (share of the centres with a link, None for those that have none; share of all)."""
    total = sum(counts.values())
    linked = total - counts.get("", 0)
    return lambda name: (counts.get(name, 0) / linked if name and linked else None, counts.get(name, 0) / total)


def _largest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _label(site: Site, name: str) -> str:
    if name == OTHERS:
        return gettext("Autres sites")
    return site.label(name) if name else gettext("sans lien de réservation")


@lru_cache(maxsize=1)
def press_count() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PRESS_PATH.read_text(encoding="utf-8"))
    return content


@lru_cache(maxsize=4)
def hosts(path: Path) -> tuple[tuple[str, list[HostCount]], ...]:
    return tuple(lists_in(load_hosts(path)))
