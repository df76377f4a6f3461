"""The `aiguillage …` commands. Exit codes: 0 ok, 1 found wrong, 2 could not do it."""

from aggregator.cli.group import main

__all__ = ["main"]
