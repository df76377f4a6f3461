"""Finds and sends the files of the editions that the worker wrote."""

from __future__ import annotations

import gzip
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, request, send_file
from werkzeug.exceptions import NotFound

from aggregator.config.datasets import FORMATS
from aggregator.opendata.text_formats import EXCEL_FR
from aggregator.web.serving.site import Site

RUNNING = "en-cours"
EDITION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|en-cours")
NAME = re.compile(r"(figures/)?[A-Za-z0-9][\w.-]*")
KINDS = {
    **{suffix: kind for suffix, (_, kind) in FORMATS.items() if "." not in suffix},
    "svg": "image/svg+xml",
    "png": "image/png",
    "sqlite": "application/vnd.sqlite3",
    "md": "text/markdown",
}
# What browsers show; all else is saved under a name that tells the edition.
SHOWN = ("svg", "png", "json", "geojson", "md", "txt")
A_YEAR, A_WHILE = 31_536_000, 300


def names(site: Site) -> list[str]:
    """The editions of closed days, newest first."""
    return sorted((path.name for path in site.settings.editions_dir.glob("????-??-??")), reverse=True)


def index(site: Site, edition: str) -> dict[str, Any]:
    """What an edition holds. Raises NotFound."""
    if not EDITION.fullmatch(edition):  # before a path is made of it (W11)
        raise NotFound
    return content(site.settings.editions_dir / edition / "index.json")


def content(path: Path) -> dict[str, Any]:
    """A JSON file of an edition, kept while it does not change. Raises NotFound."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise NotFound from None


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> dict[str, Any]:
    # `changed` is there for the cache: a file that was written anew is another entry.
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def figures(site: Site) -> dict[str, Any]:
    """The figures of the running edition; none before the first one."""
    try:
        found: dict[str, Any] = index(site, RUNNING)["figures"]
    except NotFound:
        return {}
    return found


def send(site: Site, edition: str, name: str) -> Response:
    """A file as it was written, compressed on the way if the reader takes it. `?dialecte=excel-fr` on a CSV file.

    A closed day's file never changes: whoever has it need not ask again.
    """
    known = index(site, edition)["files"]
    if request.args.get("dialecte") == EXCEL_FR and name.endswith(".csv"):
        name = f"{name.removesuffix('.csv')}.{EXCEL_FR}.csv"
    # SHA256SUMS cannot hold its own sum, so no index lists it.
    if not NAME.fullmatch(name) or (name not in known and name != "SHA256SUMS"):
        raise NotFound
    folder = site.settings.editions_dir / edition
    suffix = name.rpartition(".")[2]
    response = _body(folder / name, KINDS.get(suffix, "text/plain"))
    if name in known:  # packed bytes are other bytes: they need a tag of their own
        response.set_etag(known[name]["sha256"] + response.headers.get("Content-Encoding", ""))
    if suffix not in SHOWN and name in known:
        response.headers["Content-Disposition"] = f'attachment; filename="aiguillage-{edition}-{Path(name).name}"'
    response.cache_control.no_cache = None
    response.cache_control.public = True
    response.cache_control.max_age = A_WHILE if edition == RUNNING else A_YEAR
    response.cache_control.immutable = edition != RUNNING
    open_to_all(response)
    return response


def open_to_all(response: Response) -> None:
    """Public figures may be read by any page of any site."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def _body(path: Path, kind: str) -> Response:
    if path.exists():
        return send_file(path, mimetype=kind, etag=False, conditional=False)
    packed = path.with_name(f"{path.name}.gz")
    if not packed.exists():
        raise NotFound
    if request.accept_encodings["gzip"] > 0:
        response = send_file(packed, mimetype=kind, etag=False, conditional=False)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(_unpacked(packed), mimetype=kind)
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _unpacked(packed: Path) -> Any:
    with gzip.open(packed) as file:
        # In pieces: memory does not grow with the file.
        while chunk := file.read(1 << 16):
            yield chunk
