"""JSON values -> the typed shapes that an adapter states. An unknown shape is an error that names its path."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

from providers.errors import InvalidAnswerError

T = TypeVar("T")

_FIRST_USE = threading.Lock()
_KNOWN: set[Any] = set()


def as_shape(value: Any, shape: type[T], path: str) -> T:
    """`value` as `shape` (a msgspec type); unknown fields are ignored. Raises InvalidAnswerError."""
    try:
        if shape in _KNOWN:
            return msgspec.convert(value, shape)
        # msgspec builds what it knows of a type at first use, and crashes when two threads do so at once.
        with _FIRST_USE:
            try:
                return msgspec.convert(value, shape)
            finally:
                _KNOWN.add(shape)
    except msgspec.ValidationError as error:
        raise InvalidAnswerError(f"{path}: {error}", 200) from error
