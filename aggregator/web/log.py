"""`/log/…` and `/verify.py`: static files for auditors. Any web server could serve them; none of our code is needed."""

from __future__ import annotations

from flask import Blueprint, Response, send_from_directory

from aggregator.settings import ROOT
from aggregator.web.site import here

log = Blueprint("log", __name__)

MUTABLE = ("checkpoint", "vkey")
BESIDE = ("snapshots/", "hours/")


@log.get("/log/<path:name>")
def file(name: str) -> Response:
    """A file of the log, or a snapshot that it names. Full tiles and snapshots never change."""
    published = here().settings.published_dir
    folder = published if name.startswith(BESIDE) else published / "log"
    kind = "text/plain; charset=utf-8" if name in MUTABLE else "application/octet-stream"
    response = send_from_directory(folder, name, mimetype=kind, max_age=0 if name in MUTABLE else 3600)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@log.get("/verify.py")
def verifier() -> Response:
    return send_from_directory(ROOT, "verify.py", mimetype="text/x-python; charset=utf-8")
