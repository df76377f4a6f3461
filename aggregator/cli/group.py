"""The `aiguillage` command itself, and how every command refuses: one clear line, exit code 2."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

import click
from rich.console import Console

from aggregator.config.environment import SettingsError
from aggregator.config.settings import Settings
from aggregator.country import NotBuiltError, building
from aggregator.database import StoreError
from aggregator.ledger.log import LogError
from aggregator.ledger.notes import NoteError
from aggregator.ledger.outside.stamps import StampError
from aggregator.ledger.witnessing.memory import WitnessError
from aggregator.ledger.witnessing.policy import PolicyError
from aggregator.redirect.event_log import EventLogError
from aggregator.snapshot.format import SnapshotError
from aggregator.worker.backups.backup import BackupError
from aggregator.worker.leadership import OtherKeysError
from aggregator.worker.locks import AlreadyRunningError
from aggregator.worker.upgrade import UpgradeError
from providers.official_list import OfficialListError

REFUSALS = (
    BackupError, SettingsError, StoreError, OfficialListError, AlreadyRunningError, OtherKeysError, LogError,
    WitnessError, PolicyError, NoteError, StampError, NotBuiltError, SnapshotError, EventLogError,
    UpgradeError,
)  # fmt: skip

# Which commands each module of this package defines.
MODULES = {
    "counting": ("count-hosts", "coverage"),
    "deciding": ("incident", "provider", "quarantine", "review", "withdraw"),
    "demonstration": ("lay-past", "sandbox", "visitors"),
    "proving": ("recount", "rotate-key", "seal", "shares", "stamp", "verify", "witness"),
    "publishing": ("dictionary", "export", "release", "report"),
    "reading": ("collect", "import-official-list", "probe"),
    "running": ("build-gazetteer", "doctor", "draw-keys", "node", "serve", "worker"),
    "upkeep.copies": ("backup", "erase", "prune-backups", "restore"),
    "upkeep.past": ("make-past",),
    "upkeep.versions": ("upgrade",),
}

console = Console(stderr=True)


class Commands(click.Group):
    """Loads the module of a command when it is asked for: what draws a report would cost the sandbox 130 MB."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for names in MODULES.values() for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for module, names in MODULES.items():
            if cmd_name in names:
                importlib.import_module(f"aggregator.cli.{module}")
        return super().get_command(ctx, cmd_name)


class Detailed(logging.Formatter):
    """Formats a log line, followed by the caller's `extra` values as name=value."""

    USUAL: ClassVar = {*vars(logging.makeLogRecord({})), "message", "asctime"}

    def format(self, record: logging.LogRecord) -> str:
        details = [f"{name}={value}" for name, value in vars(record).items() if name not in self.USUAL]
        return " ".join([super().format(record), *details])


class Refused(click.ClickException):
    """One clear line, exit code 2."""

    exit_code = 2


def refusing(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except REFUSALS as error:  # anything else is a bug, and keeps its traceback
            raise Refused(str(error)) from error

    return run


def settings_with_country() -> Settings:
    """The environment's settings; builds the tables of the country in the data folder when they are missing."""
    settings = Settings.from_env()
    building.build_missing(settings.gazetteer_path, settings.outlines_path)
    return settings


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aiguillage", prog_name="aiguillage")
def main() -> None:
    """Aiguillage : un aiguillage neutre entre les citoyens et les plateformes de rendez-vous."""
    output = logging.StreamHandler()
    output.setFormatter(Detailed("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[output])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a reading that is still running is no news
