"""Questions whose answer is a status: protocols in which 409 or 422 is what the other side has to say."""

from __future__ import annotations

from typing import Any

from providers.http import Answer, FetchClient


class Exchange(FetchClient):
    """Within the limits of every request, and to the declared origins only; any status is an answer."""

    def send(self, url: str, body: bytes, kind: str) -> Answer:
        """POST `body`, as it is. Raises ProviderError when there is no complete answer."""
        return self._fetch("POST", url, data=body, headers={"Content-Type": kind})

    def _refuse_bad_status(self, response: Any, body: bytes) -> None:
        """Whoever asks reads the status."""
