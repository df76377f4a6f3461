"""Simulated citizens: what they ask for, how they read a list, and which button they press. All drawn from a seed.

They know of a page what a person sees of it: the buttons in their order, and what is written on each. How people really
choose is not known (docs/figures.md §6): the figures are tried with every habit, and the people here have several.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log2
from typing import NamedTuple
from urllib.parse import urlencode

from aggregator.country.gazetteer import Commune

# How much more one rank is pressed than another, 1 being the first.
HABITS: Mapping[str, Callable[[int], float]] = {
    "1/log2(1 + rank)": lambda rank: 1 / log2(1 + rank),
    "geometric, 0.5": lambda rank: 0.5**rank,
    "geometric, 0.8": lambda rank: 0.8**rank,
    "the first card only": lambda rank: float(rank == 1),
    "anywhere on the page": lambda rank: 1.0,
}
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_BUTTON = re.compile(
    r'action="(?P<path>/rdv/[^"?]+)">\s*<button class="bouton">[^<]*<span class="insecable">(?P<label>[^<]*)'
)


@dataclass(frozen=True)
class Kind:
    """People of one kind: `share` of all; `leaves`: how many of a hundred go on to a booking page."""

    share: int
    habit: str
    leaves: int
    asks: Mapping[str, str]
    agent: str = USER_AGENT


KINDS = (
    Kind(40, "1/log2(1 + rank)", 85, {}),
    Kind(20, "the first card only", 95, {}),
    Kind(12, "geometric, 0.8", 80, {"tri": "date"}),
    Kind(10, "geometric, 0.5", 70, {"vu": "1"}),
    Kind(8, "anywhere on the page", 60, {"rayon": "50"}),
    Kind(7, "geometric, 0.8", 0, {}),  # looks, and leaves it there
    Kind(3, "the first card only", 100, {}, ROBOT),
)


class Button(NamedTuple):
    """`path`: where its form goes; `label`: the platform's name as it is written on it."""

    path: str
    label: str


@dataclass(frozen=True)
class Citizen:
    """One visit. `leaves`: goes on to a booking page if there is a button at all."""

    kind: Kind
    town: Commune
    address: str
    leaves: bool

    @property
    def question(self) -> str:
        """The address of the list that this person looks at."""
        return "/recherche?" + urlencode({"insee": self.town.insee, **self.kind.asks})


class Crowd:
    """Draws citizens by the population of their towns, and what they press."""

    def __init__(self, draw: random.Random, communes: Sequence[Commune]) -> None:
        self._draw = draw
        self._communes = communes
        self._weights = list(accumulate(commune.population for commune in communes))
        self._kinds = list(accumulate(kind.share for kind in KINDS))

    def citizen(self) -> Citizen:
        kind = self._draw.choices(KINDS, cum_weights=self._kinds)[0]
        town = self._draw.choices(self._communes, cum_weights=self._weights)[0]
        return Citizen(kind, town, self._address(), self._draw.randrange(100) < kind.leaves)

    def press(self, citizen: Citizen, page: str, liked: str | None = None, odds: float = 1) -> Button | None:
        """The button that a citizen presses on `page`; None when there is none. `liked`: a label that draws the eye."""
        buttons = buttons_of(page)
        if not buttons:
            return None
        habit = HABITS[citizen.kind.habit]
        appeal = [
            habit(rank) * (odds if button.label == liked else 1) + 1e-12 for rank, button in enumerate(buttons, 1)
        ]
        return self._draw.choices(buttons, appeal)[0]

    def _address(self) -> str:
        """Of the block that is kept for measurements (RFC 2544): nobody's."""
        return f"198.{self._draw.choice((18, 19))}.{self._draw.randrange(256)}.{self._draw.randrange(1, 255)}"


def buttons_of(page: str) -> list[Button]:
    """The booking buttons of a list, from the first to the last."""
    return [Button(found["path"], html.unescape(found["label"])) for found in _BUTTON.finditer(page)]
