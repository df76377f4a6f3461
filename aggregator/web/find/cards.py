"""What a card says: one line of state per offer, the same words for all (docs/ranking.md §9).

Three facts never look alike: a slot seen, none seen, unknown. Wording depends on the state, never on the platform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app
from markupsafe import Markup

from aggregator import instants
from aggregator.search.order import tie_key
from aggregator.search.search import Found, Ranking
from aggregator.snapshot.places import Offer, Place
from aggregator.web.find.offers import OfferBlock, call_leads, hours_of, offer_block
from aggregator.web.language import words
from aggregator.web.language.catalogues import language
from aggregator.web.language.links import short_address, to_places
from aggregator.web.serving.fragments import Fragment, hole
from aggregator.web.serving.site import Site


@dataclass(frozen=True, slots=True)
class Card:
    """One place in a list. `number`: its rank, printed and used by the map; `link`: its page, back to this list.

    `call_leads`: the telephone stands before the buttons; `address`: of its page, as it is printed.
    """

    number: str
    place: Place
    distance: str
    link: str
    offers: tuple[OfferBlock, ...]
    hours_today: str
    call_leads: bool
    address: str


class Cards:
    """The cards of one list, as HTML. What depends on the place alone is rendered once a minute for all lists.

    Rank, distance, link and buttons are filled in for this list. `place_query`: parameters of the links to places, by
    which their pages lead back here.
    """

    def __init__(self, site: Site, answer: Ranking, place_query: Mapping[str, str]) -> None:
        self._site, self._answer, self._facts, self._fits = site, answer, answer.facts, answer.fits
        self._key, self._hash, self._seed = answer.question.key, answer.hash, site.seed(answer.epoch)
        self._asked = answer.fits.question.key
        # The clock is in a card's words ("demain", slots ahead): it is good for its minute.
        self._minute = instants.minute(site.now())
        self._page_of = to_places(place_query)

    def html(self, found: Found, rank: int, headed: bool) -> Markup:
        """One line of the list. `headed`: it stands below a heading of its own."""
        place, epoch = found.place, self._answer.epoch
        drawn = sorted(place.offers, key=lambda offer: tie_key(self._seed, epoch, self._key, offer.id))
        tokens = [self._site.tokens.write(epoch, self._hash, place.id, offer.id, rank) for offer in drawn]
        return self._fragment(place, drawn, headed).fill(
            {
                "number": rank,
                "distance": words.band(found.candidate.distance_m),
                "link": self._page_of(place.id),
                "address": short_address(place),
                **{f"token{number}": token for number, token in enumerate(tokens)},
            }
        )

    def _fragment(self, place: Place, drawn: Sequence[Offer], headed: bool) -> Fragment:
        """The card before the list's own values are filled in, from the cache if it is there."""
        # Each list draws the order of the offers anew: the same place has a card for each order.
        order = tuple(offer.id for offer in drawn)
        key = (self._facts.hash, self._asked, self._minute, language(), headed, place.id, order)
        # A place that the facts no longer have keeps the record of its own list: other lists may hold another.
        known = place.id in self._facts.places.index
        made = self._site.cards.get(key) if known else None
        if made is None:
            made = Fragment(self._rendered(place, drawn, headed))
            if known:
                self._site.cards.put(key, made, len(made))
        return made

    def _rendered(self, place: Place, drawn: Sequence[Offer], headed: bool) -> str:
        today = self._site.now().astimezone(place.zone).date()
        blocks = tuple(
            offer_block(self._site, place, offer, self._facts, self._fits, hole(f"token{number}"))
            for number, offer in enumerate(drawn)
        )
        card = Card(
            hole("number"), place, hole("distance"), hole("link"),
            blocks, hours_of(place, today), call_leads(place, blocks), hole("address"),
        )  # fmt: skip
        return current_app.jinja_env.get_template("_card.html").render(self._context, card=card, headed=headed)

    @cached_property
    def _context(self) -> dict[str, Any]:
        # Once a list: `render_template` would make it anew for each card.
        context: dict[str, Any] = {}
        current_app.update_template_context(context)
        return context
