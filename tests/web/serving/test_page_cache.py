"""A list is made once for all who ask the same within a minute, counted each time, and never shown too long."""

from __future__ import annotations

import gc
import gzip
import weakref
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator import canonical, files
from aggregator.config.settings import Settings
from aggregator.web.find import results
from aggregator.web.serving.cache import OVERHEAD_BYTES, SizedCache
from aggregator.web.serving.page_cache import PageCache, _coding
from aggregator.web.serving.site import Site
from app import create_app
from tests.clock import Clock
from tests.web.conftest import layer

LIST = "/recherche?insee=69123&rayon=50"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were really answered."""
    questions: list[str] = []
    honest = results.search

    def counting(snapshot: Any, question: Any, *rest: Any) -> Any:
        questions.append(question.key)
        return honest(snapshot, question, *rest)

    monkeypatch.setattr(results, "search", counting)
    return questions


def test_the_same_question_is_answered_once_a_minute_and_counted_each_time(
    browser: FlaskClient, site: Site, made: list[str], clock: Clock
) -> None:
    first, second = browser.get(LIST), browser.get(LIST)
    _, results, _ = site.showings.take()
    clock.forward(minutes=1)
    browser.get(LIST)

    assert first.data == second.data
    assert [row[-1] for row in results] == [2]
    assert len(made) == 2


@pytest.mark.parametrize("other", [LIST + "&tri=tot", LIST + "&page=2", LIST.replace("50", "25"), "/embed" + LIST])
def test_another_question_is_another_page(browser: FlaskClient, made: list[str], other: str) -> None:
    assert browser.get(LIST).data != browser.get(other).data
    assert len(made) == 2


def test_what_one_visitor_may_still_ask_is_not_told_to_the_next(filled: Settings, clock: Clock) -> None:
    app = create_app(filled.but(search_rate=10), clock)
    first, second = (app.test_client().get(LIST) for _ in range(2))
    app.extensions["aiguillage"].close()

    assert int(first.headers["X-RateLimit-Remaining"]) > 0
    assert not [name for name, _ in second.headers if name.startswith("X-RateLimit")]


def test_a_page_that_is_made_while_the_minute_changes_is_not_the_page_of_the_next(
    browser: FlaskClient, made: list[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = results.render_template

    def slow(*arguments: Any, **names: Any) -> str:
        clock.forward(minutes=1)
        return honest(*arguments, **names)

    monkeypatch.setattr(results, "render_template", slow)
    browser.get(LIST)
    monkeypatch.setattr(results, "render_template", honest)
    browser.get(LIST)

    assert len(made) == 2


def test_a_platform_that_stops_answering_is_told_at_once(browser: FlaskClient, site: Site) -> None:
    browser.get(LIST)
    told = deepcopy(site.health)
    next(row for row in told["providers"] if row["slug"] == "maiia")["failing_since"] = "2026-11-23T11:20:00Z"
    publish_health(site, told)

    assert "Nous ne lisons plus <strong>Maiia</strong>" in browser.get(LIST).text


def test_a_question_with_a_complaint_is_not_kept_for_others(browser: FlaskClient, made: list[str]) -> None:
    complained = browser.get(LIST + "&tri=prix")

    assert complained.status_code == 400
    assert "Nous n’avons pas compris" not in browser.get(LIST).text
    assert len(made) == 2


def publish_health(site: Site, content: dict[str, Any]) -> None:
    """As the worker does: a file, which the site reads."""
    files.write_whole(site.settings.published_dir / "health.json", canonical.to_json(content))
    site.refresh()


def test_old_pages_leave_when_there_is_no_room(browser: FlaskClient, made: list[str]) -> None:
    page_cache(browser)._answers = SizedCache(200_000)
    for number in range(12):
        browser.get(f"/recherche?insee=69123&rayon=50&page=1&du=2026-12-{number + 10}")
    browser.get("/recherche?insee=69123&rayon=50&page=1&du=2026-12-10")

    assert len(made) == 13
    assert 0 < page_cache(browser)._answers.size <= 200_000


def test_a_long_key_takes_room_too() -> None:
    cache: SizedCache[bytes] = SizedCache(10_000)

    cache.put(("k" * 3_000,), b"", 0)

    assert cache.size == 3_000 + OVERHEAD_BYTES


def test_what_has_no_room_at_all_is_not_kept() -> None:
    cache: SizedCache[bytes] = SizedCache(1_000)

    cache.put(("k" * 3_000,), b"", 0)

    assert len(cache) == 0


def test_a_kept_answer_keeps_no_snapshot_alive(browser: FlaskClient, site: Site) -> None:
    browser.get(LIST)
    before = weakref.ref(site.snapshot)  # type: ignore[arg-type]
    site.shelf.current = replace(site.snapshot, hash="0" * 64)  # type: ignore[type-var]
    site.shelf._loaded.clear()
    gc.collect()

    assert before() is None
    assert len(page_cache(browser)._answers) == 1


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("gzip, deflate, br, zstd", "gzip"), ("GZIP;q=0.5", "gzip"), ("*", "gzip"), ("", ""),
     ("gzip;q=0", ""), ("identity", ""), ("br", "")],
)  # fmt: skip
def test_every_way_to_say_what_one_takes_is_one_of_two_answers(accepted: str, coding: str) -> None:
    assert _coding(accepted) == coding


def test_an_answer_is_given_again_before_flask_is_asked_and_counted(
    browser: FlaskClient, site: Site, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = browser.get(LIST)
    monkeypatch.setattr(page_cache(browser), "_flask", None)  # nobody home
    second = browser.get(LIST)
    robot = browser.get(LIST, headers={"User-Agent": "Googlebot/2.1"})
    same = browser.get(LIST, headers={"If-None-Match": first.headers["ETag"]})
    _, results, _ = site.showings.take()

    assert second.data == robot.data == first.data
    assert list(second.headers) == list(first.headers)
    assert (same.status_code, same.data) == (304, b"")
    assert "Content-Security-Policy" in same.headers
    assert [row[-1] for row in results] == [3]  # the robot is not counted


@pytest.mark.parametrize("change", ["minute", "snapshot", "health"])
def test_what_is_kept_goes_when_anything_that_it_is_made_of_changes(
    browser: FlaskClient, site: Site, made: list[str], clock: Clock, change: str
) -> None:
    browser.get(LIST)
    if change == "minute":
        clock.forward(minutes=1)
    elif change == "snapshot":
        site.shelf.current = replace(site.snapshot, hash="0" * 64)  # type: ignore[type-var]
    else:
        publish_health(site, {**site.health, "at": "2026-11-23T12:00:30Z"})
    page_cache(browser)._flask = refused

    with pytest.raises(AssertionError, match="asked"):
        browser.get(LIST)


@pytest.mark.parametrize("path", [LIST, f"/api/v1{LIST}".replace("recherche", "places")])
@pytest.mark.parametrize("packed", ["", "gzip"])
def test_who_has_the_page_already_makes_it_for_those_who_have_not(
    browser: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch, path: str, packed: str
) -> None:
    accepts = {"Accept-Encoding": packed}
    browser.get(path, headers=accepts)
    clock.forward(minutes=1)

    in_the_new_minute = browser.get(path, headers={**accepts, "If-None-Match": "*"})
    monkeypatch.setattr(page_cache(browser), "_flask", refused)
    whole = browser.get(path, headers=accepts)
    again = browser.get(path, headers={**accepts, "If-None-Match": whole.headers["ETag"]})

    assert (in_the_new_minute.status_code, in_the_new_minute.data) == (304, b"")
    assert (whole.status_code, len(whole.data) > 1000) == (200, True)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", [LIST, f"/api/v1{LIST}".replace("recherche", "places"), "/annuaire/69"])
def test_a_tag_is_known_again_in_every_form_that_a_reader_may_send(browser: FlaskClient, path: str) -> None:
    tag = browser.get(path).headers["ETag"]
    forms = (tag, f"W/{tag}", f'"other", {tag}', f'W/"other",W/{tag}', "*")

    answers = [browser.get(path, headers={"If-None-Match": form}) for form in forms]

    assert {(one.status_code, one.data) for one in answers} == {(304, b"")}
    for form in ('"other"', 'W/"other", "another"', tag.strip('"') + "x", ""):
        assert browser.get(path, headers={"If-None-Match": form}).status_code == 200


def origins(browser: FlaskClient, asked_at: str, **settings: Any) -> set[str]:
    """Scheme and host of the addresses in an answer that is kept: those of the places' pages."""
    answer = browser.get("/api/v1/places?insee=69123&rayon=50", base_url=asked_at, **settings).get_json()
    return {place["page"].partition("/centre/")[0] for place in answer["places"]}


def test_an_answer_is_kept_for_those_alone_who_asked_the_same_host_by_the_same_scheme(browser: FlaskClient) -> None:
    names = ("http://localhost:5001", "http://127.0.0.1:5002", "https://localhost:5001")

    for name in (*names, *names):
        assert origins(browser, name) == {name}


@pytest.mark.parametrize("forged", ["evil.example", "localhost.evil.example", "evil.example:5000", "localhost:1@evil"])
def test_a_forged_host_is_in_no_address_of_ours(browser: FlaskClient, site: Site, forged: str) -> None:
    ours = {f"http://{site.settings.host}:{site.settings.port}"}

    assert origins(browser, "http://localhost", headers={"Host": forged}) == ours
    assert origins(browser, *ours) == ours


def test_a_portal_that_has_an_address_of_its_own_writes_no_other(filled: Settings, clock: Clock) -> None:
    app = create_app(filled.but(site="https://rdv.ville.example"), clock)

    found = [origins(app.test_client(), f"http://{host}") for host in ("localhost:5001", "evil.example")]

    app.extensions["aiguillage"].close()
    assert found == [{"https://rdv.ville.example"}] * 2


def page_cache(browser: FlaskClient) -> Any:
    """Behind the door of departures stand the answers that are kept, and behind them Flask."""
    return layer(browser.application, PageCache)


def refused(*_: Any) -> Any:
    raise AssertionError("Flask was asked")


def test_readers_that_take_gzip_and_those_that_do_not_get_their_own(browser: FlaskClient) -> None:
    plain = browser.get(LIST).data
    packed = [browser.get(LIST, headers={"Accept-Encoding": "gzip"}) for _ in range(2)]

    assert [gzip.decompress(one.data) for one in packed] == [plain, plain]
    assert browser.get(LIST).data == plain
