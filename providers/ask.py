"""Asks one provider: counts requests, obeys the breaker, and converts answers to typed shapes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from providers import strict_json
from providers.errors import BlockedError, CircuitOpenError, InvalidAnswerError, ProviderError, RateLimitedError
from providers.http import Answer, FetchClient
from providers.records import Centre
from providers.shapes import Oddities, as_shape

if TYPE_CHECKING:
    from providers.base import Provider

T = TypeVar("T")
# With these a provider asks to be left alone: they end the whole reading (docs/providers.md §1.4).
LEAVE_ALONE = (BlockedError, RateLimitedError, CircuitOpenError)


def as_failure(error: Exception) -> ProviderError:
    """Turns whatever an adapter raised into a ProviderError.

    An undeclared error becomes its type and where it was raised, never its message, which may quote the answer.
    """
    if isinstance(error, ProviderError):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else "an adapter"
    return InvalidAnswerError(f"{type(error).__name__} in {where}", 200)


class Ask:
    """One conversation with one provider: counts its requests, minds the breaker, turns bytes into typed shapes.

    `odd`: what of its answers could not be read.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.requests = 0
        self.odd = Oddities()

    def each(
        self, items: Iterable[T], name: Callable[[T], object], read: Callable[[T], Iterable[Centre]]
    ) -> Iterator[Centre]:
        """The centres of every item of a list; an item that fails is named, and the others are read all the same.

        Raises the errors with which a provider asks to be left alone.
        """
        for item in items:
            try:
                yield from tuple(read(item))  # whole first: an item that fails half way gives none of its centres
            except LEAVE_ALONE:
                raise
            except Exception as error:
                self.odd.element(f"{name(item)}: {as_failure(error)}")

    def cut(self, path: str) -> None:
        """Note that a listing went on beyond `MAX_PAGES`: what was read of it is not the whole."""
        self.odd.element(f"{path}: longer than may be read")

    def get(
        self,
        shape: type[T],
        origin: str,
        path: str,
        params: Iterable[tuple[str, str]] = (),
        query: str | None = None,
    ) -> T:
        """The answer to GET, as `shape` (a msgspec type). Raises ProviderError."""
        url = self._provider.config.origins[origin] + path
        return self._call(shape, path, lambda client: client.get(url, params, query))

    def post(self, shape: type[T], origin: str, path: str, payload: Any) -> T:
        url = self._provider.config.origins[origin] + path
        return self._call(shape, path, lambda client: client.post(url, payload))

    def get_any(self, origin: str, path: str, query: str | None = None) -> Any:
        """The answer to GET as plain JSON, for an endpoint whose answers have several shapes."""
        url = self._provider.config.origins[origin] + path
        return self._call(object, path, lambda client: client.get(url, (), query))

    def _call(self, shape: type[T], path: str, send: Callable[[FetchClient], Answer]) -> T:
        provider = self._provider
        provider.breaker.before()
        self.requests += 1  # after `before`: what the breaker holds back is no request
        try:
            # Parsed inside the `try`: an answer that cannot be read counts with the breaker as a failure does.
            read = _typed(send(provider.client).body, shape, path, self.odd)
        except ProviderError as error:
            if provider.blocked_instead(error, path) and not isinstance(error, BlockedError):
                error = BlockedError(str(error), error.status)
            provider.breaker.failed(error)
            raise error from None
        provider.breaker.succeeded()
        return read


def _typed(body: bytes, shape: type[T], path: str, odd: Oddities) -> T:
    try:
        value = strict_json.loads(body)
    except strict_json.StrictJsonError as error:
        raise InvalidAnswerError(f"{path}: {error}", 200) from error
    return value if shape is object else as_shape(value, shape, path, odd)
