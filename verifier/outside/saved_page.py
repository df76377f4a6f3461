"""A page of a list as a browser saved it: what is read of it, and what is not."""

from __future__ import annotations

import email
import re
import time
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from verifier.source import CannotCheck, fetched

# A page of a list has some 100 KB; a tag of it, the borders of the map, some 50.
MAX_PAGE, MAX_MARKUP, PAGE_SECONDS = 2 * 1024 * 1024, 512 * 1024, 30
UNSEEN = ("template", "noscript")
# "Web page, single file": a message whose first part is the page, and the rest what it shows beside (RFC 2557). Known
# by its name alone: what a portal sends could be made to look like such a message, and show something else.
SINGLE_FILE = (".mhtml", ".mht")


def text_of_page(where):
    if where.startswith(("http://", "https://")):
        body = fetched(where, MAX_PAGE)
    else:
        path = Path(where)
        if not path.is_file():
            raise CannotCheck(f"{where}: no such file")
        if path.stat().st_size > MAX_PAGE:
            raise CannotCheck(f"{where}: larger than {MAX_PAGE} bytes, no page of a list")
        body = path.read_bytes()
        if path.suffix.lower() in SINGLE_FILE:
            body = first_page_in(where, body)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotCheck(f"{where}: not UTF-8, no page as a browser saves it") from error


def first_page_in(where, body):
    part = email.message_from_bytes(body)
    while part.is_multipart():
        part = part.get_payload(0)
    if part.get_content_type() != "text/html":
        raise CannotCheck(f"{where}: a single file that does not begin with a page")
    return part.get_payload(decode=True)


def parsed_page(text):
    """In pieces: a page made to keep the parser busy ends it soon, whatever it is made of."""
    page, until = SavedPage(), time.monotonic() + PAGE_SECONDS
    try:
        for at in range(0, len(text), 1 << 16):
            page.feed(text[at : at + (1 << 16)])
            if len(page.rawdata) > MAX_MARKUP or time.monotonic() > until:
                raise CannotCheck("a tag without an end, or a page made to be slow: no page of a list")
        page.close()
    except AssertionError as error:  # of the parser, for declarations that it does not know
        raise CannotCheck(f"no HTML that can be read: {error}") from error
    page.close_card()
    return page


def printed_as(hour, text):
    """An hour (UTC) as pages print it: in the time of Paris; pages saved earlier print UTC, and say so."""
    if "UTC" in text:
        return hour
    # Summer time: from one in the morning (UTC) of the last Sunday of March to that of October (directive 2000/84/EC).
    starts, ends = (last_sunday(hour.year, month) + timedelta(hours=1) for month in (3, 10))
    return hour + timedelta(hours=2 if starts <= hour < ends else 1)


def last_sunday(year, month):
    end = datetime(year, month, 31)  # noqa: DTZ001 - every hour here is UTC
    return end - timedelta(days=(end.weekday() + 1) % 7)


class SavedPage(HTMLParser):
    """What is looked at: cards, the reference line, "page 2 of 3". No tree is built: depth costs nothing.

    `loose`: addresses of buttons outside the cards.
    """

    def __init__(self):
        super().__init__()
        self.cards, self.loose, self.checks, self.reference, self.pages = [], [], [], [], []
        self.base, self.card, self.depth, self.unseen = "", None, 0, 0
        self.inside, self.taken = set(), None

    def handle_starttag(self, tag, attrs):
        given = {}
        for name, value in attrs:
            given.setdefault(name, value or "")  # of an attribute that stands twice, browsers take the first
        self.unseen += tag in UNSEEN
        if self.unseen:
            return
        classes = given.get("class", "").split()
        if tag == "base":
            self.base = self.base or given.get("href", "")
        if tag == "li":
            self.open_item(classes)
        if {"p": "reference", "nav": "pages"}.get(tag, "nothing else") in classes:
            self.inside.add(tag)
        self.take_address(tag, given)
        if self.taken and self.taken.tag == tag:
            self.taken.depth += 1
        elif self.taken is None:
            self.take_text(tag, classes)

    def open_item(self, classes):
        if "carte" in classes:
            self.close_card()
            self.card = SimpleNamespace(rank=None, place="", name=None, distance=None, buttons=[], links=[])
        self.depth = 1 if "carte" in classes else self.depth + 1

    def close_card(self):
        if self.card:
            self.cards.append(self.card)
        self.card, self.taken = None, None

    def take_address(self, tag, given):
        address = given.get("formaction") or (given.get("action") if tag == "form" else given.get("href"))
        if address is None or tag in ("base", "link", "use"):
            return
        path = urlsplit(address).path
        if self.card and (tag == "form" or "formaction" in given):
            self.card.buttons.append(SimpleNamespace(address=address, label=None))
        elif "/rdv/" in path:
            self.loose.append(address)
        elif self.card:
            place = re.search(r"/centre/(p-[a-z2-7]{10})$", path)
            self.card.place = self.card.place or (place[1] if place else "")
            self.card.links.append(address)
        elif "p" in self.inside and path.endswith("/verifier"):
            self.checks.append(address)

    def take_text(self, tag, classes):
        """Begins to collect the text of an element that is compared with something."""
        card, into = self.card, None
        if card is None:
            into = (self, "page") if "nav" in self.inside and tag == "span" else None
        elif tag == "span" and "numero" in classes and card.rank is None:
            into = (card, "rank")
        elif tag == "a" and card.place and card.name is None:
            into = (card, "name")
        elif tag == "strong" and card.distance is None:
            into = (card, "distance")
        elif tag == "span" and "insecable" in classes and card.buttons and card.buttons[-1].label is None:
            into = (card.buttons[-1], "label")
        if into:
            self.taken = SimpleNamespace(tag=tag, depth=1, into=into, parts=[])

    def handle_data(self, data):
        if self.unseen:
            return
        if "p" in self.inside:
            self.reference.append(data)
        if self.taken:
            self.taken.parts.append(data)

    def handle_endtag(self, tag):
        self.unseen -= bool(self.unseen) and tag in UNSEEN
        if self.unseen:
            return
        self.inside.discard(tag)
        if self.taken and self.taken.tag == tag:
            self.taken.depth -= 1
            if not self.taken.depth:
                self.finish_text()
        if tag == "li":
            self.depth -= 1
            if self.card and self.depth <= 0:
                self.close_card()

    def finish_text(self):
        (owner, name), text = self.taken.into, " ".join("".join(self.taken.parts).split())
        self.taken = None
        if owner is self:
            self.pages.append(text)
        else:
            setattr(owner, name, text)
