"""What the worker counts with: it seals by a clock that it believes, recounts, and erases."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

import verify
from aggregator.fairness.accounts import Accounts
from aggregator.ledger.log import LogError
from tests.clock import NOON
from tests.portal import Portal


def test_a_clock_that_jumps_reveals_no_draw_and_seals_nothing(portal: Portal) -> None:
    """A wrong clock must not publish the draws to come; the page says that the control fails."""
    portal.visit(3, 3)
    portal.work()
    seeds_before = sorted(path.name for path in (portal.log / "seeds").iterdir())
    for jump in (timedelta(days=400), timedelta(hours=-2)):
        portal.clock.at = NOON + jump
        live = portal.settings.but(demo=False)
        with closing(Accounts(live)) as accounts, pytest.raises(LogError, match=r"clock|sealed for"):
            accounts.seal(portal.clock())

    assert sorted(path.name for path in (portal.log / "seeds").iterdir()) == seeds_before
    assert portal.published("controls.json")["log"]["ok"] is False
    portal.clock.at = NOON + timedelta(minutes=5)
    portal.work()
    assert portal.published("controls.json")["log"]["ok"] is True


def test_a_portal_that_slept_is_woken_by_its_operator(portal: Portal) -> None:
    portal.work()
    portal.clock.forward(days=30)
    with closing(Accounts(portal.settings.but(demo=False))) as accounts:
        with pytest.raises(LogError, match="--resume"):
            accounts.seal(portal.clock())
        assert accounts.seal(portal.clock(), resume=True) > 30

    assert verify.main(["log", str(portal.log)]) == 0
