"""The `aiguillage …` commands. Exit codes: 0 ok, 1 found wrong, 2 could not do it."""

from aggregator.cli import counting, deciding, demonstrating, proving, publishing, reading, running
from aggregator.cli.group import main
from aggregator.cli.upkeep import copies, versions

__all__ = [
    "copies",
    "counting",
    "deciding",
    "demonstrating",
    "main",
    "proving",
    "publishing",
    "reading",
    "running",
    "versions",
]
