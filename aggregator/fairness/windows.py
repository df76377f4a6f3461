"""Counts and causes of a window of closed days, read from the stores: what its published rows are made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date

from aggregator.fairness import metrics
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.metrics import Counts, Scope
from aggregator.redirect.events import EventClass
from aggregator.statistics import decomposition

LEAST_SAMPLES = (
    12  # with a slot, a day of a window on average: else nothing is said of availability (docs/figures.md §7)
)


class Windows:
    """Reads only. Days are both included."""

    def __init__(self, accounts: Accounts) -> None:
        self._rollups = accounts.rollups
        self._choices = accounts.choices
        self._reader = accounts.reader

    def nation_of(self, first: date, last: date) -> dict[str, Counts]:
        return self.counts(first, last, lambda basket: "FR").get("FR", {})

    def counts(self, first: date, last: date, group_of: Callable[[str], str]) -> dict[str, dict[str, Counts]]:
        """Group -> provider -> counts, over closed days. `group_of`: basket -> group."""
        days = first.isoformat(), last.isoformat()
        sums: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for basket, prov, places, seen, slots in self._rollups.supply(*days):
            sums[group_of(basket)][prov].update(places=places, bookable=seen, slots=slots)
        for basket, prov, _, shown, exposure in self._reader.exposure(f"{days[0]}T00", f"{days[1]}T23"):
            sums[group_of(basket)][prov].update(impressions=shown, exposure=exposure)
        for cls in EventClass:
            for basket, by_provider in self._rollups.by_basket(*days, cls.value).items():
                for prov, n in by_provider.items():
                    row = sums[group_of(basket)][prov]
                    row["redirects_raw"] += n
                    row["redirects"] += n * (cls is EventClass.COUNTED)
                    row["robots"] += n * (cls is EventClass.ROBOT)
        return {group: {prov: Counts(**row) for prov, row in by.items()} for group, by in sums.items()}

    def window(
        self, first: date, last: date, kind: str, name: str, counts: Mapping[str, Counts], suppressed: bool = False
    ) -> Scope:
        days = first.isoformat(), last.isoformat()
        nation = kind == "nation"
        effects = self.effects(first, last, counts) if nation else {}
        chosen = self._choices.between(f"{first}T00", f"{last}T23") if nation else None
        return Scope(*days, kind, name, self._rollups.samples(*days), counts, effects, chosen, suppressed)

    def effects(self, first: date, last: date, counts: Mapping[str, Counts]) -> dict[str, dict[str, float | None]]:
        """The seven terms (docs/figures.md §7) by provider; nothing without redirects or without lists."""
        expected = self._rollups.expected(f"{first}T00", f"{last}T23")
        redirects = {prov: row.redirects for prov, row in counts.items()}
        if not expected or sum(redirects.values()) < metrics.MIN_FOR_SHARE:
            return {}
        days, with_slots = self._rollups.samples_with_slots(first.isoformat(), last.isoformat())
        enough = with_slots >= max(1, days) * LEAST_SAMPLES
        return decomposition.decomposition(
            {
                "places": {prov: row.places for prov, row in counts.items()},
                "bookable": {prov: row.bookable for prov, row in counts.items() if enough},
                "uniform": {prov: amounts[0] for prov, amounts in expected.items()},
                "criteria": {prov: amounts[1] for prov, amounts in expected.items()},
                "replayed": {prov: amounts[2] for prov, amounts in expected.items()},
                "served": {prov: row.exposure for prov, row in counts.items()},
                "clicked": self._choices.between(f"{first}T00", f"{last}T23").room,
                "redirects": redirects,
            }
        )
