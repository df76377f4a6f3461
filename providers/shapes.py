"""JSON values -> the typed shapes that an adapter states.

One odd element never takes its container with it: an element of a list or a dictionary that cannot be read is left out,
a field that may be missing and cannot be read is taken as missing, and each is named. An answer is refused whole only
when its frame cannot be read: a field that every answer of the contract has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from providers.errors import InvalidAnswerError

T = TypeVar("T")
MOST_NAMED = 50  # ten thousand odd rows are counted, not all described

_FIRST_USE = threading.Lock()
_KNOWN: set[Any] = set()


@dataclass
class Oddities:
    """What could not be read of an answer. `lost`: elements left out; fields taken as missing are named only."""

    named: list[str] = field(default_factory=list)
    lost: int = 0

    def field(self, where: str) -> None:
        if len(self.named) < MOST_NAMED:
            self.named.append(where)

    def element(self, where: str) -> None:
        self.lost += 1
        self.field(where)


def as_shape(value: Any, shape: type[T], path: str, oddities: Oddities) -> T:
    """`value` as `shape` (a msgspec type); unknown fields are ignored. Raises InvalidAnswerError."""
    try:
        return _converted(value, shape)
    except msgspec.ValidationError:
        pass  # somewhere something is odd: read it piece by piece
    try:
        read: T = _pieces(value, shape, path, oddities)
    except msgspec.ValidationError as error:
        raise InvalidAnswerError(f"{path}: {error}", 200) from error
    return read


def _converted(value: Any, shape: type[T]) -> T:
    if shape in _KNOWN:
        return msgspec.convert(value, shape)
    # msgspec builds what it knows of a type at first use, and crashes when two threads do so at once.
    with _FIRST_USE:
        try:
            return msgspec.convert(value, shape)
        finally:
            _KNOWN.add(shape)  # also when the value did not fit: msgspec has built what it needs


def _pieces(value: Any, shape: Any, path: str, oddities: Oddities) -> Any:
    """Raises ValidationError when `value` itself is not what `shape` says."""
    kind = _fitting(value, shape)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        return _struct(value, kind, path, oddities)
    if get_origin(kind) is list and isinstance(value, list):
        (inner,) = get_args(kind)
        return list(_kept(enumerate(value), lambda n: f"{path}[{n}]", inner, oddities).values())
    if get_origin(kind) is dict and isinstance(value, dict):
        _, inner = get_args(kind)
        return _kept(value.items(), lambda name: f"{path}.{str(name)[:40]}", inner, oddities)
    return _converted(value, shape)


def _fitting(value: Any, shape: Any) -> Any:
    """The one member of a union that fits a list or an object; `shape` itself when there is not exactly one."""
    if get_origin(shape) not in (Union, UnionType):
        return shape
    wanted = _is_list if isinstance(value, list) else _is_object if isinstance(value, dict) else None
    fitting = [one for one in get_args(shape) if wanted is not None and wanted(one)]
    return fitting[0] if len(fitting) == 1 else shape


def _is_list(shape: Any) -> bool:
    return get_origin(shape) is list


def _is_object(shape: Any) -> bool:
    return get_origin(shape) is dict or (isinstance(shape, type) and issubclass(shape, msgspec.Struct))


def _struct(value: dict[str, Any], shape: type[msgspec.Struct], path: str, oddities: Oddities) -> Any:
    found = {}
    for name, inner, required in _fields(shape):
        if name not in value:
            if required:
                raise msgspec.ValidationError(f"Object missing required field `{name}`")
            continue
        try:
            found[name] = _pieces(value[name], inner, f"{path}.{name}", oddities)
        except msgspec.ValidationError as error:
            if required:
                raise msgspec.ValidationError(f"{name}: {error}") from None
            oddities.field(f"{path}.{name}: {error}")
    return shape(**found)


def _kept(
    items: Iterable[tuple[Any, Any]], where: Callable[[Any], str], shape: Any, oddities: Oddities
) -> dict[Any, Any]:
    """The elements that can be read, by their number or name."""
    found = {}
    for name, value in items:
        try:
            found[name] = _pieces(value, shape, where(name), oddities)
        except msgspec.ValidationError as error:
            oddities.element(f"{where(name)}: {error}")
    return found


@lru_cache(maxsize=256)
def _fields(shape: type[msgspec.Struct]) -> tuple[tuple[str, Any, bool], ...]:
    """(name, shape, required) of each field."""
    hints = get_type_hints(shape)
    return tuple((one.name, hints[one.name], one.required) for one in msgspec.structs.fields(shape))
