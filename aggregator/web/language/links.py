"""Addresses within the site, each built once a process: all pages link to the same thirty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import request, url_for

from aggregator.snapshot.places import Place
from aggregator.web.language.catalogues import language

STAND_IN = "p-aaaaaaaaaa"  # an id in form, so that it comes out of `url_for` as it went in
_quoted = lru_cache(maxsize=8192)(quote_plus)  # names and values of a query come again in every address of a page


def path_to(endpoint: str, /, **values: Any) -> str:
    """Flask's `url_for`, and what templates call so; without `_external` it is remembered."""
    if "_external" in values:
        return url_for(endpoint, **values)
    given = tuple((name, str(value)) for name, value in values.items() if value is not None)
    return _path(endpoint, given, language(), request.script_root)


@lru_cache(maxsize=4096)
def _path(endpoint: str, values: tuple[tuple[str, str], ...], _language: str, _root: str) -> str:
    """`_language` and `_root` are part of the address without being named in `values`."""
    return url_for(endpoint, **dict(values))  # type: ignore[arg-type]


def to_places(parameters: Mapping[str, str], **more: Any) -> Callable[[str], str]:
    """A function from a place's id to the address of its page. What all addresses share is built once."""
    before, _, behind = asking("places.place", parameters, place_id=STAND_IN, **more).partition(STAND_IN)
    return lambda place_id: f"{before}{place_id}{behind}"


def asking(endpoint: str, parameters: Mapping[str, str], /, **values: Any) -> str:
    """The path of an endpoint with `parameters` as its query. Only the path is cached: a query may never come again."""
    path, _, kept = path_to(endpoint, **values).partition("?")
    query = "&".join(part for part in (urlencode(parameters, quote_via=_quoted), kept) if part)
    return f"{path}?{query}" if query else path


def short_address(place: Place) -> str:
    """The address of a place's page as it is printed and typed again: "aiguillage.example/centre/p-…"."""
    return f"{request.host}{request.script_root}/centre/{place.id}"
