"""The gauges of `/metrics`: what the portal shows, what is read of each platform, and whether the proofs hold."""

from __future__ import annotations

import shutil
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from aggregator.web.serving.platforms import states
from aggregator.web.serving.site import Site


class Gauges:
    """Gauges by name, each made when it is first set."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[str, Gauge] = {}

    def set(self, name: str, help_text: str, value: float, **labels: str) -> None:
        if name not in self._known:
            self._known[name] = Gauge(f"aiguillage_{name}", help_text, list(labels), registry=self.registry)
        gauge = self._known[name]
        (gauge.labels(**labels) if labels else gauge).set(value)


def gauges(site: Site) -> CollectorRegistry:
    """All that `/metrics` tells. Nothing by provider moves with a single click (docs/figures.md §9)."""
    found = Gauges()
    _of_the_portal(found, site)
    _of_the_proofs(found, site)
    for row in states(site):
        slug, silent = row["slug"], float(row["since"] is not None)
        found.set("provider_unread", "1 while a provider is not read", silent, provider=slug)
        found.set("provider_offers", "Offers to be read", row["offers"], provider=slug)
        found.set("provider_offers_read", "Offers whose last reading succeeded", row["readable"], provider=slug)
        if row["median_age_s"] is not None:
            found.set("provider_median_age_seconds", "Median age of readings", row["median_age_s"], provider=slug)
    return found.registry


def _of_the_portal(found: Gauges, site: Site) -> None:
    snapshot = site.snapshot
    found.set("snapshot_loaded", "1 once a snapshot is loaded", float(snapshot is not None))
    if snapshot is not None:
        age_s = (site.now() - snapshot.slots.at).total_seconds()
        found.set("snapshot_age_seconds", "Age of the snapshot in force", age_s)
        found.set("places", "Places listed", len(snapshot.places.all))
    found.set("requests_shed", "Requests told to come back, since the start", site.gate.shed)
    hasty = site.redirector.limits.hasty
    found.set("offers_pressed_in_haste", "Offers pressed over 30 times in the last full minute", hasty)
    usage = shutil.disk_usage(site.settings.data_dir)
    found.set("disk_used_ratio", "Share of the disk of the data folder in use", 1 - usage.free / usage.total)


def _of_the_proofs(found: Gauges, site: Site) -> None:
    total = site.published("shares").get("total", 0)
    found.set("redirects_counted", "Counted redirects at the last roll-up", total)
    found.set("events_missed", "Clicks sent on that could not be stored", site.events.misses)
    log = site.published("controls").get("log", {})
    if log.get("at"):
        age_s = (site.now() - datetime.fromisoformat(log["at"])).total_seconds()
        found.set("log_sealed_age_seconds", "Time since the log was last sealed", age_s)
    # Largest in size: shown too seldom is as wrong as shown too often.
    effects = site.published("closed").get("effects", {}).values()
    deviations = [abs(terms["deviation"]) for terms in effects if terms["deviation"] is not None]
    worst = max(deviations, default=0)
    found.set("order_deviation", "Largest term of deviation from the rule: must be 0", worst)
    for row in site.published("shares").get("choice", {}).get("providers", []):
        if row["log_e"] is not None:
            told = "log E of clicks among equals since Monday, in steps of eleven"
            found.set("choice_log_e", told, row["log_e"], provider=row["slug"])
    for name, control in site.published("controls").items():
        ok = float(control["ok"])
        found.set("control_ok", "0 while a control of the public log or the order fails", ok, control=name)
