"""The web process under its server, Granian: it ends when told to while it starts, and when the server is gone."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import signal
import threading
import time

PATIENCE_S = 5.0
"""For requests under way, after the server was killed."""


def end_with_server() -> None:
    """To be called first in the process that the server forks. Does nothing elsewhere."""
    server = multiprocessing.parent_process()
    if server is None:
        return
    # Inherited from the server, its handler would only take note of a signal that is meant for this process.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_DFL)
    threading.Thread(target=_end_after, args=(server,), name="server", daemon=True).start()


def _end_after(server: multiprocessing.process.BaseProcess) -> None:
    """A web process whose server was killed would go on, and another one beside it count the same citizen again."""
    server.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_S)
    os._exit(1)
