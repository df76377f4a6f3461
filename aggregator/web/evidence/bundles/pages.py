"""`/preuves/<day>.zip`: everything that checking one closed day needs, verify.py included."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import ServiceUnavailable

from aggregator.config.settings import ROOT
from aggregator.web.evidence.bundles import contents
from aggregator.web.evidence.bundles.zip_stream import zipped
from aggregator.web.evidence.public_files import REVALIDATED, open_to_all, public
from aggregator.web.language.catalogues import gettext as _
from aggregator.web.serving.site import here

bundles = Blueprint("bundles", __name__)

AT_ONCE = 2  # a reader on a slow line holds a thread for long
turns = threading.BoundedSemaphore(AT_ONCE)


@bundles.get("/preuves/<day>.zip")
@public
def bundle(day: str) -> Response:
    """The head in it is that of the minute, so whoever has it asks again with its tag."""
    published = here().settings.published_dir
    if day not in contents.closed_days(published):
        return _not_closed(published)
    begin = _head(published)
    response = Response(mimetype="application/zip")
    # Its length is known at its end. Werkzeug would state that of the body so far, 0, and a server sends no more.
    response.automatically_set_content_length = False
    about = hashlib.sha256(day.encode() + b"".join(body for _, body in begin) + (ROOT / "verify.py").read_bytes())
    response.set_etag(about.hexdigest()[:32], weak=True)
    response.headers["Cache-Control"] = REVALIDATED
    response.headers["Content-Disposition"] = f'attachment; filename="preuves-{day}.zip"'
    open_to_all(response)
    response.make_conditional(request)
    if response.status_code == 200 and request.method == "GET":
        if not turns.acquire(blocking=False):
            raise ServiceUnavailable
        response.call_on_close(turns.release)
        response.response = zipped(contents.files(published, day, begin))
    return response


def _head(published: Path) -> list[tuple[str, bytes]]:
    try:
        return contents.head(published)
    except FileNotFoundError:  # a tile was full just now
        return contents.head(published)


def _not_closed(published: Path) -> Response:
    title = _("Pas de dossier de preuves pour ce jour")
    text = _(
        "Un dossier existe pour chaque jour clos : un jour est clos dans la nuit qui le suit. "
        "L’adresse s’écrit /preuves/AAAA-MM-JJ.zip."
    )
    return Response(render_template("message.html", title=title, text=text), 404)
