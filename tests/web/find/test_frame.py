"""What stands around a list is rendered once for each shape and filled in: it says what a page made whole says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment, nodes

from aggregator.config.settings import ROOT
from aggregator.web.find import frame
from aggregator.web.serving.cache import Rendered
from aggregator.web.serving.site import Site
from tests.clock import Clock
from tests.web.serving.test_fragments import LISTS, forgetful

MORE = [
    "/recherche?insee=69123&rayon=5",
    "/recherche?insee=69387&rayon=5",
    "/recherche?insee=69123&rayon=50&page=99",
    "/recherche?insee=69123&rayon=<b>&tri=x",
    "/recherche?insee=69123&acces=1&sans-rdv=1&langue=en",
    "/recherche?insee=69123&ref=2026-01-01T01-00000000",
    "/recherche?insee=33063&rayon=5",
    "/recherche?insee=97411&langue=en",
    "/recherche?lat=45.75&lon=4.85&rayon=10",
]
DECIDES = {"shape", "campaign", "need"}
"""What the template may look at. `need` comes from the shape."""


@pytest.mark.parametrize("minutes", [0, 59])
def test_a_page_filled_in_is_the_page_made_whole(
    browser: FlaskClient, site: Site, clock: Clock, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.forward(minutes=minutes)
    for path in LISTS + MORE:
        browser.get(path)
    filled = {path: forgetful(browser, site, path, cards=False) for path in LISTS + MORE}
    monkeypatch.setattr(frame, "filled", lambda _, shape, said: frame.rendered(shape, said))
    whole = {path: forgetful(browser, site, path, cards=False) for path in LISTS + MORE}

    assert filled == whole
    assert len(set(filled.values())) == len(filled)


def test_lists_that_differ_only_in_their_words_share_a_frame(browser: FlaskClient, site: Site) -> None:
    site.frames = Rendered()
    pages = [browser.get(f"/recherche?insee={insee}&rayon=50").text for insee in ("69123", "69387", "69383")]

    assert len(site.frames._pages) == 1
    assert len(set(pages)) == 3


def test_what_a_citizen_typed_is_escaped_in_a_kept_frame_too(browser: FlaskClient) -> None:
    browser.get("/recherche?insee=69123&rayon=abc")
    page = browser.get("/recherche?insee=69123&rayon=<script>").text

    assert "rayon=&lt;script&gt;" in page
    assert "<script>" not in page


def test_the_template_decides_by_the_shape_alone(app: Flask) -> None:
    """A condition on a word, or a filter over it, would see the hole in its place."""
    source = Path(ROOT / "templates" / "results.html").read_text(encoding="utf-8")

    assert list(looked_at(app.jinja_env, source)) == []


@pytest.mark.parametrize(
    "source", ["{{ where|upper }}", "{% if count == '3' %}x{% endif %}", "{{ 'x' if first > 'y' }}", "{{ hash[:4] }}"]
)
def test_a_template_that_looks_at_a_word_would_be_caught(app: Flask, source: str) -> None:
    assert list(looked_at(app.jinja_env, source))


def looked_at(environment: Environment, source: str) -> Iterator[str]:
    """Names of words that a template does more with than print them, or ask whether they are there."""
    tree = environment.parse(source)
    asked = [one.test for one in tree.find_all((nodes.If, nodes.CondExpr)) if not isinstance(one.test, nodes.Name)]
    changed = [one.node for one in tree.find_all((nodes.Filter, nodes.Getitem))]
    for one in [*asked, *changed]:
        if one is not None:
            names = {one.name} if isinstance(one, nodes.Name) else {name.name for name in one.find_all(nodes.Name)}
            yield from names - DECIDES
