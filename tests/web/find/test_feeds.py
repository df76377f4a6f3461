"""A feed is sent again only to a reader whose copy may be another one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from aggregator.search.question import Question
from aggregator.search.slot_filter import slot_filter
from aggregator.web.serving.site import Site
from tests.clock import Clock

LIST = "/recherche.atom?insee=69123&rayon=50"


@pytest.fixture(params=["list", "place"])
def feed(request: pytest.FixtureRequest, site: Site) -> str:
    assert site.snapshot is not None
    place = next(one for one in site.snapshot.places.all if one.department == "69" and one.offers)
    return LIST if request.param == "list" else f"/centre/{place.id}.atom"


def changed(client: FlaskClient, feed: str) -> datetime:
    return parsedate_to_datetime(client.get(feed).headers["Last-Modified"])


def test_a_reader_that_has_the_feed_is_told_so_by_tag_or_by_date(browser: FlaskClient, feed: str) -> None:
    first = browser.get(feed)
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]

    for known in ({"If-None-Match": tag}, {"If-None-Match": f"W/{tag}"}, {"If-Modified-Since": date}):
        again = browser.get(feed, headers=known)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag


def test_a_reader_whose_copy_is_older_gets_the_feed(browser: FlaskClient, feed: str) -> None:
    before = format_datetime(changed(browser, feed) - timedelta(seconds=1), usegmt=True)

    assert browser.get(feed, headers={"If-Modified-Since": before}).status_code == 200
    assert browser.get(feed, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_date_never_hides_that_the_first_slot_has_passed(browser: FlaskClient, site: Site, clock: Clock) -> None:
    """Nothing was read anew, but the feed is another one: a reader that asks by date alone must get it."""
    assert site.snapshot is not None
    fits = slot_filter(site.snapshot, Question(), site.campaign)
    places = [one for one in site.snapshot.places.all if one.department == "69"]
    first = min(at for one in places if (at := fits.first_slot(one, clock())))
    clock.at = first - timedelta(minutes=1)
    before = browser.get(LIST)
    clock.at = first + timedelta(seconds=30)

    again = browser.get(LIST, headers={"If-Modified-Since": before.headers["Last-Modified"]})

    assert again.status_code == 200
    assert again.data != before.data


def test_an_entry_tells_the_address_once(visitor: FlaskClient) -> None:
    tree = ElementTree.fromstring(visitor.get(LIST).text)  # noqa: S314 - our own answer
    said = [str(one.text) for one in tree.iter("{http://www.w3.org/2005/Atom}summary")]

    assert said
    assert [text for text in said if len(re.findall(r"\b[0-9]{5}\b", text)) != 1] == []
