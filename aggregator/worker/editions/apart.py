"""Has the editions written by a process that ends: what draws and packs them would stay in the worker for good."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence

log = logging.getLogger(__name__)

RELEASE = (sys.executable, "-m", "aggregator", "release")


class Apart:
    """Runs `aggregator release` with this process's environment; what that says goes where this process's words go."""

    def __init__(self, command: Sequence[str] = RELEASE) -> None:
        self._command = command
        self._turn = threading.Lock()
        self._stopped = False
        self._child: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        """Returns when the process has ended. Its failure, whatever it died of, is logged and stops nothing."""
        with self._turn:
            if self._stopped:
                return
            self._child = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)  # noqa: S603 - ourselves
        code = self._child.wait()
        if code and not self._stopped:
            log.error("no edition is written", extra={"exit_code": code})

    def stop(self) -> None:
        """End the process if it runs, and begin no other. What it had not finished has no name yet."""
        with self._turn:
            self._stopped = True
            if self._child is not None:
                self._child.terminate()
