"""For machines that watch: is the process alive, can it answer, how old is what it says."""

from __future__ import annotations

import shutil
from datetime import datetime

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from aggregator.web.site import Site, here

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 once a snapshot is loaded; its age in seconds beside it."""
    site = here()
    if site.snapshot is None:
        return jsonify(ready=False, reason="no snapshot published yet"), 503
    age_s = round((site.now() - site.snapshot.slots.at).total_seconds())
    return jsonify(ready=True, snapshot=site.snapshot.hash, age_s=age_s), 200


@health.get("/metrics")
def metrics() -> Response:
    return Response(generate_latest(gauges(here())), mimetype="text/plain; version=0.0.4; charset=utf-8")


def gauges(site: Site) -> CollectorRegistry:
    """Nothing by provider that moves with a single click (design §5.8): redirects only as their published steps."""
    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, value: float, **labels: str) -> None:
        existing = known.get(name)
        if existing is None:
            existing = known[name] = Gauge(name, help_text, list(labels), registry=registry)
        (existing.labels(**labels) if labels else existing).set(value)

    known: dict[str, Gauge] = {}
    snapshot = site.snapshot
    gauge("aiguillage_snapshot_loaded", "1 once a snapshot is loaded", float(snapshot is not None))
    if snapshot is not None:
        age_s = (site.now() - snapshot.slots.at).total_seconds()
        gauge("aiguillage_snapshot_age_seconds", "Age of the snapshot in force", age_s)
        gauge("aiguillage_places", "Places listed", len(snapshot.places.all))
    gauge(
        "aiguillage_redirects_counted",
        "Counted redirects at the last roll-up",
        site.published("shares").get("total", 0),
    )
    gauge("aiguillage_requests_shed", "Requests told to come back, since the start", site.gate.shed)
    usage = shutil.disk_usage(site.settings.data_dir)
    gauge("aiguillage_disk_used_ratio", "Share of the disk of the data folder in use", 1 - usage.free / usage.total)
    log = site.published("controls").get("log", {})
    if log.get("at"):
        age_s = (site.now() - datetime.fromisoformat(log["at"])).total_seconds()
        gauge("aiguillage_log_sealed_age_seconds", "Time since the log was last sealed", age_s)
    deviations = [abs(terms["deviation"]) for terms in site.published("closed").get("effects", {}).values()]
    gauge(
        "aiguillage_order_deviation", "Largest term of deviation from the rule: must be 0", max(deviations, default=0)
    )
    gauge("aiguillage_events_missed", "Clicks sent on that could not be stored", site.events.misses)
    for name, control in site.published("controls").items():
        gauge(
            "aiguillage_control_ok",
            "0 while a control of the public log or the order fails",
            float(control["ok"]),
            control=name,
        )
    for row in site.health.get("providers", []):
        slug = row["slug"]
        gauge(
            "aiguillage_provider_unread",
            "1 while a provider does not answer",
            float(bool(row["failing_since"])),
            provider=slug,
        )
        gauge("aiguillage_provider_offers", "Offers read", row["offers"], provider=slug)
        if row["median_age_s"] is not None:
            gauge(
                "aiguillage_provider_median_age_seconds", "Median age of readings", row["median_age_s"], provider=slug
            )
    return registry
