"""Elects the one worker that may work: by file locks on one machine, by a database lease among several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from aggregator import canonical
from aggregator.config.settings import Settings
from aggregator.worker.file_exchange import PublishedFiles
from aggregator.worker.locks import AlreadyRunningError, lock

WORKER = "worker"
KEYS = ("token.key", "seed-chain.json", "log.key")


class OtherKeysError(RuntimeError):
    """This machine would sign and draw with other keys than the rest."""


def agree_on_keys(settings: Settings, files: PublishedFiles) -> None:
    """Refuses keys that the other machines do not have: they would give two orders, or one log under two names.

    Raises OtherKeysError, StoreError.
    """
    marks = _key_marks(settings)
    without = [name for name in KEYS if name not in marks]
    if without:
        raise OtherKeysError(
            f"{settings.keys_dir} has no {', '.join(without)}: copy the folder from a machine that works, "
            "or `aiguillage draw-keys` on the first one"
        )
    other = files.other_keys(marks)
    if other:
        raise OtherKeysError(
            f"{', '.join(other)} in {settings.keys_dir}: not what the other machines have; copy the folder from one"
        )


def _key_marks(settings: Settings) -> dict[str, str]:
    """A hash of each key that exists: 256 random bits cannot be brute-forced."""
    paths = [settings.keys_dir / name for name in KEYS]
    return {path.name: canonical.sha256(b"aiguillage-key/v1\n" + path.read_bytes()) for path in paths if path.exists()}


@contextmanager
def leading(settings: Settings) -> Iterator[Callable[[], object]]:
    """Lets a command do what only the leading worker may do; refused while a worker leads.

    Yields what makes published files safe on other machines. On one machine that is nothing, and the locks of the data
    folder are enough. A command that changes a key changes it for all. Raises AlreadyRunningError, OtherKeysError.
    """
    if not settings.database_url:
        yield lambda: None
        return
    with closing(PublishedFiles(settings.database_url)) as files:
        if not files.database.lead(WORKER):
            raise AlreadyRunningError("a worker leads: stop the workers of all machines first")
        agree_on_keys(settings, files)
        # First: `bring` would publish older files of this machine over newer ones.
        files.take(settings.published_dir, 0)
        try:
            yield lambda: files.bring(settings.published_dir)
        finally:
            files.new_keys(_key_marks(settings))  # a command that fails may have changed one already
        files.bring(settings.published_dir)


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """One full run at a time: new jobs of the worker wait at the turnstile, running ones end first.

    With several machines only while no worker leads. Raises AlreadyRunningError.
    """
    with leading(settings), lock(settings.data_dir / "turnstile.lock"), lock(settings.data_dir / "collect.lock"):
        yield


@contextmanager
def beside_others(settings: Settings) -> Iterator[None]:
    """One job of the worker beside others; waits while a full run is under way."""
    with ExitStack() as held:
        # Held for a moment only. Without it, jobs that overlap could keep a full run waiting for ever:
        # a file lock prefers nobody, and new shared holders would go on coming in.
        with lock(settings.data_dir / "turnstile.lock"):
            held.enter_context(lock(settings.data_dir / "collect.lock", shared=True))
        yield
