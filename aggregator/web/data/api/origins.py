"""The origin of a question asked in words, as a person types it; a program is told what else it may mean."""

from __future__ import annotations

from aggregator.country.finder.finder import Named, Town
from aggregator.web.data.api.problems import Problem
from aggregator.web.serving.site import Site

NAMED_AT_MOST = 8


def origin_of(site: Site, text: str) -> str:
    """The INSEE code of the one town that `text` names. Raises Problem, with the others that it may name."""
    with site.expensive_work():
        found = site.finder.find(text)
    match found.matches:
        case (Town() as town,):
            return town.commune.insee
        case (area,):
            raise Problem(400, f"q names an area, {_told(area)}: ask for one of its towns")
        case ():
            like = f"; names like it: {_several(found.proposals)}" if found.proposals else ""
            raise Problem(404, f"q names no town{like}")
        case several:
            raise Problem(400, f"q may name {_several(several)}: ask with insee")


def _several(named: tuple[Named, ...]) -> str:
    more = len(named) - NAMED_AT_MOST
    return ", ".join(_told(one) for one in named[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _told(one: Named) -> str:
    if isinstance(one, Town):
        former = f" (formerly {one.former})" if one.former else ""
        return f"{one.commune.name}{former} [insee {one.commune.insee}]"
    return f"{one.name} [{one.level} {one.code}]"
