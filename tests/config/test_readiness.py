"""What is missing before a portal may open: each thing with the file it goes into; the gravest keep it shut."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config.readiness import QUESTIONS, Missing, missing, must_wait
from aggregator.config.settings import ROOT, Settings


@pytest.fixture
def ready(tmp_path: Path) -> Settings:
    """A portal whose facts are all told."""
    campaign, providers = tmp_path / "ville.toml", tmp_path / "providers.toml"
    text = (ROOT / "data" / "campaigns" / "covid-2021.toml").read_text(encoding="utf-8")
    facts = "".join(f'{name} = "x"\n' for name in QUESTIONS)
    campaign.write_text(f"{text}\n[operator]\n{facts}", encoding="utf-8")
    source = (ROOT / "data" / "providers.toml").read_text(encoding="utf-8")
    providers.write_text(source.replace("aiguillage.example", "ville.example"), encoding="utf-8")
    return Settings.from_env(
        {
            "AIGUILLAGE_PROVIDERS": "live", "AIGUILLAGE_CAMPAIGN": str(campaign), "AIGUILLAGE_HTTPS": "1",
            "AIGUILLAGE_PROVIDERS_FILE": str(providers), "AIGUILLAGE_LOG_ORIGIN": "ville.example/log",
            "AIGUILLAGE_OFFICIAL_LIST": "liste.csv", "AIGUILLAGE_SITE": "https://ville.example",
        }
    )  # fmt: skip


def test_nothing_is_missing_of_a_portal_whose_facts_are_told(ready: Settings) -> None:
    assert list(missing(ready)) == []
    assert must_wait(ready) == []


def without(settings: Settings, name: str) -> Settings:
    """The same portal with one fact of its operator left blank."""
    text = settings.campaign_path.read_text(encoding="utf-8").replace(f'\n{name} = "x"', f'\n{name} = " "')
    settings.campaign_path.write_text(text, encoding="utf-8")
    return settings.but()


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_blank_fact_of_the_operator_keeps_the_portal_shut(ready: Settings, name: str) -> None:
    (found,) = missing(without(ready, name))

    assert found == Missing(f"ville.toml, [operator] {name}: {QUESTIONS[name]}", must=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"secure": False}, "AIGUILLAGE_HTTPS=1"),
        ({"log_origin": "aiguillage.example/log"}, "AIGUILLAGE_LOG_ORIGIN"),
        ({"providers_path": ROOT / "data" / "providers.toml"}, "user_agent"),
    ],
)
def test_what_can_be_put_right_later_is_said_and_keeps_nothing_shut(
    ready: Settings, change: dict[str, object], says: str
) -> None:
    changed = ready.but(**change)

    assert any(says in one.what for one in missing(changed))
    assert must_wait(changed) == []


def test_a_platform_that_is_read_needs_its_hosting_sheet(
    ready: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hosting").mkdir()
    monkeypatch.setattr(Settings, "hosting_dir", property(lambda _: tmp_path / "hosting"))

    assert {one.split(":")[0] for one in must_wait(ready)} == {
        f"data/hosting/{slug}.json" for slug in ready.campaign.providers.read
    }


def test_a_sheet_that_cannot_be_read_keeps_the_portal_shut(
    ready: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keldoc.json").write_bytes(b'{"provider": "\xe9"}')
    monkeypatch.setattr(Settings, "hosting_dir", property(lambda _: tmp_path))

    assert [one.split(":")[0] for one in must_wait(ready)] == ["keldoc.json"]
