"""Commands that run, and what they need first."""

from __future__ import annotations

from pathlib import Path

from aggregator.config.readiness import QUESTIONS
from aggregator.config.settings import ROOT
from tests.commands import run


def test_doctor_names_what_is_missing_and_where_to_write_it() -> None:
    result = run("doctor")

    assert result.exit_code == 1
    assert "covid-2021.toml, [operator] funding: who pays for the site" in result.output
    assert "AIGUILLAGE_LOG_ORIGIN" in result.output


def test_a_live_portal_says_who_runs_it_or_does_not_start(folder: str) -> None:
    for command in ("serve", "worker"):
        refused = run(command, AIGUILLAGE_PROVIDERS="live", AIGUILLAGE_DATA_DIR=folder)
        assert refused.exit_code == 2
        assert "cannot open yet" in refused.output
        assert "[operator] name" in refused.output


def test_a_portal_whose_facts_are_all_told_is_fit_to_open(tmp_path: Path) -> None:
    facts = "".join(f'{name} = "x"\n' for name in QUESTIONS)
    campaign = tmp_path / "ville.toml"
    text = (ROOT / "data" / "campaigns" / "covid-2021.toml").read_text()
    campaign.write_text(text.replace('id = "covid-2021"', 'id = "ville"') + f"\n[operator]\n{facts}")
    providers = tmp_path / "providers.toml"
    source = (ROOT / "data" / "providers.toml").read_text()
    providers.write_text(source.replace("aiguillage.example", "ville.example"))

    result = run("doctor", AIGUILLAGE_CAMPAIGN=str(campaign), AIGUILLAGE_PROVIDERS_FILE=str(providers),
                 AIGUILLAGE_LOG_ORIGIN="ville.example/log", AIGUILLAGE_HTTPS="1", AIGUILLAGE_SITE="https://rdv.ville.example",
                 AIGUILLAGE_OFFICIAL_LIST="liste.csv", AIGUILLAGE_DATA_DIR=str(tmp_path / "data"))  # fmt: skip

    assert result.output == "Rien ne manque.\n"
    assert result.exit_code == 0


def test_doctor_names_what_is_damaged_before_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"no database" * 1000)

    result = run("doctor", AIGUILLAGE_DATA_DIR=str(tmp_path))

    assert result.exit_code == 1
    assert result.output.splitlines()[0].startswith(f"- {tmp_path / 'catalog.db'} is damaged")
    assert "1 à réparer." in result.output
