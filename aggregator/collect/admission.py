"""Cleans and checks every centre before it is stored, whichever source it comes from.

Text is cleaned, the booking link judged, the position checked against the territory and its commune found.
No centre is dropped for being odd: it keeps its card, and a flag says which part was not believed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from aggregator.collect.matching import LinkKey
from aggregator.country.finder.addresses import locate
from aggregator.country.finder.finder import load_finder
from aggregator.country.gazetteer import Commune, Gazetteer, department_of
from aggregator.country.geography import distance_m, in_territory
from aggregator.country.outlines import Outlines
from providers import PROVIDERS
from providers.booking_url import BookingSites, UndeclaredSiteError, UnsafeUrlError, host_of
from providers.phone import MAX_TEXT
from providers.records import Centre
from providers.text import clean

log = logging.getLogger(__name__)

# The largest communes of France in Europe are 30 km across; Maripasoula (Guyane) 230 km.
FARTHEST_FROM_COMMUNE_M = 60_000
FARTHEST_IN_GUYANE_M = 250_000


class Intake:
    def __init__(self, gazetteer: Gazetteer, sites: BookingSites, outlines: Outlines | None = None) -> None:
        """`outlines`: to find the commune of a centre that has only a position; whoever asks for links needs none."""
        self._outlines = outlines
        self._gazetteer = gazetteer
        self._sites = sites

    def admit(self, centre: Centre) -> Centre:
        """`centre` as it may be stored and shown: clean text, and no link or position that is not believed."""
        centre = replace(
            centre,
            name=clean(centre.name) or "Lieu sans nom",
            address=clean(centre.address),
            city=clean(centre.city, 100),
            note=clean(centre.note, 1000),
            hours=tuple(clean(text, 120) if text else text for text in centre.hours),
            phone=clean(centre.phone, MAX_TEXT) or None,
        )
        return self._positioned(self._linked(centre))

    def admit_all(self, centres: Iterable[Centre]) -> tuple[dict[str, Centre], int]:
        """The centres by id, and how many could not be admitted: one that fails is logged, the others are taken."""
        admitted: dict[str, Centre] = {}
        refused = 0
        for centre in centres:
            if centre.source_id not in admitted:
                try:
                    admitted[centre.source_id] = self.admit(centre)
                except Exception as error:  # a kind of oddity that nobody foresaw costs one centre, not the list
                    refused += 1
                    log.error("centre not admitted", extra={"source": centre.source, "kind": type(error).__name__})
        return admitted, refused

    def commune_of(self, centre: Centre) -> Commune | None:
        # A former commune's code is its successor's; one that nobody knows is no code, and the address may settle it.
        if centre.insee and (commune := self._gazetteer.of_code(centre.insee)):
            return commune
        return locate(load_finder(self._gazetteer), centre.postcode, centre.city) or self._commune_at(centre)

    def _commune_at(self, centre: Centre) -> Commune | None:
        """By its position, of a centre of which neither code nor address says where it is.

        An address that two communes could have is settled by it too; where it lies outside its département, by nothing.
        """
        if self._outlines is None or centre.lat is None or centre.lon is None:
            return None
        commune = self._gazetteer.get(self._outlines.commune_at(centre.lat, centre.lon) or "")
        told = department_of(centre.postcode) if centre.postcode else ""
        return commune if commune and told in ("", commune.department) else None

    def link_of(self, centre: Centre) -> LinkKey | None:
        """(provider, key) of an admitted booking link; None without a link, or on a site that we do not read."""
        if centre.booking_url is None:
            return None
        provider = self._sites.owner(centre.booking_url)
        if provider is None:
            return None
        key = _link_key(provider, centre.booking_url)
        return (provider, key) if key else None

    def _linked(self, centre: Centre) -> Centre:
        """`centre` with its link in canonical form; a refused link leaves the name of its site and a flag."""
        if centre.booking_url is None:
            return centre
        try:
            url, owner = self._sites.admit(centre.booking_url)
        except UnsafeUrlError as error:
            site = host_of(centre.booking_url)
            flag = "undeclared-site" if isinstance(error, UndeclaredSiteError) else "unsafe-link"
            return replace(centre, booking_url=None, booking_site=clean(site, 80) or None).with_flag(flag)
        admitted = replace(centre, booking_url=self._centre_page(url, owner))
        # A declared site but no centre of it: kept as the name of the site (docs/providers.md §6).
        if self.link_of(admitted) is None:
            # Its own name: in a demonstration `url` leads to this machine, which no count may name.
            return replace(centre, booking_url=None, booking_site=host_of(centre.booking_url)).with_flag(
                "link-to-no-centre"
            )
        return admitted

    def _centre_page(self, url: str, owner: str) -> str:
        """The centre's own page, for a link that somebody copied in the middle of booking: the step would be lost."""
        page = PROVIDERS[owner].centre_page(url) if owner in PROVIDERS else url
        return page if self._sites.allows(page) else url

    def _positioned(self, centre: Centre) -> Centre:
        commune = self.commune_of(centre)
        # Without one no list can show it by département, and nobody knows the zone of its hours: somebody looks.
        centre = replace(centre, insee=commune.insee) if commune else centre.with_flag("no-commune")
        if _believable(centre, commune):
            return centre
        # Swapped or absurd coordinates are never repaired in silence: the commune's point stands in, marked (P17).
        lat, lon = (commune.lat, commune.lon) if commune else (None, None)
        centre = replace(centre, lat=lat, lon=lon)
        return centre if "position" in centre.flags else centre.with_flag("position")


@lru_cache(maxsize=100_000)
def _link_key(provider: str, url: str) -> str | None:
    """What identifies a centre in a link; cached, since admission, matching and every publication ask for it."""
    return PROVIDERS[provider].link_key(url) if provider in PROVIDERS else url


def _believable(centre: Centre, commune: Commune | None) -> bool:
    if centre.lat is None or centre.lon is None or not in_territory(centre.lat, centre.lon):
        return False
    if commune is None:
        return True
    limit = FARTHEST_IN_GUYANE_M if commune.department == "973" else FARTHEST_FROM_COMMUNE_M
    return distance_m(centre.lat, centre.lon, commune.lat, commune.lon) <= limit
