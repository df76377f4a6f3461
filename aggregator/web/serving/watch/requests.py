"""Counts answers, errors of ours and the time that answers take: all requests together, nothing by address or path."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

REQUESTS = "aiguillage.requests"
BUCKETS_S = (0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SHED = "503"  # people told to come back are counted apart (`requests_shed`), and so is a site that is not ready
Environ = dict[str, Any]


class Requests:
    """WSGI, in front of everything. A request that raises is an error; the time is that until the body begins."""

    def __init__(self, app: Flask) -> None:
        self._flask = app.wsgi_app
        self.registry = CollectorRegistry()
        disable_created_metrics()  # type: ignore[no-untyped-call]
        told = "Seconds until an answer begins, all requests together"
        self._seconds = Histogram("aiguillage_request_seconds", told, buckets=BUCKETS_S, registry=self.registry)
        told = "Answers that were an error of ours (500 and above, but for 503)"
        self._failed = Counter("aiguillage_requests_failed", told, registry=self.registry)
        app.wsgi_app = self  # type: ignore[method-assign]
        app.extensions[REQUESTS] = self

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start = time.perf_counter()

        def counted(status: str, *more: Any) -> Any:
            if status[0] == "5" and status[:3] != SHED:
                self._failed.inc()
            return start_response(status, *more)

        try:
            return self._flask(environ, counted)
        except Exception:
            self._failed.inc()
            raise
        finally:
            self._seconds.observe(time.perf_counter() - start)
