"""The tour of a demonstration: six steps, each to a page that is there."""

from __future__ import annotations

import re
from types import SimpleNamespace

from aggregator.config.settings import Settings
from aggregator.demonstration.tour import on_two_platforms
from app import create_app
from tests import tiny
from tests.clock import Clock
from tests.portal import Portal


def links(text: str) -> list[str]:
    main = text[text.index("<main") : text.index("</main>")]
    return [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', main)]


def test_every_step_leads_to_a_page(portal: Portal) -> None:
    found = portal.citizen(1).get("/demonstration")

    steps = re.findall(r"<li><h2>", found.text)
    assert (found.status_code, len(steps)) == (200, 6)
    assert len(links(found.text)) >= 6
    assert {portal.citizen(1).get(link).status_code for link in links(found.text)} == {200}


def test_the_first_step_is_a_place_that_two_platforms_offer() -> None:
    def offers(*platforms: str) -> list[dict[str, str]]:
        return [
            {"id": f"o-{n}{slug}", "provider": slug, "url": f"https://{slug}.example/{n}"}
            for n, slug in enumerate(platforms)
        ]

    one, two, same = (tiny.place(n, offers=offers(*slugs)) for n, slugs in enumerate(("a", "ab", "aa")))

    found = on_two_platforms(SimpleNamespace(snapshot=tiny.snapshot([one, two, same])))  # type: ignore[arg-type]

    assert found is not None
    assert found.id == two["id"]
    assert on_two_platforms(SimpleNamespace(snapshot=tiny.snapshot([one, same]))) is None  # type: ignore[arg-type]
    assert on_two_platforms(SimpleNamespace(snapshot=None)) is None  # type: ignore[arg-type]


def test_its_commands_are_for_this_very_portal(portal: Portal) -> None:
    assert "python verify.py all http://localhost\n" in portal.citizen(1).get("/demonstration").text.replace(
        "</code>", "\n"
    )


def test_the_home_page_of_a_demonstration_leads_there(portal: Portal) -> None:
    assert 'href="/demonstration"' in portal.citizen(1).get("/").text


def test_a_live_portal_has_no_tour(filled: Settings, clock: Clock) -> None:
    live = create_app(filled.but(demo=False), clock)
    visitor = live.test_client()

    assert visitor.get("/demonstration").status_code == 404
    assert "/demonstration" not in visitor.get("/").text
    live.extensions["aiguillage"].close()
