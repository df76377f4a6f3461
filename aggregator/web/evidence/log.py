"""`/log/…` and `/verify.py`: static files for auditors. Any web server could serve them; none of our code is needed."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from aggregator.config.settings import ROOT
from aggregator.web.serving.site import here

log = Blueprint("log", __name__)

MUTABLE = ("checkpoint", "vkey")
BESIDE = ("snapshots/", "hours/")
KINDS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".md": "text/plain",
}


@log.get("/log/<path:name>")
def file(name: str) -> Response:
    """A file of the log, or a snapshot that it names. Full tiles and snapshots never change."""
    published = here().settings.published_dir
    folder = published if name.startswith(BESIDE) else published / "log"
    kind = KINDS.get(Path(name).suffix, "application/octet-stream")
    if name in MUTABLE:
        kind = "text/plain"
    response = send_from_directory(folder, name, mimetype=kind, max_age=0 if name in MUTABLE else 3600)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@log.get("/verify.py")
def verifier() -> Response:
    return send_from_directory(ROOT, "verify.py", mimetype="text/x-python")
