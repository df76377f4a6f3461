"""A thousand lists, across a full hour and a new snapshot, each replayed from published files alone."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import pytest

import verify
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.publish.publisher import Publisher
from aggregator.store import open_stores
from app import create_app
from tests.clock import NOON, Clock
from tests.conftest import seal

LISTS = 1000
FILTERS = ("", "&tri=tot", "&rayon=50", "&rayon=25&tri=tot", "&rayon=50&besoin=moderna",
           "&rayon=50&moment=matin&tri=tot",
           "&rayon=50&etape=3&vu=1", "&rayon=50&sans-rdv=1", "&rayon=25&public=5-11&tri=tot", "&rayon=5")  # fmt: skip


@pytest.mark.long
def test_a_thousand_lists_are_replayed(filled: Settings, gazetteer: Gazetteer, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    clock = Clock(NOON.replace(minute=50))
    app = create_app(filled, clock)
    site = app.extensions["aiguillage"]
    client = app.test_client()
    near = [c.insee for c in gazetteer.communes.values() if c.department in ("69", "01", "974", "42")]
    captured: list[tuple[dict[str, str], list[str]]] = []
    for number in range(LISTS):
        if number == LISTS // 3:
            stores = open_stores(filled.data_dir)
            clock.forward(minutes=3)
            Publisher(filled, stores, gazetteer, clock).publish()
            stores.close()
            site.refresh()
        if number == 2 * LISTS // 3:
            clock.forward(minutes=10)  # 13:03: another hour, the same snapshot
        page = client.get(f"/recherche?insee={near[number * 7 % len(near)]}{FILTERS[number % len(FILTERS)]}").text
        link = re.search(r'href="(/verifier\?[^"]+)"', page)
        shown = re.findall(r'class="nom".*?/centre/(p-\w+)\?', page, re.DOTALL)
        if link is not None:
            asked = {k: v[0] for k, v in parse_qs(urlsplit(html.unescape(link[1])).query).items()}
            captured.append((asked, shown))
    site.close()
    seal(filled, NOON.replace(hour=15))

    # Files are read once, and checked once each: the replay itself is that of verify.py.
    monkeypatch.setattr(verify, "named", lru_cache(maxsize=8)(verify.named))
    source = verify.Source(str(filled.published_dir / "log"))
    log = verify.read_log(source, source.text("vkey").strip())

    class Arguments:
        pass

    for asked, shown in captured:
        arguments = Arguments()
        arguments.epoch, arguments.query = asked["heure"], asked["question"]  # type: ignore[attr-defined]
        arguments.snapshot, arguments.hash = asked["releve"], asked["empreinte"]  # type: ignore[attr-defined]
        said = verify.check_order(log, arguments)  # raises Wrong when the hash differs
        assert [line for line in said if line.startswith("p-")][:20] == shown

    assert len(captured) > 900  # the rest found no place at all
    assert {asked["heure"] for asked, _ in captured} >= {"2026-11-23T12", "2026-11-23T13"}
    assert len({asked["releve"] for asked, _ in captured}) >= 2
