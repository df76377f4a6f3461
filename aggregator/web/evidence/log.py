"""`/log/…` and `/verify.py`: static files for auditors. Any web server could serve them; none of our code is needed."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from aggregator import instants
from aggregator.config.settings import ROOT
from aggregator.web.evidence import public_files
from aggregator.web.evidence.public_files import AN_HOUR, FOR_EVER, REVALIDATED, Sent, public
from aggregator.web.serving.site import Site, here

log = Blueprint("log", __name__)

MUTABLE = ("checkpoint", "vkey", "witness-policy")
BESIDE = ("snapshots", "hours")
# What the pages print, as the worker wrote it: an auditor compares it with the log.
PAGES = ("shares.json", "closed.json")
# Named by the hash of what they hold, or by their place in a log that only grows.
FIXED = ("snapshots", "contracts", "hosting", "policies", "programs", "tile")
HOUR = re.compile(r"hours/([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2})\.ndjson")
KINDS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".md": "text/plain",
    ".sha256": "text/plain",
    ".txt": "text/plain",
}


@log.get("/log/<path:name>")
@public
def file(name: str) -> Response:
    """A file of the log, or a snapshot that it names."""
    site = here()
    first, _, rest = name.partition("/")
    # "./checkpoint" and "x/../checkpoint" are the checkpoint, under names that are not in MUTABLE: it would be kept.
    if {"", ".", ".."} & set(name.split("/")):
        raise NotFound
    published = site.settings.published_dir
    folder, inside = (published / first, rest) if first in BESIDE else (site.log_dir, name)
    folder = published if name in PAGES else folder
    kind = "text/plain" if name in MUTABLE else KINDS.get(Path(name).suffix, "application/octet-stream")
    return public_files.send(_opened(folder, inside, kind), _cache(site, name, first))


@log.get("/verify.py")
@public
def verifier() -> Response:
    return public_files.send(_opened(ROOT, "verify.py", "text/x-python"), REVALIDATED)


def _cache(site: Site, name: str, first: str) -> str:
    """How long a file may be kept unasked: a year, if nothing can change it; not at all, if something still may."""
    if hour := HOUR.fullmatch(name):
        # A snapshot of the hour that has just ended may still be on its way into its list.
        return FOR_EVER if hour[1] < instants.hour(site.now() - timedelta(hours=1)) else REVALIDATED
    if first in FIXED:
        return FOR_EVER
    return REVALIDATED if name in (*MUTABLE, *PAGES) or first in ("witnesses", "hours") else AN_HOUR


def _opened(folder: Path, name: str, kind: str) -> Sent:
    """Raises NotFound."""
    path = safe_join(str(folder), name)
    try:
        found = Path(path or "").open("rb")  # noqa: SIM115 - closed with the answer
    except (OSError, ValueError):
        raise NotFound from None
    about = os.fstat(found.fileno())
    return Sent(found, about.st_size, about.st_mtime, f"{about.st_mtime_ns:x}-{about.st_size:x}", kind)
