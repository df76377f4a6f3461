"""The commune of an address as lists and platforms write it: a postal code and a town; None where it stays open."""

from __future__ import annotations

import re

from aggregator.country.finder.finder import Finder, Why
from aggregator.country.finder.names import Town
from aggregator.country.gazetteer import Commune, department_of

# The code says less than was written, or nothing: to a person that is told, here it would be a guess.
UNSETTLED = frozenset({Why.CODE_NEAR, Why.AROUND, Why.ELSEWHERE})


def locate(finder: Finder, postcode: str, city: str) -> Commune | None:
    """The commune of an address; None when the name does not settle it and the code covers several.

    A postal code may cover several communes, and départements: 01200 is Valserhône (01) and Éloise (74). The code of a
    CEDEX address is in no table of communes: the name decides, within its département.
    """
    code = re.sub(r"\s", "", postcode)[:5]
    if not re.fullmatch(r"[0-9]{5}", code):
        return None
    found = finder.find(f"{code} {city}")
    towns = [one for one in found.matches if isinstance(one, Town)]
    why = {remark.why for remark in found.remarks}
    if len(towns) != 1 or len(found.matches) != 1 or why & UNSETTLED:
        return None
    commune = towns[0].commune
    return None if Why.CODE_UNKNOWN in why and commune.department != department_of(code) else commune
