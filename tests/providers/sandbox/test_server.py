"""The simulated platforms as servers: pages to land on, faults by platform, latency, the list of the State."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from providers.official_list import read
from providers.sandbox.server import Sandbox
from providers.sandbox.world import World
from tests.clock import NOON
from tests.waiting import wait_for


def page(url: str) -> str:
    with urlopen(Request(url, headers={"Accept": "text/html"})) as answer:
        text: str = answer.read().decode()
    return text


def test_a_booking_page_says_where_one_has_landed_and_that_nothing_is_real(sandbox: Sandbox) -> None:
    centre = sandbox.world.centres["keldoc"][0]

    text = page(sandbox.origins["keldoc"] + centre.path)

    assert '<strong id="plateforme">Keldoc</strong>' in text
    assert centre.name in text
    assert "Aucun rendez-vous réel" in text


def test_a_booking_page_of_nobody_is_404(sandbox: Sandbox) -> None:
    with pytest.raises(HTTPError) as raised:
        page(sandbox.origins["keldoc"] + "/a/b/personne")

    assert raised.value.code == 404
    assert "Page inconnue" in raised.value.read().decode()


def test_a_fault_is_played_by_one_platform_or_by_all(world: World) -> None:
    with Sandbox(world, faults={"maiia": "blocked"}, now=lambda: NOON) as sandbox:
        one = [sandbox.fault_of(slug) for slug in ("doctolib", "maiia")]
        sandbox.faults["*"] = "gone"
        every = [sandbox.fault_of(slug) for slug in ("doctolib", "maiia")]

    assert one == [None, "blocked"]
    assert every == ["gone", "blocked"]  # what is said of one platform wins over what is said of all


def test_while_a_platform_plays_gone_its_booking_pages_are_gone_too(world: World) -> None:
    centre = world.centres["keldoc"][0]
    with Sandbox(world, faults={"keldoc": "gone"}) as sandbox, pytest.raises(HTTPError) as raised:
        page(sandbox.origins["keldoc"] + centre.path)

    assert raised.value.code == 404


def test_the_list_is_served_as_the_importer_reads_it(sandbox: Sandbox) -> None:
    with urlopen(sandbox.description()["official_list"]) as answer:
        found = read(answer.read(), NOON.date())

    assert found.dialect == "modele"
    assert (found.rows, found.refused) == (len(sandbox.world.listed), ())


def test_a_world_without_rows_names_no_list() -> None:
    with Sandbox(World(seed=1)) as sandbox:
        assert sandbox.description()["official_list"] is None


def test_a_question_that_makes_no_sense_is_a_bad_request_and_no_end_of_the_server(sandbox: Sandbox) -> None:
    origin = sandbox.origins["doctolib"]
    for query in ("", "?agenda_ids=1&visit_motive_ids=1&start_date=hier&limit=1", "?agenda_ids=x"):
        with pytest.raises(HTTPError) as raised:
            urlopen(origin + "/availabilities.json" + query)
        assert raised.value.code == 400

    with urlopen(f"{origin}/booking/{sandbox.world.centres['doctolib'][0].slug}.json") as answer:
        assert json.load(answer)["data"]


def wakes(thread: threading.Thread) -> int:
    """How often a thread has gone to sleep so far."""
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def test_a_sandbox_that_nobody_asks_sleeps_and_stops_at_once(world: World) -> None:
    with Sandbox(world) as sandbox:
        urlopen(sandbox.description()["official_list"]).close()
        wait_for(lambda: wakes(sandbox._door) > 0)
        before = wakes(sandbox._door)
        time.sleep(0.5)
        after = wakes(sandbox._door)

    assert after == before
    assert not sandbox._door.is_alive()


def test_the_clock_that_is_handed_in_decides_what_is_free(world: World) -> None:
    centre = next(c for c in world.centres["maiia"] if c.busy > 0 and not c.phone_only)
    answers = []
    for now in (NOON, NOON + timedelta(days=30)):
        with Sandbox(world, now=lambda at=now: at) as sandbox:
            reasons = f"{sandbox.origins['maiia']}/api/pat-public/consultation-reason-hcd?rootCenterId={centre.key}"
            with urlopen(reasons) as answer:
                name = json.load(answer)["items"][0]["name"]
            query = f"centerId={centre.key}&from=2026-11-23T00:00:00&to=2026-12-23T00:00:00&size=1000"
            slots = f"{sandbox.origins['maiia']}/api/pat-public/availabilities?{query}"
            with urlopen(f"{slots}&{urlencode({'consultationReasonName': name})}") as answer:
                answers.append(json.load(answer)["items"])

    assert answers[0]
    assert answers[1] == []  # all of it is past by then
