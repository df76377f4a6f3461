"""Simulated citizens in front of the running site: they search and leave over HTTP, through its own pages."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests

from aggregator.country.gazetteer import Commune
from aggregator.demonstration import season
from aggregator.demonstration.citizens import Citizen, Crowd
from aggregator.demonstration.season import AGAIN

TIMEOUT_S = 10


class Visitors:
    """`site`: "http://127.0.0.1:8000", on this machine. Each of them comes from an address of his own.

    The site must trust one proxy (AIGUILLAGE_TRUSTED_PROXIES=1), for the visitors say their addresses as a proxy would:
    else all of them are one person, whose clicks are soon beyond what one person's count.
    """

    def __init__(self, site: str, communes: Sequence[Commune], draw: random.Random) -> None:
        self._site = site
        self._draw = draw
        self._crowd = Crowd(draw, communes)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between two processes of one machine

    def visit(self) -> int:
        """One person looks at a list and leaves through it, or does not. Returns the number of redirects.

        Raises requests.RequestException when the site does not answer.
        """
        citizen = self._crowd.citizen()
        page, redirects = self._get(citizen), 0
        leaving = citizen.leaves
        while leaving and (button := self._crowd.press(citizen, page)):
            redirects += self._post(citizen, button.path)
            leaving = self._draw.random() < AGAIN
        return redirects

    def _get(self, citizen: Citizen) -> str:
        answer = self._session.get(self._site + citizen.question, headers=headers(citizen), timeout=TIMEOUT_S)
        return answer.text if answer.ok else ""

    def _post(self, citizen: Citizen, path: str) -> bool:
        """The click; the platform's page is not asked for."""
        answer = self._session.post(
            self._site + path, headers=headers(citizen), timeout=TIMEOUT_S, allow_redirects=False
        )
        return bool(answer.status_code == requests.codes.see_other)


def headers(citizen: Citizen) -> dict[str, str]:
    return {"User-Agent": citizen.kind.agent, "X-Forwarded-For": citizen.address, "Accept-Language": "fr"}


def stay(visitors: Visitors, every_s: float, wait: Callable[[float], bool]) -> None:
    """Visits, on average one in `every_s` seconds, until `wait`, which waits so many seconds, says that it is over."""
    draw = random.Random(season.SEED)
    while not wait(draw.expovariate(1 / every_s)):
        try:
            visitors.visit()
        except requests.RequestException:
            continue  # the site is starting, or is being stopped


def is_of_this_machine(site: str) -> bool:
    return urlsplit(site).hostname in ("127.0.0.1", "::1", "localhost")
