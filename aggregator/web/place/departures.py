"""`POST /rdv/<token>`: count the click, durably, and send the citizen to the platform's own page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from aggregator.redirect.redirector import Departure, UnknownOfferError
from aggregator.web.language.catalogues import gettext
from aggregator.web.serving.site import here

departures = Blueprint("departures", __name__)

PATH = "/rdv/"
# "no-store": no cache may answer a click uncounted (W14), nor keep a receipt (docs/log.md §8).
ALONE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
"""What a departure says besides the headers of every answer."""
RECEIPT = "Redirect-Receipt"
Environ = dict[str, Any]


@departures.post("/rdv/<token>/")  # counted at once: not every program repeats a POST that is redirected
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
        response.headers.update(onward(departure))
    response.headers.update(ALONE)
    return response


def onward(departure: Departure) -> dict[str, str]:
    """Where a 303 leads, and the receipt, with every one: an operator cannot know whose will be checked."""
    receipt = {RECEIPT: departure.receipt} if departure.receipt else {}
    return {"Location": departure.url, **receipt}
