"""What the environment decides: a setting that cannot be used is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config.environment import SettingsError
from aggregator.config.settings import ROOT, Settings
from providers.sandbox.server import Sandbox
from providers.sandbox.world import World


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AIGUILLAGE_PROVIDERS", "maybe", "must be sandbox or live"),
        ("AIGUILLAGE_PORT", "http", "must be a whole number"),
        ("AIGUILLAGE_PORT", "99999", "must lie between 1 and 65535"),
        ("AIGUILLAGE_CAMPAIGN", "rage", "no such campaign; there are carte-identite, covid-2021"),
        ("AIGUILLAGE_PROVIDERS_FILE", "/nowhere.toml", "nowhere.toml"),
        ("DATABASE_URL", "mysql://user:secret@host/x", r"DATABASE_URL must be a postgresql:// URL; [^:]*$"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings.from_env({variable: value})


def test_a_secret_header_comes_from_the_environment_and_is_asked_for_when_it_is_missing(tmp_path: Path) -> None:
    text = (ROOT / "data" / "providers.toml").read_text(encoding="utf-8")
    path = tmp_path / "providers.toml"
    path.write_text(text + '\nheaders = { Authorization = "env:ORDOCLIC_KEY" }\n', encoding="utf-8")
    environment = {"AIGUILLAGE_PROVIDERS": "live", "AIGUILLAGE_PROVIDERS_FILE": str(path)}

    with pytest.raises(SettingsError, match="ORDOCLIC_KEY, which is not set"):
        Settings.from_env(environment).provider_configs()
    configs = Settings.from_env({**environment, "ORDOCLIC_KEY": "k"}).provider_configs()
    assert configs["ordoclic"].headers == {"Authorization": "k"}


def test_the_sandbox_listens_where_the_settings_expect_it() -> None:
    with Sandbox(World(1), port=0) as running:
        assert list(running.origins) == list(Settings().default_origins())


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"AIGUILLAGE_HOST": "0.0.0.0", "AIGUILLAGE_PORT": "9"}, "http://127.0.0.1:9"),  # open to all: said as loopback
        ({"AIGUILLAGE_HOST": "::"}, "http://[::1]:8000"),
        ({"AIGUILLAGE_HOST": "portal.example", "AIGUILLAGE_PORT": "80"}, "http://portal.example:80"),
        ({"AIGUILLAGE_HOST": "0.0.0.0", "AIGUILLAGE_SITE": "https://rdv.example.fr"}, "https://rdv.example.fr"),
    ],
)
def test_the_portal_is_found_at_its_site_or_where_it_listens(environment: dict[str, str], address: str) -> None:
    assert Settings.from_env(environment).address == address


@pytest.mark.parametrize("told", ["fast", "-1", "nan", "inf"])
def test_a_rate_that_is_none_is_named(told: str) -> None:
    settings = Settings.from_env({"AIGUILLAGE_PROVIDERS": "live", "AIGUILLAGE_RATE": told})

    with pytest.raises(SettingsError, match=f"AIGUILLAGE_RATE={told}: must be a number"):
        settings.provider_configs()


@pytest.mark.parametrize(("told", "wanted"), [("2.5", 2.5), ("0", None)])
def test_a_rate_holds_for_every_platform(told: str, wanted: float | None) -> None:
    settings = Settings.from_env({"AIGUILLAGE_PROVIDERS": "live", "AIGUILLAGE_RATE": told})

    assert {config.limits.rate_per_s for config in settings.provider_configs().values()} == {wanted}


@pytest.mark.parametrize(
    ("variable", "name"), [("AIGUILLAGE_CAMPAIGN", "campaigns/covid-2021"), ("AIGUILLAGE_PROVIDERS_FILE", "providers")]
)
def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path, variable: str, name: str) -> None:
    """As an editor of another age saves it."""
    path = tmp_path / "edited.toml"
    path.write_bytes((ROOT / "data" / f"{name}.toml").read_bytes() + "# é\n".encode("latin-1"))

    with pytest.raises(SettingsError, match=r"edited\.toml: .*(?i:utf-8)"):
        Settings.from_env({variable: str(path)})


def test_only_declared_origins_are_booking_sites_when_live_and_only_loopback_ones_in_demonstration() -> None:
    live, demo = Settings(demo=False).booking_sites(), Settings(demo=True).booking_sites()

    assert all(origin.startswith("https://") for origin in live.owners)
    assert live.allows("https://www.doctolib.fr/centre/lyon/salle")
    assert all(origin.startswith("http://127.0.0.1:") for origin in demo.owners)
    assert not demo.allows("https://www.doctolib.fr/centre/lyon/salle")
