"""The commands, as a person types them: help, clear refusals, exit codes, and the JSON of `probe`."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from aggregator.cli import main
from aggregator.config.readiness import QUESTIONS
from aggregator.config.settings import ROOT, Settings, SettingsError
from aggregator.redirect.event_log import Event, EventClass, EventLog
from aggregator.store import open_stores
from providers.sandbox.server import Sandbox
from providers.sandbox.world import World
from tests.conftest import fixture
from tests.loopback import Loopback, Status

COMMANDS = sorted(main.commands)
CARD = "/booking/salle-inventee.json"
LINK = "https://partners.doctolib.fr/centre-de-sante/bourg/salle-inventee?pid=practice-710001&enable_cookies_consent=1"


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"AIGUILLAGE_PROVIDERS": "sandbox", **environment})


def test_the_commands_are_those_of_the_documentation() -> None:
    assert {"collect", "probe", "import-official-list", "sandbox", "worker", "review", "quarantine", "withdraw",
            "shares", "serve", "coverage", "seal", "rotate-key", "erase", "incident", "verify",
            "witness", "doctor"} <= set(COMMANDS)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_sentence_of_help(name: str) -> None:
    command = main.commands[name]

    assert isinstance(command, click.Command)
    assert command.help
    assert run(name, "--help").exit_code == 0


def test_the_log_is_sealed_verified_rotated_and_told_of_from_the_command_line(filled: Settings, tmp_path: Path) -> None:
    data = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}
    log = str(filled.published_dir / "log")

    assert run("seal", **data).exit_code == 0
    assert run("verify", "log", log).exit_code == 0
    first = (filled.published_dir / "log" / "vkey").read_text().strip()
    assert run("rotate-key", **data).exit_code == 0
    assert run("verify", "log", "--vkey", first, log).exit_code == 0
    assert run("verify", "totals", "--day", "2026-11-23", log).exit_code == 2
    assert run("incident", "Une heure de panne", "--about", "2026-11-23", **data).exit_code == 0
    with closing(open_stores(filled.data_dir)) as stores:
        assert [row["detail"] for row in stores.registry.decisions(["incident"])] == ["Une heure de panne"]


def test_a_backup_is_erased_from_the_command_line(filled: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    log = EventLog(backup, wait_s=5)
    log.record(Event("dep=75", "2020-01-01T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x"))
    log.close()

    result = run("erase", str(backup), AIGUILLAGE_DATA_DIR=str(filled.data_dir))

    assert "1 événements effacés" in result.output


def test_a_witness_signs_a_log_over_the_network_and_refuses_another(filled: Settings, tmp_path: Path) -> None:
    data = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}
    run("seal", **data)
    folder = filled.published_dir / "log"
    files = {f"/log/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with Loopback(files) as web:
        visit = ("witness", f"{web.origin}/log", "--name", "journal.example", "--folder", str(tmp_path / "temoin"))
        first = run(*visit)
        other = run(*visit, "--vkey", "autre.example/log+00000000+AAAA")

    assert first.exit_code == 0, first.output
    assert "— journal.example " in (tmp_path / "temoin" / "checkpoint").read_text()
    assert other.exit_code == 2


def test_doctor_names_what_is_missing_and_where_to_write_it() -> None:
    result = run("doctor")

    assert result.exit_code == 1
    assert "covid-2021.toml, [operator] funding: who pays for the site" in result.output
    assert "AIGUILLAGE_LOG_ORIGIN" in result.output


def test_a_live_portal_says_who_runs_it_or_does_not_start(tmp_path: Path) -> None:
    for command in ("serve", "worker"):
        refused = run(command, AIGUILLAGE_PROVIDERS="live", AIGUILLAGE_DATA_DIR=str(tmp_path))
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
                 AIGUILLAGE_LOG_ORIGIN="ville.example/log", AIGUILLAGE_HTTPS="1",
                 AIGUILLAGE_OFFICIAL_LIST="liste.csv")  # fmt: skip

    assert result.output == "Rien ne manque.\n"
    assert result.exit_code == 0


def probe(server: Loopback, *more: str) -> Result:
    return run("probe", "doctolib", LINK, "--base-url", server.origin, "--start", "2021-04-03", "--json", *more)


def test_probe_prints_what_was_understood() -> None:
    routes: dict[str, Any] = {
        CARD: fixture("doctolib/card.json"),
        "/availabilities.json": {"availabilities": [{"slots": ["2021-04-10T21:45:00.000+02:00"]}]},
    }
    with Loopback(routes) as server:
        result = probe(server)

    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert {key: found[key] for key in ("provider", "outcome", "http_status", "partial", "phone_only", "phone")} == {
        "provider": "doctolib", "outcome": "ok", "http_status": 200, "partial": False, "phone_only": False,
        "phone": "+33499000001",
    }  # fmt: skip
    assert (
        found["booking_url"] == "https://www.doctolib.fr/vaccination-covid-19/bourg/salle-inventee?pid=practice-710001"
    )
    assert found["slots"] == [
        {
            "start": "2021-04-10T21:45:00+02:00",
            "reason": "Premier vaccin Covid-19 (Moderna)",
            "needs": ["Moderna"],
            "step": "1",
            "audience": None,
        }
    ]
    assert (found["first_slot"], found["slot_count"], found["requests"]) == ("2021-04-10T21:45:00+02:00", 1, 3)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Status(403, b"Anti dDos"), "blocked"), (Status(429), "rate_limited"), (b"<html>", "invalid")],
)
def test_probe_says_what_kept_it_from_answering_and_exits_with_2(answer: Any, outcome: str) -> None:
    with Loopback({CARD: answer}) as server:
        result = probe(server)

    assert result.exit_code == 2
    assert json.loads(result.stdout)["outcome"] == outcome


def test_probe_for_people_is_a_table() -> None:
    with Loopback({CARD: Status(404)}) as server:
        result = run("probe", "doctolib", LINK, "--base-url", server.origin)

    assert "gone" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("probe", "nobody", LINK), "no such provider: nobody; there are doctolib"),
        (("collect",), "no sandbox is running"),
        (("sandbox", "--fault", "nonsense"), "no such fault: nonsense; there are"),
        (("withdraw", "p-x"), "say --reason or --restore"),
        (("withdraw", "p-x", "--reason", "closed"), "no such place: p-x"),
        (("review", "7"), "say --same or --different"),
        (("review", "7", "--same"), "no open review 7"),
        (("quarantine", "7", "--release"), "no open quarantine 7"),
        (("coverage", "--date", "2021-03-23"), "no imported list covers 2021-03-23"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_with_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments, AIGUILLAGE_DATA_DIR=str(tmp_path))

    assert result.exit_code == 2
    assert says in result.stderr


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


def test_a_list_is_imported_reported_and_counted_for_its_date(settings: Settings) -> None:
    path = ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv"
    folder = str(settings.data_dir)

    result = run("import-official-list", str(path), "--as-of", "2021-11-20", AIGUILLAGE_DATA_DIR=folder)
    coverage = run("coverage", "--date", "2021-12-01", AIGUILLAGE_DATA_DIR=folder)

    assert result.exit_code == 1  # rows were refused
    assert "ligne 6 : no name" in result.stdout
    assert "Liste du 2021-11-20 (2 lieux ouverts)" in coverage.stdout
    assert "doctolib" in coverage.stdout


def test_a_list_may_be_imported_before_the_sandbox_starts(settings: Settings) -> None:
    path = ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv"
    settings.sandbox_path.unlink()

    result = run("import-official-list", str(path), AIGUILLAGE_DATA_DIR=str(settings.data_dir))

    assert result.exit_code == 1, result.output
    assert "lien vers doctolib" in result.stdout


def test_the_sandbox_listens_where_the_settings_expect_it() -> None:
    with Sandbox(World(1), port=0) as running:
        assert list(running.origins) == list(Settings().default_origins())


def test_a_full_run_prints_a_table_of_fetches_and_the_shares_follow(settings: Settings) -> None:
    folder = str(settings.data_dir)

    result = run("collect", AIGUILLAGE_DATA_DIR=folder)
    totals = json.loads(run("shares", "--json", AIGUILLAGE_DATA_DIR=folder).stdout)

    assert result.exit_code == 0, result.output
    assert "doctolib" in result.stdout
    assert totals["total"] == 0
    assert {row["slug"] for row in totals["providers"]} == {"doctolib", "keldoc", "maiia", "ordoclic"}
