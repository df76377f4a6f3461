"""A place for search engines: schema.org JSON-LD. Its address is our own page, so that a departure is counted."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup

from aggregator.snapshot.places import Place
from providers.phone import phone_number

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = re.compile(r"([0-9]{1,2})[:h]([0-9]{2})?\s*[-–]\s*([0-9]{1,2})[:h]([0-9]{2})?")


def of_place(place: Place, url: str) -> Markup:
    """The content of the JSON-LD script block, escaped so that no text of a source can close the block."""
    content: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Place",
        "name": place.name,
        "url": url,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": place.address,
            "postalCode": place.postcode,
            "addressLocality": place.city,
            "addressCountry": "FR",
        },
        "openingHoursSpecification": [
            {"@type": "OpeningHoursSpecification", "dayOfWeek": day, "opens": opens, "closes": closes}
            for day, text in zip(DAYS, place.hours, strict=False)  # no hours at all when the source gives none
            for opens, closes in spans(text)
        ],
    }
    if number := phone_number(place.phone):
        content["telephone"] = number
    # An approximate position would be drawn by others as if it were the door.
    if place.exact and place.lat is not None:
        content["geo"] = {"@type": "GeoCoordinates", "latitude": place.lat, "longitude": place.lon}
    if place.wheelchair is not None:
        content["amenityFeature"] = {
            "@type": "LocationFeatureSpecification",
            "name": "wheelchair accessible",
            "value": place.wheelchair,
        }
    text = json.dumps({key: value for key, value in content.items() if value not in ([], "")}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 - both are JSON escapes


def spans(text: str | None) -> list[tuple[str, str]]:
    """ "9:00-12:00, 14h-18h" -> opening and closing times; what is not understood is left out, never guessed."""
    return [(f"{int(a):02d}:{b or '00'}", f"{int(c):02d}:{d or '00'}") for a, b, c, d in HOURS.findall(text or "")]
