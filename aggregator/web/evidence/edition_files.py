"""Finds and sends the files of the editions that the worker wrote."""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Response, request
from werkzeug.exceptions import NotFound

from aggregator.config.datasets import FORMATS, WHOLE_FORMAT
from aggregator.opendata.editions import gaps as gap_files
from aggregator.opendata.text_formats import EXCEL_FR
from aggregator.web.evidence import public_files
from aggregator.web.evidence.public_files import FOR_EVER, REVALIDATED, Sent
from aggregator.web.serving.site import Site

RUNNING, CUMULATIVE = "en-cours", "cumul"
MADE_AGAIN = (RUNNING, CUMULATIVE)
EDITION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-W[0-9]{2}|en-cours|cumul")
NAME = re.compile(r"(figures/)?[A-Za-z0-9][\w.-]*")
KINDS = {
    **{suffix: kind for suffix, (_, kind, _) in FORMATS.items() if "." not in suffix},
    "svg": "image/svg+xml",
    "png": "image/png",
    "sqlite": WHOLE_FORMAT[1],
    "md": "text/markdown",
}
# What browsers show; all else is saved under a name that tells the edition.
SHOWN = ("svg", "png", "json", "geojson", "md", "txt")


def names(site: Site) -> list[str]:
    """The editions of closed days, newest first."""
    return sorted((path.name for path in site.settings.editions_dir.glob("????-??-??")), reverse=True)


def weeks(site: Site) -> list[str]:
    """The editions of closed weeks, newest first."""
    return sorted((path.name for path in site.settings.editions_dir.glob("????-W??")), reverse=True)


def gaps(site: Site) -> list[dict[str, str]]:
    """The days and weeks that are over and have no edition, newest first: "edition", "cause", "why"."""
    path = site.settings.editions_dir / gap_files.FILE
    return list(reversed(content(path)["gaps"])) if path.exists() else []


def index(site: Site, edition: str) -> dict[str, Any]:
    """What an edition holds. Raises NotFound."""
    return content(_folder(site, edition) / "index.json")


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

    A closed day's file never changes: whoever has it need not ask again. The running day's is asked about each time.
    """
    folder = _folder(site, edition)
    known = content(folder / "index.json")["files"]
    if request.args.get("dialecte") == EXCEL_FR and name.endswith(".csv"):
        name = f"{name.removesuffix('.csv')}.{EXCEL_FR}.csv"
    if not NAME.fullmatch(name) or (name not in known and name != "SHA256SUMS"):
        raise NotFound
    sent = _opened(folder / name, name, known)
    response = public_files.send(sent, REVALIDATED if edition in MADE_AGAIN else FOR_EVER)
    response.vary.add("Accept-Encoding")
    if response.status_code != 416 and name in known and name.rpartition(".")[2] not in SHOWN:
        response.headers["Content-Disposition"] = f'attachment; filename="aiguillage-{edition}-{Path(name).name}"'
    return response


def _folder(site: Site, edition: str) -> Path:
    """Where an edition lies. Raises NotFound."""
    if not EDITION.fullmatch(edition):  # before a path is made of it (W11)
        raise NotFound
    # Through the link of the running day: the next edition may take its place between its index and its file.
    return (site.settings.editions_dir / edition).resolve()


def _opened(path: Path, name: str, known: dict[str, Any]) -> Sent:
    """The file in the coding that the reader takes. Packed bytes are other bytes: they have a tag of their own."""
    kind = KINDS.get(name.rpartition(".")[2], "text/plain")
    packed = path.with_name(f"{path.name}.gz")
    whole = packed if packed.exists() else path
    try:
        kept = whole.open("rb")
    except FileNotFoundError:
        raise NotFound from None
    about = os.fstat(kept.fileno())
    # SHA256SUMS cannot hold its own sum, so no index lists it.
    tag = known[name]["sha256"] if name in known else f"{about.st_mtime_ns:x}-{about.st_size:x}"
    if whole is path:
        return Sent(kept, about.st_size, about.st_mtime, tag, kind)
    if request.accept_encodings["gzip"] > 0:
        return Sent(kept, about.st_size, about.st_mtime, f"{tag}gzip", kind, "gzip")
    kept.close()
    return Sent(cast(BinaryIO, gzip.open(packed)), known[name]["bytes"], about.st_mtime, tag, kind)
