"""Suggestions below a list without a slot: farther away, by telephone, without appointment, for another need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from aggregator.config.campaign import ANY
from aggregator.search.order import Sort
from aggregator.search.question import RADII_KM, Question
from aggregator.search.search import Ranking, search
from aggregator.web.language import words
from aggregator.web.serving.site import Site
from providers.phone import phone_number

Link = Callable[..., str]


@dataclass(frozen=True, slots=True)
class WaysOn:
    """What a list without a slot suggests instead.

    `farther`: the next radius with a slot seen, {"when", "radius_km", "url"}; `needs`: other needs with places;
    `phones`, `walk_ins`: how many places of the list can be called, or take people without appointment.
    """

    farther: dict[str, Any] | None
    phones: int
    walk_ins: int
    needs: tuple[dict[str, Any], ...]


def ways_on(site: Site, answer: Ranking, link: Link) -> WaysOn:
    places = [one.place for one in answer.found]
    return WaysOn(
        farther=_farther(site, answer, link),
        phones=sum(phone_number(place.phone) is not None for place in places),
        walk_ins=sum(place.walk_in for place in places),
        needs=tuple(_other_needs(site, answer, link)) if not places else (),
    )


def _again(site: Site, answer: Ranking, question: Question) -> Ranking:
    return search(answer.snapshot, question, answer.epoch, site.seed(answer.epoch), site.campaign)


def _farther(site: Site, answer: Ranking, link: Link) -> dict[str, Any] | None:
    now = site.now()
    for radius_km in (radius for radius in RADII_KM if radius > answer.question.radius_km):
        found = _again(site, answer, replace(answer.question, radius_km=radius_km, sort=Sort.SOON, seen=True))
        # A widened list has nothing within its radius: its slots would be promised nearer than they are.
        ahead = [one for one in found.found if one.first and one.first > now] if not found.widened else []
        if ahead:
            zone = ahead[0].place.zone
            return {
                "when": words.when(ahead[0].first.astimezone(zone), now.astimezone(zone).date()),  # type: ignore[union-attr]
                "radius_km": radius_km,
                "url": link(radius_km=radius_km, sort=Sort.SOON, ref=None),
            }
    return None


def _other_needs(site: Site, answer: Ranking, link: Link) -> Iterator[dict[str, Any]]:
    for need in site.campaign.needs:
        if need.slug not in (answer.question.need, ANY):
            count = len(_again(site, answer, replace(answer.question, need=need.slug)).found)
            if count:
                yield {"label": need.label, "count": count, "url": link(need=need.slug, ref=None)}
