"""An official list is taken over as of its date, counted, and meets what the platforms say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from aggregator.collect.admission import Intake
from aggregator.collect.collector import Collector
from aggregator.collect.official_list import ListFile, import_official_list
from aggregator.config.settings import ROOT, Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.store import Stores
from aggregator.worker import tasks
from providers.records import Centre
from providers.sandbox.server import Sandbox, official_list
from tests.clock import NOON
from tests.conftest import geography

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


def test_a_site_that_is_only_linked_to_is_counted_by_its_name_and_not_as_no_link(
    stores: Stores, gazetteer: Gazetteer, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    geography(tmp_path, tmp_path_factory)
    campaign = tmp_path / "c.toml"
    text = Settings().campaign_path.read_text(encoding="utf-8")
    campaign.write_text(text.replace("link_only = []", 'link_only = ["rdv.ville-inventee.example"]'), encoding="utf-8")
    body = (ROOT / "tests" / "fixtures" / "official" / "centres-42-colonnes.csv").read_bytes()
    live = Settings(demo=False, data_dir=tmp_path, campaign_path=campaign)

    report = import_official_list(ListFile(body, "a.csv", date(2021, 3, 1)), live, stores, gazetteer, NOON)

    assert report.sites["rdv.ville-inventee.example"] == 1
    assert report.undeclared == {}


def test_a_row_that_nobody_foresaw_costs_itself_alone(
    stores: Stores, settings: Settings, gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker reads the list before the platforms: what ended the list would end them all."""
    body = (ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv").read_bytes()
    honest = Intake.admit

    def admit(intake: Intake, centre: Centre) -> Centre:
        if centre.source_id == "2":
            raise ValueError("unforeseen")
        return honest(intake, centre)

    monkeypatch.setattr(Intake, "admit", admit)
    import_official_list(ListFile(body, "a.csv", NOON.date()), settings, stores, gazetteer, NOON)

    assert {centre.source_id for centre in stores.catalog.centres("official")} == {"1", "3", "4"}


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/liste.csv", "/nowhere/liste.csv", str(ROOT / "README.md")])
def test_a_list_that_cannot_be_read_stops_no_platform(
    settings: Settings, stores: Stores, gazetteer: Gazetteer, source: str
) -> None:
    configured = settings.but(official_list=source)

    tasks.try_official_list(configured, stores, gazetteer)

    with pytest.raises(Exception, match=r"."):  # the control: it could not be read
        tasks.refresh_official_list(configured, stores, gazetteer)


class TestSuddenChange:
    """A list that loses nine places of ten is held until an operator says that it is right."""

    @staticmethod
    def rows(count: int) -> bytes:
        text = (ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv").read_text(encoding="utf-8")
        header, row = text.splitlines()[:2]
        return "\n".join([header, *(row.replace("1;", f"{number};", 1) for number in range(1, count + 1))]).encode()

    @pytest.fixture
    def take(self, stores: Stores, settings: Settings, gazetteer: Gazetteer) -> Callable[[int, int], str | None]:
        """A list of so many rows, so many hours after noon: why it was held."""

        def run(count: int, hours: int) -> str | None:
            file, at = ListFile(self.rows(count), "liste.csv", NOON.date()), NOON + timedelta(hours=hours)
            return import_official_list(file, settings, stores, gazetteer, at).held

        return run

    @staticmethod
    def decide(stores: Stores, decision: str, hours: int) -> None:
        (waiting,) = stores.catalog.quarantines()
        stores.catalog.decide_quarantine(waiting["quarantine_id"], decision, NOON + timedelta(hours=hours))

    def test_it_is_taken_over_once_it_has_been_released(
        self, take: Callable[[int, int], str | None], stores: Stores
    ) -> None:
        assert take(30, 0) is None
        assert take(2, 1) is not None
        assert stores.catalog.centre_count("official") == 30

        self.decide(stores, "release", 2)

        assert take(2, 3) is None
        assert stores.catalog.centre_count("official") == 2

    def test_a_release_is_for_one_list(self, take: Callable[[int, int], str | None], stores: Stores) -> None:
        take(30, 0)
        take(2, 1)
        self.decide(stores, "release", 2)
        take(2, 3)
        take(30, 4)

        assert take(1, 5) is not None

    def test_one_that_was_rejected_is_held_again(self, take: Callable[[int, int], str | None], stores: Stores) -> None:
        """The control."""
        take(30, 0)
        take(2, 1)
        self.decide(stores, "reject", 2)

        assert take(2, 3) is not None
        assert stores.catalog.centre_count("official") == 30

    def test_the_worker_takes_the_same_file_over_once_it_has_been_released(
        self, settings: Settings, stores: Stores, gazetteer: Gazetteer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It does not read what it has read; but what was held waits for this."""
        hours = iter(range(9))
        monkeypatch.setattr(tasks, "now", lambda: NOON + timedelta(hours=next(hours)))
        path = tmp_path / "liste.csv"
        configured = settings.but(official_list=str(path))

        def refresh(count: int) -> tuple[bool, int]:
            path.write_bytes(self.rows(count))
            taken = tasks.refresh_official_list(configured, stores, gazetteer)
            return taken, stores.catalog.centre_count("official")

        assert [refresh(30), refresh(30), refresh(2), refresh(2)] == [(True, 30), (False, 30), (True, 30), (False, 30)]
        self.decide(stores, "release", 5)
        assert [refresh(2), refresh(2)] == [(True, 2), (False, 2)]
