"""`/log/…` and `/verify.py`: static files for auditors. Any web server could serve them; none of our code is needed."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from aggregator.config.settings import ROOT
from aggregator.web.serving.site import here

log = Blueprint("log", __name__)

MUTABLE = ("checkpoint", "vkey")
BESIDE = ("snapshots", "hours")
KINDS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".md": "text/plain",
}


@log.get("/log/<path:name>")
def file(name: str) -> Response:
    """A file of the log, or a snapshot that it names. Full tiles, snapshots and past hours never change."""
    site = here()
    first, _, rest = name.partition("/")
    # "x/../checkpoint" is the checkpoint, under a name that is not in MUTABLE: it would be kept for an hour.
    if ".." in name.split("/"):
        raise NotFound
    folder, inside = (site.settings.published_dir / first, rest) if first in BESIDE else (site.log_dir, name)
    kind = "text/plain" if name in MUTABLE else KINDS.get(Path(name).suffix, "application/octet-stream")
    grows = name in MUTABLE or name == f"hours/{site.epoch}.ndjson"
    response = send_from_directory(folder, inside, mimetype=kind, max_age=0 if grows else 3600)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@log.get("/verify.py")
def verifier() -> Response:
    return send_from_directory(ROOT, "verify.py", mimetype="text/x-python")
