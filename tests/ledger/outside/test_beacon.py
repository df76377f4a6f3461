"""Public randomness in a day's draw: the day's own round, in time, or none; no page waits for it."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

import verify
from aggregator.fairness.accounts import Accounts
from aggregator.ledger.outside.beacon import BeaconError, bring, chain_hash, round_of
from aggregator.snapshot.format import keep
from aggregator.snapshot.shelf import put_in_force
from aggregator.store import open_stores
from tests.loopback import Loopback
from tests.portal import Portal

# What drand's "quicknet" says of itself at /info; public, and the same for everybody.
QUICKNET: dict[str, Any] = {
    "public_key": "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1f"
    "ec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    "period": 3,
    "genesis_time": 1692803367,
    "hash": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    "groupHash": "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
    "schemeID": "bls-unchained-g1-rfc9380",
    "metadata": {"beaconID": "quicknet"},
}
TOMORROW = date(2026, 11, 24)
NUMBER = round_of(TOMORROW, QUICKNET["genesis_time"], 3)
SIGNATURE = "ab" * 48
LATE = datetime(2026, 11, 23, 23, 30, 20, tzinfo=UTC)


def said(**changes: Any) -> dict[str, Any]:
    randomness = hashlib.sha256(bytes.fromhex(SIGNATURE)).hexdigest()
    return {"round": NUMBER, "randomness": randomness, "signature": SIGNATURE, **changes}


def chain(folder: Path, answer: dict[str, Any], info: dict[str, Any] = QUICKNET) -> str:
    (folder / "public").mkdir(parents=True, exist_ok=True)
    (folder / "info").write_text(json.dumps(info))
    (folder / "public" / str(NUMBER)).write_text(json.dumps(answer))
    return str(folder)


def test_a_chain_s_name_follows_from_its_key_its_beginning_and_its_step() -> None:
    info = {**QUICKNET, "beaconID": "quicknet"}

    assert chain_hash(info) == QUICKNET["hash"]
    assert chain_hash({**info, "genesis_time": 0}) != QUICKNET["hash"]


@pytest.mark.parametrize(("genesis", "period"), [(1692803367, 3), (1595431050, 30), (0, 1), (7, 86_400)])
def test_the_round_of_a_day_is_the_first_of_its_last_half_hour_before(genesis: int, period: int) -> None:
    due = datetime(2026, 11, 23, 23, 30, tzinfo=UTC).timestamp()

    number = round_of(TOMORROW, genesis, period)

    assert genesis + (number - 2) * period < due <= genesis + (number - 1) * period


def test_by_address_or_by_folder_the_same_round_is_kept_once(tmp_path: Path) -> None:
    answers = {"/chain/info": QUICKNET, f"/chain/public/{NUMBER}": said()}
    with Loopback(answers) as web:
        assert bring(f"{web.origin}/chain", tmp_path / "a", LATE)
        assert not bring(f"{web.origin}/chain", tmp_path / "a", LATE)
    assert bring(chain(tmp_path / "drand", said()), tmp_path / "b", LATE)

    kept = [(tmp_path / name / "beacons" / "2026-11-24.json").read_text() for name in ("a", "b")]
    assert kept[0] == kept[1]
    assert json.loads(kept[0])["beacon"].split(" ")[0] == str(NUMBER)


@pytest.mark.parametrize(
    ("at", "due"),
    [(LATE - timedelta(minutes=1), False), (LATE, True), (LATE + timedelta(minutes=19), True),
     (LATE + timedelta(minutes=20), False), (LATE + timedelta(hours=1), False)],
)  # fmt: skip
def test_it_is_asked_for_in_time_or_not_at_all(at: datetime, due: bool, tmp_path: Path) -> None:
    assert bring(chain(tmp_path / "drand", said()), tmp_path / "log", at) is due


@pytest.mark.parametrize(
    ("answer", "info"),
    [
        (said(round=NUMBER - 1), QUICKNET),
        (said(randomness="00" * 32), QUICKNET),
        (said(signature="zz"), QUICKNET),
        ({}, QUICKNET),
        (said(), {**QUICKNET, "genesis_time": QUICKNET["genesis_time"] - 3}),
        (said(), {**QUICKNET, "period": "3"}),
    ],
)
def test_what_is_not_the_day_s_round_is_not_kept(answer: dict[str, Any], info: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BeaconError):
        bring(chain(tmp_path / "drand", answer, info), tmp_path / "log", LATE)
    with pytest.raises(BeaconError):
        bring(str(tmp_path / "nowhere"), tmp_path / "log", LATE)
    assert not (tmp_path / "log").exists()


def seal(portal: Portal) -> None:
    with closing(Accounts(portal.settings)) as accounts:
        accounts.seal(portal.clock())


def test_a_day_is_drawn_with_it_by_page_replay_and_auditor_alike_and_the_next_without(
    portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.work()
    bring(chain(tmp_path / "drand", said()), portal.log, LATE)
    portal.clock.forward(days=1)
    portal.publish()
    portal.visit(3, 1)
    portal.clock.forward(hours=1, minutes=5)
    portal.work()
    portal.clock.forward(days=1)  # nobody answered in time for this one
    seal(portal)

    assert verify.main(["log", str(portal.log)]) == 0
    told = capsys.readouterr().out
    assert f"1 with a round of drand chain {QUICKNET['hash']} (BLS signature not checked), 1 since without" in told
    assert "replayed 3 lists, 0 different" in told
    assert verify.main(["seed", "--date", "2026-11-24", str(portal.log)]) == 0
    assert f"round {NUMBER} of chain 52db9ba7" in (told := capsys.readouterr().out)
    assert "signature not checked" in told
    assert verify.main(["seed", "--date", "2026-11-25", str(portal.log)]) == 0
    entry = json.loads((portal.log / "seeds" / "2026-11-24.json").read_text())
    assert portal.site.seed("2026-11-24T12").hex() == entry["seed"]
    assert (portal.site.seed("2026-11-23T12").hex(), "signature" in entry) != (entry["seed"], False)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("beacon", f"{NUMBER} {'00' * 32}", "not the hash of its signature"),
        ("beacon", f"{NUMBER + 1} {said()['randomness']}", "not that of half an hour before the day"),
        ("chain", {**QUICKNET, "beaconID": "other"}, "not the one that its hash names"),
    ],
)
def test_an_auditor_finds_a_round_that_was_chosen(field: str, value: Any, why: str, tmp_path: Path) -> None:
    bring(chain(tmp_path / "drand", said()), tmp_path / "log", LATE)
    kept = json.loads((tmp_path / "log" / "beacons" / "2026-11-24.json").read_text())
    entry = {"date": "2026-11-24", **kept}
    assert "the day's" in verify.check_beacon(entry)

    with pytest.raises(verify.Wrong, match=why):
        verify.check_beacon({**entry, field: value})


@pytest.mark.parametrize(("at", "outcome"), [(time(23, 29, 59), 0), (time(23, 30), 1)])
def test_an_auditor_finds_a_place_that_appeared_when_the_draw_was_known(
    at: time, outcome: int, portal: Portal, tmp_path: Path
) -> None:
    published = portal.settings.published_dir
    portal.clock.forward(hours=1)
    seal(portal)
    rows = [{"id": "p-new", "drawn": "2026-11-23"}]
    places = keep(published, {"format": "places/1", "campaign": {}, "communes": [], "places": rows})
    put_in_force(published, places, "0" * 64, datetime.combine(date(2026, 11, 23), at, UTC))
    bring(chain(tmp_path / "drand", said()), portal.log, LATE)
    portal.clock.at = datetime(2026, 11, 24, 0, 0, 5, tzinfo=UTC)
    seal(portal)

    assert verify.main(["ids", str(portal.log)]) == outcome


def test_a_new_place_waits_for_midnight_while_the_coming_draw_is_known(portal: Portal) -> None:
    with closing(open_stores(portal.settings.data_dir)) as stores:
        stores.registry.run("UPDATE places SET listed_on = NULL")

    def listed(beacon: str | None) -> int:
        portal.settings = portal.settings.but(beacon=beacon)
        portal.publish()
        assert portal.site.snapshot is not None
        return len(portal.site.snapshot.places.all)

    portal.clock.at = LATE
    assert listed("https://drand.example/x") == 0
    portal.clock.at = datetime(2026, 11, 24, 0, 0, 5, tzinfo=UTC)
    assert listed("https://drand.example/x") > 0
    assert portal.site.snapshot is not None
    assert {place.drawn for place in portal.site.snapshot.places.all} == {"2026-11-24"}
