"""Progress of long work: bars on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

LINE_EVERY_S = 5.0


class Bars:
    """Callable as (what, done, total). `lines`: plain lines even on a terminal, for processes that share one."""

    def __init__(self, console: Console, lines: bool = False) -> None:
        self._console = console
        self._lines = lines or not console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=self._lines,
        )
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._lines:
            self._say(what, done, total)
            return
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total or None)
        self._progress.update(self._tasks[what], completed=done, total=total or None)

    def _say(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._said.get(what, -LINE_EVERY_S) < LINE_EVERY_S:
            return
        self._said[what] = now
        self._console.print(f"{what} : {done} sur {total}" if total else what, highlight=False)

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._progress.stop()
