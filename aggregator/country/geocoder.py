"""Looks an address up with the State's geocoder, if the operator has switched it on: it sends what was typed.

Off by default: towns and postal codes are answered here. The point that comes back is rounded to 0.01 degree
before it is used, so that no list and no log knows a street.
"""

from __future__ import annotations

from dataclasses import dataclass

from geopy.exc import GeopyError
from geopy.geocoders import BANFrance

# geopy's default is the host that the State has closed.
DOMAIN = "data.geopf.fr/geocodage"
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Point:
    """A grid point: degrees, rounded to 0.01."""

    lat: float
    lon: float


class Addresses:
    def __init__(self, domain: str = DOMAIN, scheme: str = "https") -> None:
        self._geocoder = BANFrance(domain=domain, scheme=scheme, timeout=TIMEOUT_S, user_agent="Aiguillage")

    def locate(self, text: str) -> Point | None:
        """The point of an address; None when none is found, or the geocoder fails or takes longer than `TIMEOUT_S`."""
        try:
            found = self._geocoder.geocode(text, exactly_one=True)
        except (GeopyError, ValueError):
            return None
        return Point(round(found.latitude, 2), round(found.longitude, 2)) if found else None
