"""Tests marked `long`: `make test` leaves them out and says how many; `make check` and `.ci/run` run them."""

from __future__ import annotations

from typing import Any

import pytest

LEFT_OUT = pytest.StashKey[int]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        stash = long[0].config.stash
        stash[LEFT_OUT] = stash.get(LEFT_OUT, 0) + len(long)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With pytest-xdist each process counts, and all count the same: it goes to the one that prints."""
    told: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["long"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("long", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A line before the last, which stays pytest's own."""
    count = config.stash.get(LEFT_OUT, 0)
    if count and "not long" in config.option.markexpr:
        terminalreporter.write_line(f"{count} long {'test' if count == 1 else 'tests'} not run: make check")
