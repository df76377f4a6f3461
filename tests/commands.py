"""The commands, as a person types them."""

from __future__ import annotations

from click.testing import CliRunner, Result

from aggregator.cli import main


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"AIGUILLAGE_PROVIDERS": "sandbox", **environment})
