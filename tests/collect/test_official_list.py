"""An official list is taken over as of its date, counted, and meets what the platforms say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from aggregator.collect.collector import Collector
from aggregator.collect.official_list import ListFile, import_official_list
from aggregator.config.settings import ROOT, Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.store import Stores
from providers.sandbox.server import Sandbox, official_list
from tests.clock import NOON

Collect = Callable[..., Collector]


def test_the_official_list_and_the_platforms_meet_in_one_place(
    collector: Collect, stores: Stores, settings: Settings, gazetteer: Gazetteer, sandbox: Sandbox
) -> None:
    body = official_list(sandbox.world)
    report = import_official_list(ListFile(body, "liste.csv", NOON.date()), settings, stores, gazetteer, NOON)
    collector().discover()

    by_place: dict[str, set[str]] = {}
    for (source, _), place_id in stores.registry.matches().items():
        by_place.setdefault(place_id, set()).add(source)
    linked = sum(report.sites.get(slug, 0) for slug in ("doctolib", "keldoc", "maiia"))
    assert linked > 10
    assert sum("official" in sources and len(sources) > 1 for sources in by_place.values()) >= linked
    assert report.rows == len(sandbox.world.listed)


def test_an_import_is_kept_with_its_date(stores: Stores, settings: Settings, gazetteer: Gazetteer) -> None:
    body = (ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv").read_bytes()
    early, late = NOON.date() - timedelta(days=60), NOON.date() - timedelta(days=10)
    import_official_list(ListFile(body, "a.csv", late), settings, stores, gazetteer, NOON)
    older = import_official_list(ListFile(body, "b.csv", early), settings, stores, gazetteer, NOON)

    assert older.held is not None
    found = stores.catalog.import_for(early + timedelta(days=1))
    assert found is not None
    assert stores.catalog.sites_of_import(found["import_id"]) == {"": 1, "doctolib": 1}
    assert stores.catalog.import_for(early - timedelta(days=1)) is None
    assert json.loads(found["refused"])[0] == [6, "no name"]
