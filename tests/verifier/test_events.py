"""A receipt ends in one of four ways; opened events are held against a day's totals. Each lie has its sentence here."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from aggregator.config.settings import Settings
from aggregator.fairness import openings
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.receipts import Receipts
from aggregator.redirect import events as sealing
from aggregator.redirect.event_log import EventLog, open_events
from aggregator.redirect.events import Event, EventClass, Sealed
from tests.clock import NOON, Clock
from tests.conftest import seal

DAY, HOUR = "2026-11-23", "2026-11-23T12"


def click(number: int = 0, cls: EventClass = EventClass.COUNTED) -> Event:
    return Event("dep=69", HOUR, "p-a", cls, f"{number:032x}", "order/1", 1, "ab"[number % 2])


class Counter:
    """A portal's events and log, on a clock."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.clock = settings, Clock(NOON)
        self.receipts = Receipts(settings.keys_dir / "log.key", settings.log_origin)
        self.log = settings.published_dir / "log"

    def record(self, *clicks: Event) -> list[str]:
        with closing(
            EventLog(self.settings.data_dir / "events.db", wait_s=5, promising=self.receipts.promises)
        ) as events:
            return [str(events.record(one).receipt) for one in clicks]

    def seal(self) -> None:
        seal(self.settings, self.clock.at)

    def later(self, **moved: int) -> None:
        """Time passes, and somebody else clicks: the log goes on."""
        self.clock.forward(**moved)
        with closing(EventLog(self.settings.data_dir / "events.db", wait_s=5)) as events:
            events.record(click(99))
        self.seal()

    def drop(self) -> None:
        """What was stored is gone before the log has sealed it: fourteen lines of code in an audit, one here."""
        with closing(open_events(self.settings.data_dir / "events.db")) as store:
            store.execute("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")

    def run(self, command: str, *arguments: object) -> int:
        return verify.main([command, *map(str, arguments), str(self.log)])


@pytest.fixture
def portal(filled: Settings) -> Iterator[Counter]:
    yield Counter(filled)


# --- receipts --------------------------------------------------------------------------------------------------------


def test_a_receipt_of_a_redirect_in_the_log_says_what_was_counted(
    portal: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    _, mine, *_ = portal.record(*map(click, range(5)))
    portal.seal()

    assert portal.run("receipt", mine) == 0
    said = capsys.readouterr().out
    assert "counted: in minute 2026-11-23T12:00, one of 5 events" in said
    assert "class counted" in said
    assert "prov b" in said


def test_before_its_deadline_a_receipt_that_is_not_in_the_log_accuses_nobody(
    portal: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    [mine] = portal.record(click())
    portal.drop()
    portal.later(hours=1)

    assert portal.run("receipt", mine) == 2
    assert "not due yet: it is promised for 2026-11-23T15:00 UTC" in capsys.readouterr().out


def test_after_its_deadline_it_is_proof_of_an_omission(portal: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    [mine] = portal.record(click())
    portal.drop()
    portal.later(hours=4)

    assert portal.run("receipt", mine) == 1
    said = capsys.readouterr().out
    assert "omitted: signed by" in said
    assert "promised for 2026-11-23T15:00" in said


def test_a_redirect_sealed_after_its_deadline_is_found_and_said_to_be_late(
    portal: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker that was stopped for hours."""
    [mine] = portal.record(click())
    portal.later(hours=4)

    assert portal.run("receipt", mine) == 0
    assert "(later than promised)" in capsys.readouterr().out


def changed(receipt: str, at: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(receipt[3:] + "=" * (-(len(receipt) - 3) % 4)))
    raw[at] ^= 1
    return f"r2.{base64.urlsafe_b64encode(bytes(raw)).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    ("what", "at"),
    [("key id", 0), ("deadline", 15), ("signature", 40), ("nonce", 90), ("index", 101), ("event", -2), ("event", 110)],
)
def test_an_altered_receipt_is_no_receipt_and_never_an_accusation(portal: Counter, what: str, at: int) -> None:
    [mine] = portal.record(click())
    portal.drop()
    portal.later(hours=4)

    assert portal.run("receipt", changed(mine, at)) == 2, what


def test_a_receipt_that_somebody_made_up_is_none(
    portal: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another key, with this portal's name: before signatures nobody could tell it from an omission."""
    sealed = Sealed(click(), b"\0" * 16)
    forger = Receipts(tmp_path / "forger.key", portal.settings.log_origin)
    [promise] = forger.promises([(sealed, sealed.commitment)]) or []
    portal.record(click())
    portal.later(hours=4)

    assert portal.run("receipt", sealed.receipt(promise)) == 2
    assert "not a receipt of this portal" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "r2.", "r2.é", "hello", "r2." + "A" * 200, "r2." + "A" * 10_000_000, "x" * 5_000_000]
)
def test_anything_else_is_refused_in_a_moment(portal: Counter, text: str) -> None:
    portal.record(click())
    portal.seal()

    assert portal.run("receipt", text or " ") == 2


def test_a_receipt_of_before_is_found_but_proves_nothing_when_it_is_not(
    portal: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    """event/v1, unsigned: HOUR.TEXT."""
    nonce, fields = b"n" * 16, click().sealed_fields()
    old = f"{HOUR}." + base64.urlsafe_b64encode(nonce + verify.canonical(fields)).rstrip(b"=").decode()
    portal.record(click())
    with closing(open_events(portal.settings.data_dir / "events.db")) as store:
        store.execute("UPDATE events SET nonce = ?, commitment = ?", (nonce, sealing.commitment_v1(nonce, fields)))
    portal.later(hours=4)

    assert portal.run("receipt", old) == 0
    capsys.readouterr()
    assert portal.run("receipt", old.replace(HOUR, "2026-11-23T17")) == 2
    assert "anybody could have written" in capsys.readouterr().out


# --- openings --------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(portal: Counter) -> Counter:
    """A day with a hundred and one clicks of two platforms, closed, and what is opened of it in the log."""
    portal.record(*map(click, range(90)), *(click(number, EventClass.ROBOT) for number in range(11)))
    portal.seal()
    portal.clock.forward(hours=13)
    portal.seal()
    portal.clock.forward(minutes=1)
    portal.seal()
    return portal


def test_of_a_small_day_all_events_are_opened(closed: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    assert closed.run("totals", "--day", DAY) == 0
    assert "all 101 events are opened: class and platform of each are as published" in capsys.readouterr().out


def test_what_is_opened_tells_no_place_no_departement_no_list_and_no_rank(closed: Counter) -> None:
    content = json.loads((closed.log / "openings" / f"{DAY}.json").read_text(encoding="utf-8"))

    assert {name for one in content["opened"] for name in one["fields"]} == {"bin", "class", "policy", "prov"}
    text = json.dumps(content)
    assert "dep=" not in text
    assert "p-a" not in text


def republished(portal: Counter, change: Callable[[Any], object]) -> int:
    """The exit code of totals after an operator has changed a file and signed the log again."""
    path = portal.log / "openings" / f"{DAY}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    body = verify.canonical(content)
    path.write_bytes(body)
    return rewritten(portal, {"openings": {"sha256": verify.hashlib.sha256(body).hexdigest()}})


def rewritten(portal: Counter, changes: dict[str, dict[str, object]]) -> int:
    source = verify.Source(str(portal.log))
    entries = verify.read_log(source, source.text("vkey").strip()).entries
    signer = load_or_create_signer(portal.settings.keys_dir / "log.key", portal.settings.log_origin)
    forged = Path(tempfile.mkdtemp(dir=portal.settings.data_dir))
    log = TransparencyLog(forged / "log.db", forged / "log", signer)
    log.append([{**entry, **changes.get(entry["t"], {})} for entry in entries])
    log.close()
    for path in (forged / "log").rglob("*"):
        if path.is_file():
            target = portal.log / path.relative_to(forged / "log")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return portal.run("totals", "--day", DAY)


def test_the_signing_again_is_what_an_operator_can_do(closed: Counter) -> None:
    """The control: with nothing changed it agrees."""
    assert republished(closed, lambda content: None) == 0


def test_relabelled_totals_are_found(closed: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten clicks of b are published as a's: the sum of the minutes is right, and the sealed events say otherwise."""
    counted = {"counted": {"a": 55, "b": 35}, "robot": {"a": 6, "b": 5}}

    assert rewritten(closed, {"day": {"classes": counted}}) == 1
    assert "counted a: 55 published, 45 in the opened events" in capsys.readouterr().out


def test_an_event_opened_as_another_platform_s_is_found(closed: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    def relabel(content: Any) -> None:
        one = next(one for one in content["opened"] if one["fields"]["prov"][1] == "b")
        one["fields"]["prov"][1] = "a"

    assert republished(closed, relabel) == 1
    assert "was not sealed with prov = 'a'" in capsys.readouterr().out


def test_an_event_left_closed_is_found(closed: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    assert republished(closed, lambda content: content["opened"].pop()) == 1
    assert "not the 101 events that the seed of the day after draws" in capsys.readouterr().out


def test_an_event_said_to_be_of_before_is_believed_on_the_day_of_the_change_alone(closed: Counter) -> None:
    def close(content: Any) -> None:
        content["opened"] = [{"commitment": one["commitment"], "event": "event/v1"} for one in content["opened"]]

    assert republished(closed, close) == 0  # the log begins on this very day
    body = (closed.log / "openings" / f"{DAY}.json").read_bytes()
    hashed = {"sha256": verify.hashlib.sha256(body).hexdigest()}

    assert rewritten(closed, {"openings": hashed, "policy": {"at": "2026-11-20T12:00:00Z"}}) == 1


def test_in_the_night_the_opened_events_may_still_be_on_their_way(
    closed: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rewritten(closed, {"openings": {"day": "2020-01-01"}}) == 0
    assert "not published yet: they are due by 2026-11-24T12:00 UTC" in capsys.readouterr().out


def test_a_day_whose_events_are_never_opened_is_found(closed: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    closed.later(hours=14)

    assert rewritten(closed, {"openings": {"day": "2020-01-01"}}) == 1
    assert "has none of this day" in capsys.readouterr().out


def test_of_a_large_day_three_hundred_are_drawn_by_the_seed_of_the_day_after() -> None:
    commitments = [(number, number.to_bytes(32, "big")) for number in range(1000)]

    drawn, other = (openings.draw(DAY, seed * 32, commitments) for seed in (b"a", b"b"))

    assert len(set(drawn)) == 300
    assert drawn != other


# --- how likely is what was drawn -------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.data())
def test_chance_is_the_hypergeometric_one(n: int, data: st.DataObject) -> None:
    from scipy.stats import hypergeom

    drawn, special = data.draw(st.integers(1, n)), data.draw(st.integers(0, n))
    k = data.draw(st.integers(max(0, drawn - (n - special)), min(drawn, special)))
    law = hypergeom(n, special, drawn)

    assert verify.chance(k, drawn, special, n) == pytest.approx(min(1, 2 * min(law.cdf(k), law.sf(k - 1))), rel=1e-6)


def test_three_hundred_drawn_of_a_large_day_betray_a_tenth_relabelled() -> None:
    """46 % published as 56 %: among 300 drawn about 138 are found where 168 are told."""
    assert verify.chance(138, 300, 5600, 10_000) < 1e-3
    assert verify.chance(138, 300, 4600, 10_000) > 0.5
