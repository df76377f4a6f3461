"""Waiting for something to happen, never for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], bool], patience_s: float = 60) -> None:
    """Until `condition` holds; fails when it does not in time."""
    give_up = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up, "not in time"
        time.sleep(0.02)
