"""One page of a list, as its template asks for it: what is said of the list, and where its links lead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from flask import request
from markupsafe import Markup

from aggregator import instants
from aggregator.search.order import CONTRACT, Section, Sort
from aggregator.search.question import Question
from aggregator.search.search import Ranking
from aggregator.web.find import query
from aggregator.web.find.alternatives import Hiding, Shortcut, WaysOn, hiding, shortcuts, ways_on
from aggregator.web.find.map import Map
from aggregator.web.find.query import Asked
from aggregator.web.language import catalogues, words
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.links import asking, path_to
from aggregator.web.serving import platforms
from aggregator.web.serving.platforms import Unread
from aggregator.web.serving.site import Site


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading, as HTML; "" on a list by distance."""

    heading: str
    cards: tuple[Markup, ...]


@dataclass(frozen=True)  # without slots: `cached_property` needs a `__dict__`
class ResultPage:
    """`asked`: the request, whose page may lie `beyond` the last one; `page`: the page shown.

    `stale_reference`: the list asked for is no longer kept.
    """

    site: Site
    asked: Asked
    answer: Ranking
    page: int
    page_count: int
    groups: tuple[Group, ...]
    drawing: Map | None
    embedded: bool
    stale_reference: bool

    contract = CONTRACT

    # The question

    @property
    def where(self) -> str:
        return query.where(self.site, self.answer.question)

    @property
    def centre(self) -> str:
        return query.centre(self.site, self.answer.question)

    @property
    def by_date(self) -> bool:
        return self.answer.question.sort is Sort.SOON

    @property
    def filters_set(self) -> int:
        return query.filters_set(self.answer.question, self.site.campaign)

    # What is found

    @property
    def count(self) -> int:
        return len(self.answer.found)

    @property
    def beyond(self) -> int | None:
        """The page asked for, where there is none."""
        return self.asked.page if self.asked.page > self.page_count else None

    @property
    def distances(self) -> tuple[str, str]:
        """The nearest and the farthest place, in kilometres."""
        metres = [one.candidate.distance_m for one in self.answer.found]
        return words.kilometres(min(metres)), words.kilometres(max(metres))

    @cached_property
    def first(self) -> str:
        """ "demain, 9 h 20", in the time and on the day of its place; never a moment that has passed; "" for none."""
        now, fits = self.site.now(), self.answer.fits
        ahead = [
            (first, one.place.zone)
            for one in self.answer.found
            if one.first and (first := one.first if one.first > now else fits.first_slot(one.place, now))
        ]
        if not ahead:
            return ""
        first, zone = min(ahead, key=lambda pair: pair[0])
        return words.when(first.astimezone(zone), now.astimezone(zone).date())

    @cached_property
    def slots(self) -> int:
        """How many slots that fit lie ahead in the whole list."""
        return self.answer.fits.count((one.place for one in self.answer.found), self.site.now())

    @cached_property
    def shortcuts(self) -> tuple[Shortcut, ...]:
        return shortcuts(self.site, self.answer, self.link)

    @cached_property
    def unknown(self) -> int:
        """How many places have unknown slots: the page must not say that these have none."""
        sections = (self.answer.fits.outlook(one.place).section for one in self.answer.found)
        return sum(section is Section.UNKNOWN for section in sections)

    @cached_property
    def hiding(self) -> Hiding | None:
        """What filters hide of this list; None when that is nothing."""
        return hiding(self.site, self.answer, self.link)

    @property
    def choosy(self) -> bool:
        """True when the question asks for some slots only: "no slot seen" is then said of those alone."""
        return self.answer.fits.question != Question()

    @cached_property
    def leading(self) -> WaysOn | None:
        """What to do instead, for a list that is widened or has no slot ahead; None for all others."""
        silent = self.answer.widened or not self.first
        return ways_on(self.site, self.answer, self.link) if silent else None

    @property
    def unread(self) -> tuple[Unread, ...]:
        return platforms.unread(self.site)

    @property
    def old(self) -> datetime | None:
        """When the slots were published, if that is more than two intervals ago; else None."""
        slots = self.answer.facts.slots
        return slots.at if self.site.now() - slots.at > instants.unread_after(slots.interval_s) else None

    @property
    def newer(self) -> bool:
        """True when the slots told are not the newest."""
        return self.answer.facts is not self.site.snapshot

    # Where its links lead

    def link(self, **changes: Any) -> str:
        """The address of this list, or of its question with `changes`. `ref=None`: the present list, not this one."""
        page, ref = changes.pop("page", None), changes.pop("ref", self.answer.reference)
        asked = replace(self.answer.question, **changes) if changes else self.answer.question
        return asking("pages.results", query.parameters(asked, self.site.campaign, ref=ref, page=page))

    @cached_property
    def address(self) -> str:
        return self.link(page=self.page)

    @property
    def near(self) -> str:
        return self.link(sort=Sort.NEAR)

    @cached_property
    def soon(self) -> str:
        return self.link(sort=Sort.SOON)

    @cached_property
    def feed(self) -> str:
        return asking("feeds.results", query.parameters(self.answer.question, self.site.campaign))

    @property
    def filters(self) -> str:
        return asking("pages.filters", query.parameters(self.answer.question, self.site.campaign))

    @property
    def change(self) -> str:
        """The home page with town, need and filters as they are, for another town or need."""
        question, commune = self.answer.question, self.site.gazetteer.get(self.answer.question.insee or "")
        text = query.written(self.site, commune) if commune else self.asked.text
        return asking(
            "pages.home", query.parameters(replace(question, insee=None, lat=None, lon=None), self.site.campaign, text)
        )

    @property
    def sms(self) -> str:
        """The whole address, as the body of a message."""
        return quote(request.host_url.rstrip("/") + self.address)

    @property
    def other_languages(self) -> list[dict[str, str]]:
        return list(catalogues.others(self.link(page=self.asked.page if self.asked.page > 1 else None)))

    # What pins it

    @property
    def hour(self) -> str:
        """The hour of the order, in the time of Paris; addresses keep it in UTC."""
        hour = datetime.strptime(self.answer.epoch, "%Y-%m-%dT%H").replace(tzinfo=UTC).astimezone(words.PARIS)
        day = words.day_with_year(hour.date())
        return gettext("%(day)s, %(hour)s h, heure de Paris", day=day, hour=hour.hour)

    @property
    def short_hash(self) -> str:
        """64 bits, in fours: too many for anybody to make another list that begins alike (docs/ranking.md §7.3)."""
        return " ".join(self.answer.hash[at : at + 4] for at in range(0, 16, 4))

    @cached_property
    def check(self) -> str:
        """The page that tells how to recompute this list."""
        answer = self.answer
        return path_to(
            "transparency.verify",
            heure=answer.epoch,
            question=answer.question.key,
            empreinte=answer.hash[:16],
            releve=answer.snapshot.short,
        )
