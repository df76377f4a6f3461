"""`POST /rdv/<token>`: count the click, durably, and send the citizen to the platform's own page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request

from aggregator.redirect.redirector import UnknownOfferError
from aggregator.web.language.catalogues import gettext
from aggregator.web.serving.site import Site, here

departures = Blueprint("departures", __name__)

PATH = "/rdv/"
ALONE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
"""What a departure says besides the headers of every answer."""
Environ = dict[str, Any]


class Door:
    """WSGI, in front of Flask: the plain departure, counted, durable and answered with a 303.

    What needs a page (a token that names nothing, a receipt) is left to the view below, which does the same otherwise.
    """

    def __init__(self, app: Flask, site: Site, headers: Mapping[str, str]) -> None:
        self._site = site
        self._headers = [
            *{**headers, **ALONE, "Content-Type": "text/html; charset=utf-8", "Content-Length": "0"}.items()
        ]
        self._flask = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "POST" and path.startswith(PATH) and not environ.get("QUERY_STRING"):
            site, snapshot = self._site, self._site.snapshot
            if snapshot is not None:
                visitor = site.visitor_of(environ)
                try:
                    departure = site.redirector.depart(path.removeprefix(PATH), visitor, snapshot, site.now())
                except UnknownOfferError:
                    pass
                else:
                    start_response("303 SEE OTHER", [*self._headers, ("Location", departure.url)])
                    return []
        return self._flask(environ, start_response)


@departures.post("/rdv/<token>")
def depart(token: str) -> Response:
    """303 to the exact URL of the offer; with `?preuve=1` a page with the receipt and the onward link.

    The body is never read, so that a slow one holds nothing.
    """
    site = here()
    snapshot = site.snapshot
    try:
        if snapshot is None:
            raise UnknownOfferError("nothing published yet")
        departure = site.redirector.depart(token, site.visitor(), snapshot, site.now())
    except UnknownOfferError:
        page = render_template(
            "message.html",
            title=gettext("Ce lieu n’est plus dans la liste"),
            text=gettext("Le bouton que vous avez utilisé ne correspond plus à un lieu connu. Cherchez de nouveau."),
        )
        return Response(page, 404)
    if request.args.get("preuve") == "1":
        response = Response(
            render_template("receipt.html", departure=departure, label=site.label(departure.offer.provider))
        )
    else:
        response = Response(status=303)
        response.headers["Location"] = departure.url
    response.headers.update(ALONE)
    return response
