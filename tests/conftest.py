"""What several rooms' tests share: answers of platforms, a campaign, a gazetteer, a clock, a sandbox."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from aggregator.collect.collector import Collector
from aggregator.collect.official_list import ListFile, import_official_list
from aggregator.config import campaign as campaigns
from aggregator.config.campaign import Campaign
from aggregator.config.settings import ROOT, Settings
from aggregator.country import building
from aggregator.country import gazetteer as gazetteers
from aggregator.country.gazetteer import Gazetteer
from aggregator.demonstration import country
from aggregator.fairness.accounts import Accounts
from aggregator.publish.publisher import Publisher
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.store import Stores, open_stores
from providers.base import Provider, ProviderConfig
from providers.http import Limits
from providers.records import Reason
from providers.sandbox.server import Sandbox, official_list
from providers.sandbox.world import Town, World, invented
from tests.answers import FIXTURES, SOURCES, Answers, Recorded, our_answers, recorded_answers
from tests.clock import NOON, Clock
from tests.once import built_once, folder_of_the_run

pytest_plugins = (
    "tests.long", "tests.postgres", "tests.machine", "tests.portal", "tests.week", "tests.edition",
)  # fmt: skip
# A generated case may take long on a busy machine: timing is never asserted.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
if os.environ.get("HYPOTHESIS_EXAMPLES"):
    hypothesis.settings.register_profile(
        "examples", max_examples=int(os.environ["HYPOTHESIS_EXAMPLES"]), deadline=None, derandomize=True
    )
    hypothesis.settings.load_profile("examples")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of generated cases, and those that need the recordings, can be asked for: `-m property`, `-m recorded`.

    Tests that share what takes long to make run in one process, which makes it once.
    """
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")
        sources = getattr(item, "callspec", None)
        if "recorded" in getattr(item, "fixturenames", ()) or (sources and sources.params.get("answers") == "recorded"):
            item.add_marker("recorded")
        if "a_week" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("week"))
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.xdist_group("postgres"))


def fixture(name: str) -> Any:
    """A small answer written here, in the shape of the recorded ones."""
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def seal(settings: Settings, at: datetime) -> int:
    """What the worker does each minute: seal, roll up, publish the shares."""
    with closing(Accounts(settings)) as accounts:
        added = accounts.seal(at)
        accounts.shares.publish(at)
    return added


@pytest.fixture(scope="session", params=SOURCES)
def answers(request: pytest.FixtureRequest) -> Answers:
    """The small answers written here; then the recordings, where they are at hand."""
    return our_answers() if request.param == "ours" else recorded_answers()


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """For what is about the recordings themselves; all else asks for `answers`."""
    return recorded_answers()


@pytest.fixture(scope="session")
def covid() -> Campaign:
    return campaigns.load_campaign(ROOT / "data" / "campaigns" / "covid-2021.toml")


@pytest.fixture(scope="session")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    return gazetteers.load_gazetteer(gazetteer_file(tmp_path_factory))


def gazetteer_file(factory: pytest.TempPathFactory) -> Path:
    return built_once(folder_of_the_run(factory) / "gazetteer.json.gz", building.build)


def outlines_file(factory: pytest.TempPathFactory) -> Path:
    return built_once(folder_of_the_run(factory) / "outlines.npz", building.build_outlines)


def geography(data: Path, factory: pytest.TempPathFactory) -> None:
    """Links from a data folder to the gazetteer and the outlines of the run."""
    (data / "gazetteer.json.gz").symlink_to(gazetteer_file(factory))
    (data / "outlines.npz").symlink_to(outlines_file(factory))


@pytest.fixture
def provider(covid: Campaign) -> Callable[..., Provider]:
    """An adapter that asks one loopback origin, and wants what the campaign of 2021 is about."""

    def make(kind: type[Provider], origin: str, **limits: Any) -> Provider:
        settings = Settings(demo=False)
        config = settings.all_configs()[kind.slug]
        config = ProviderConfig(
            slug=config.slug,
            label=config.label,
            origins=dict.fromkeys(config.origins, origin),
            booking_origins=config.booking_origins,
            limits=Limits(rate_per_s=None, retry_wait_s=0.01, **{"connect_s": 1.0, "total_s": 2.0, **limits}),
        )

        def wants(reason: Reason) -> bool:
            return covid.meaning(kind.slug, reason) is not None

        return kind(config, wants)

    return make


@pytest.fixture(scope="session")
def towns(gazetteer: Gazetteer) -> list[Town]:
    return [town for town in country.towns(gazetteer) if town.postcode]


@pytest.fixture(scope="session")
def world(towns: list[Town]) -> World:
    """A hundred and fifty places, half of them around Lyon, Bourg-en-Bresse and Saint-Denis (974)."""
    near = [town for town in towns if town.insee in ("69383", "69387", "01053", "97411", "42218")]
    return invented(near, 150, seed=7, mix={"doctolib": 0.5, "maiia": 0.15, "keldoc": 0.15, "ordoclic": 0.05})


@pytest.fixture(scope="session")
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world, now=lambda: NOON) as running:
        yield running


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platforms' file, where a request that failed is sent again at once."""
    text = (ROOT / "data" / "providers.toml").read_text(encoding="utf-8")
    assert "retry_wait_s = 0.3" in text
    path = tmp_path_factory.mktemp("impatient") / "providers.toml"
    path.write_text(text.replace("retry_wait_s = 0.3", "retry_wait_s = 0.01"), encoding="utf-8")
    return path


@pytest.fixture
def settings(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, impatient: Path) -> Settings:
    """Demonstration settings with a data folder of their own, on the session's sandbox."""
    data = tmp_path / "run"
    data.mkdir()
    geography(data, tmp_path_factory)
    (data / "sandbox.json").write_text(json.dumps(sandbox.description()), encoding="utf-8")
    sandbox.faults.clear()
    return Settings(data_dir=data, providers_path=impatient)


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, gazetteer: Gazetteer) -> Path:
    """A data folder after one full run at noon, published; copy it before you change it."""
    data = tmp_path_factory.mktemp("collected")
    geography(data, tmp_path_factory)
    (data / "sandbox.json").write_text(json.dumps(sandbox.description()), encoding="utf-8")
    settings = Settings(data_dir=data)
    sandbox.faults.clear()
    with closing(open_stores(data)) as stores:
        body = official_list(sandbox.world)
        import_official_list(ListFile(body, "liste.csv", NOON.date()), settings, stores, gazetteer, NOON)
        collector = Collector(settings, stores, gazetteer, lambda: NOON)
        collector.discover()
        collector.read()
        Publisher(settings, stores, gazetteer, lambda: NOON).publish()
    with closing(Accounts(settings)) as accounts:
        accounts.shares.publish(NOON)
    return data


@pytest.fixture
def filled(collected: Path, tmp_path: Path) -> Settings:
    """Settings on a copy of the collected folder."""
    data = tmp_path / "filled"
    shutil.copytree(collected, data, symlinks=True)
    return Settings(data_dir=data)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(settings: Settings, database_url: str | None) -> Iterator[Stores]:
    """Of one machine, and of several: every test that asks for them runs twice."""
    opened = open_stores(settings.data_dir, database_url)
    yield opened
    opened.close()


@pytest.fixture
def collector(settings: Settings, stores: Stores, gazetteer: Gazetteer, clock: Clock) -> Callable[..., Collector]:
    return lambda *only: Collector(settings, stores, gazetteer, clock, only=only)


@pytest.fixture
def publish(settings: Settings, stores: Stores, gazetteer: Gazetteer, clock: Clock) -> Callable[[], Snapshot]:
    def run() -> Snapshot:
        Publisher(settings, stores, gazetteer, clock).publish()
        shelf = Shelf(settings.published_dir)
        shelf.refresh()
        assert shelf.current is not None
        return shelf.current

    return run
