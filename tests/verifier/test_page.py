"""What a person saw, from a saved page: an honest one agrees, and each way of changing it is named."""

from __future__ import annotations

import itertools
import re
import shutil
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import verify
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.publish import publisher
from aggregator.publish.publisher import Publisher
from aggregator.redirect.tokens import Tokens
from aggregator.search.order import tie_key
from aggregator.search.search import Ranking
from aggregator.store import open_stores
from aggregator.web.find import results
from app import create_app
from tests.clock import NOON, Clock
from tests.conftest import seal
from tests.loopback import Loopback, Request, Status
from tests.web.conftest import citizen_of

ASKED = "/recherche?insee=69123&rayon=25"
Check = Callable[[str], int]
ONCE = itertools.count()


@pytest.fixture(scope="module")
def portal(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Sealed at noon, when it stands still: pages are taken from it, and nothing is changed."""
    data = tmp_path_factory.mktemp("seen") / "run"
    shutil.copytree(collected, data, symlinks=True)
    settings = Settings(data_dir=data)
    seal(settings, NOON)
    app = create_app(settings, lambda: NOON)
    yield app
    app.extensions["aiguillage"].close()


@pytest.fixture
def log(portal: Flask) -> Path:
    folder: Path = portal.extensions["aiguillage"].settings.published_dir
    return folder / "log"


@pytest.fixture
def visitor(portal: Flask) -> FlaskClient:
    return citizen_of(portal)


@pytest.fixture
def check(log: Path, tmp_path: Path) -> Check:
    """The exit code for a page with this text."""

    def run(html: str) -> int:
        saved = tmp_path / "page.html"
        saved.write_text(html, encoding="utf-8")
        return verify.main(["page", str(saved), str(log)])

    return run


def cards(html: str) -> list[str]:
    return re.findall(r'<li class="carte".*?</li>', html, re.DOTALL)


@pytest.mark.parametrize("language", ["", "&langue=en"])
@pytest.mark.parametrize(
    "path",
    [
        ASKED,
        f"{ASKED}&tri=tot",
        f"{ASKED}&page=2",
        f"{ASKED}&tri=tot&page=2",
        f"{ASKED}&vu=1",
        f"{ASKED}&tri=tot&moment=matin",
        "/recherche?lat=45.76&lon=4.84&rayon=50",
        "/recherche?insee=71270&rayon=5",  # nothing within the radius: the eight nearest
        f"/embed{ASKED}",
    ],
)
def test_an_honest_page_agrees(visitor: FlaskClient, check: Check, path: str, language: str, capsys: Any) -> None:
    page = visitor.get(path + language)

    assert page.status_code == 200
    assert check(page.text) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    shown = re.findall(r'id="lieu-(\d+)".*?/centre/(p-\w+)', page.text, re.DOTALL)
    assert shown
    assert re.findall(r"^(\d+)\. .*\((p-\w+)\)", said, re.MULTILINE) == shown
    assert f"ranks {shown[0][0]} to {shown[-1][0]} of" in said
    assert "64 bits" in said
    assert "MAC" in said


def by_another_hand(visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Any]], None]) -> str:
    """The page for a visitor for whom the renderer changes the places of the list, ranks and buttons with them."""
    honest = results._groups

    def groups(site: Any, answer: Ranking, ranked: list[Any]) -> Iterator[Any]:
        found = [one for _, one in ranked]
        change(found)
        return honest(site, answer, list(enumerate(found, 1)))

    monkeypatch.setattr(results, "_groups", groups)
    # Words that change nothing, but that no page kept for the minute was asked with.
    page = visitor.get(f"{ASKED}&q={next(ONCE)}").text
    monkeypatch.setattr(results, "_groups", honest)
    return page


def test_two_places_exchanged_for_one_visitor_are_named(
    visitor: FlaskClient, check: Check, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def exchange(found: list[Any]) -> None:
        found[2], found[7] = found[7], found[2]

    honest, changed = visitor.get(ASKED).text, by_another_hand(visitor, monkeypatch, exchange)
    third, eighth = (re.findall(r"/centre/(p-\w+)", cards(honest)[at])[0] for at in (2, 7))

    assert check(changed) == 1
    said = capsys.readouterr().out
    assert re.search(rf"WRONG: rank 3 is .*\({eighth}\) on the page and .*\({third}\) in the recomputed list", said)
    assert check(honest) == 0  # the control: everybody else saw this one


@pytest.mark.parametrize("at", [0, 4, 19])
def test_a_place_that_the_renderer_leaves_out_is_named(
    visitor: FlaskClient, check: Check, monkeypatch: pytest.MonkeyPatch, at: int, capsys: Any
) -> None:
    changed = by_another_hand(visitor, monkeypatch, lambda found: found.pop(at) and None)

    assert check(changed) == 1
    assert f"WRONG: rank {at + 1} is" in capsys.readouterr().out


def another_list(html: str) -> str:
    printed = re.search(r"empreinte=([0-9a-f]{16})", html)
    assert printed
    digits = f"{int(printed[1], 16) ^ 1:016x}"
    four = [" ".join(one[at : at + 4] for at in range(0, 16, 4)) for one in (printed[1], digits)]
    return html.replace(printed[1], digits).replace(*four)


def another_hash_printed(html: str) -> str:
    return re.sub(r'(class="insecable">)[0-9a-f]{4}( [0-9a-f]{4} )', r"\g<1>ffff\2", html)


CHANGES: dict[str, tuple[Callable[[str], str], str]] = {
    "a card": (lambda html: html.replace(cards(html)[4], ""), "rank 5 is .* and rank 5 to none"),
    "the last card": (lambda html: html.replace(cards(html)[-1], ""), "rank 20 is .* missing on the page"),
    "all cards": (lambda html: re.sub(r'<li class="carte".*?</li>', "", html, flags=re.DOTALL), "shows no place"),
    "a card in a template": (
        lambda html: html.replace(cards(html)[4], f"<template>{cards(html)[4]}</template>"), "rank 5 is"),
    "a card in a comment": (lambda html: html.replace(cards(html)[4], f"<!--{cards(html)[4]}-->"), "rank 5 is"),
    "a card too many": (
        lambda html: html.replace(cards(html)[19], cards(html)[19] + cards(html)[19].replace(">20<", ">21<")),
        "rank 21 is .* has none there"),
    "a rank": (lambda html: html.replace('numero">2<', 'numero">3<', 1), "bears rank 3 on the page, and 2"),
    "a name": (lambda html: re.sub(r"<bdi>[^<]+</bdi></a>", "<bdi>Elsewhere</bdi></a>", html, count=1), "is called"),
    "a distance": (
        lambda html: re.sub(r"<p><strong>[^<]+</strong> ·", "<p><strong>9 à 9,5 km</strong> ·", html, count=1),
        "recomputed"),
    "an offer": (
        lambda html: re.sub(r'<div class="offre">(?:(?!<div).)*?/rdv/.*?</div>', "", html, count=1, flags=re.DOTALL),
        "the button of the offer o-.* is missing"),
    "the address of a button": (
        lambda html: re.sub(r'action="/rdv/[^"]+"', 'action="/out"', html, count=1), "a button leads to /out"),
    "the site of a button": (
        lambda html: re.sub(r'action="/rdv/[^"]+"', 'action="https://example.org/"', html, count=1), "several sites"),
    "an address on the button itself": (
        lambda html: html.replace('<button class="bouton">', '<button class="bouton" formaction="/x">', 1),
        "leads to /x"),
    "a link": (
        lambda html: html.replace('<div class="offres">', '<a href="https://example.org/x">x</a>', 1), "several sites"),
    "a button outside the cards": (
        lambda html: html.replace("<ol", "<form" + re.findall(' action="/rdv/[^>]+>', html)[0] + "</form><ol", 1),
        "outside the cards"),
    "the site of all buttons": (lambda html: html.replace('"/rdv/', '"//example.org/rdv/'), "several sites"),
    "the name on a button": (
        lambda html: re.sub(r'(sur <span class="insecable">)[^<]+', r"\1Elsewhere", html, count=1), "names|one name"),
    "the number of pages": (lambda html: re.sub(r"Page 1 sur \d+", "Page 1 sur 1", html), "this is page 1 of"),
    "the pages to come": (
        lambda html: re.sub(r'<nav class="pages".*?</nav>', "", html, flags=re.DOTALL), "this is page 1 of"),
    "the list": (another_list, "the page prints the list .*; recomputed"),
    "the list, in print": (another_hash_printed, "the page prints the list .* and its link"),
    "the hour, in print": (lambda html: html.replace("13 h, h", "12 h, h"), "the page prints the hour"),
    "the question": (lambda html: html.replace("radius%3D25", "radius%3D10"), "rank|this is page|the list"),
    "one of two references": (lambda html: re.sub("(.*)radius%3D25", r"\1radius%3D10", html, flags=re.DOTALL)
                              + '<p class="reference"><a href="/verifier?heure=x">', "several references"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_on_a_page_is_named(visitor: FlaskClient, check: Check, what: str, capsys: Any) -> None:
    """The control is that the same page, unchanged, agrees."""
    honest = visitor.get(ASKED).text.replace("\u00a0", " ")
    change, named = CHANGES[what]
    changed = change(honest)

    assert changed != honest
    assert check(honest) == 0
    capsys.readouterr()
    assert check(changed) == 1
    assert re.search(f"WRONG: .*({named})", capsys.readouterr().out)


def test_the_button_of_another_offer_place_rank_hour_or_list_is_named(
    portal: Flask, visitor: FlaskClient, check: Check, capsys: Any
) -> None:
    """Written by the portal itself, under its own key: the proof of a token says who wrote it, not that it is right."""
    html = visitor.get(ASKED).text
    tokens: Tokens = portal.extensions["aiguillage"].tokens
    card = next(card for card in cards(html) if "/rdv/" in card)
    first, second = re.findall(r'action="/rdv/([^"?]+)"', html)[:2]
    one, other = tokens.read(first), tokens.read(second)

    def replaced(**changes: Any) -> str:
        said = {"epoch": one.epoch, "list_hash": one.list_hash, "place_id": one.place_id, "offer_id": one.offer_id,
                "position": one.position, **changes}  # fmt: skip
        return html.replace(first, tokens.write(**said))

    assert check(replaced()) == 0
    for changed, named in (
        (replaced(offer_id=other.offer_id), rf"the button of the offer {one.offer_id} .* is missing"),
        (replaced(place_id=other.place_id), f"of the place {other.place_id}, and should be of {one.place_id}"),
        (replaced(position=one.position + 1), f"of the rank {one.position + 1}, and should be of {one.position}"),
        (replaced(epoch="2026-11-23T11"), "of the hour 2026-11-23T11"),
        (replaced(list_hash="0" * 32), "of the list 0{32}"),
        (html.replace(card, card.replace("</form>", f"</form>{card[card.index('<form') :]}")), "its buttons stand as"),
    ):
        capsys.readouterr()
        assert check(changed) == 1
        assert re.search(f"WRONG: rank {one.position}, .*{named}", capsys.readouterr().out)


def test_buttons_of_one_place_stand_as_they_were_drawn() -> None:
    offers = [
        {"id": name, "provider": name[2], "url": "https://example.org/"} for name in ("o-aaaaaaaaaa", "o-baaaaaaaaa")
    ]
    asked = SimpleNamespace(seed=bytes(32), epoch="2026-11-23T12", question="insee=69123")
    drawn = sorted(offers, key=lambda one: tie_key(asked.seed, asked.epoch, asked.question, one["id"]))

    def said(shown: list[dict[str, str]]) -> str | None:
        buttons = [SimpleNamespace(offer=one["id"], label="x") for one in shown]
        page = SimpleNamespace(cards=[SimpleNamespace(place="p-a", name="A", number=1, buttons=buttons)])
        found: str | None = verify.first_difference(page, {"p-a": {"name": "A", "offers": offers}}, asked)
        return found

    assert said(drawn) is None
    assert "were drawn as" in str(said(drawn[::-1]))
    assert "is missing" in str(said(drawn[:1]))


def test_newer_facts_on_an_older_order_are_those_of_a_later_snapshot(
    filled: Settings, gazetteer: Gazetteer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A list by distance keeps its order for two hours and tells the newest facts: here a place has another name."""
    clock, saved, log = Clock(), tmp_path / "page.html", filled.published_dir / "log"
    app = create_app(filled, clock)
    visitor, site = citizen_of(app), app.extensions["aiguillage"]
    reference = re.search(r"ref=[0-9T-]+-[0-9a-f]{8}", visitor.get(ASKED).text)
    assert reference
    honest = publisher.describe
    monkeypatch.setattr(publisher, "describe", lambda *of: {**honest(*of), "name": f"{honest(*of)['name']} bis"})
    clock.forward(hours=1)
    with closing(open_stores(filled.data_dir)) as stores:
        Publisher(filled, stores, gazetteer, clock).publish()
    site.refresh()
    seal(filled, clock.at)
    saved.write_text(visitor.get(f"{ASKED}&{reference[0]}").text, encoding="utf-8")
    site.close()

    assert " bis" in saved.read_text(encoding="utf-8")
    assert verify.main(["page", str(saved), str(log)]) == 0, capsys.readouterr().out
    assert "those of a later snapshot" in capsys.readouterr().out
    # The control: names that no snapshot has.
    saved.write_text(saved.read_text(encoding="utf-8").replace(" bis", " ter"), encoding="utf-8")
    assert verify.main(["page", str(saved), str(log)]) == 1
    assert "is called" in capsys.readouterr().out


def test_a_page_whose_snapshot_is_not_published_any_more_cannot_be_checked(
    visitor: FlaskClient, log: Path, tmp_path: Path, capsys: Any
) -> None:
    saved = tmp_path / "page.html"
    saved.write_text(visitor.get(ASKED).text, encoding="utf-8")
    copy = tmp_path / "copy"
    shutil.copytree(log.parent, copy)

    assert verify.main(["page", str(saved), str(copy)]) == 0
    shutil.rmtree(copy / "snapshots")
    assert verify.main(["page", str(saved), str(copy)]) == 2
    shutil.rmtree(copy / "hours")
    assert verify.main(["page", str(saved), str(copy)]) == 2
    assert capsys.readouterr().out.count("CANNOT CHECK") == 2


def test_what_is_no_list_of_this_portal_cannot_be_checked(
    visitor: FlaskClient, check: Check, log: Path, tmp_path: Path, capsys: Any
) -> None:
    for html in (
        "",
        "x",
        visitor.get("/").text,
        visitor.get("/verifier").text,
        "<![if x]>",
        "<p class=reference><a href=/verifier>",
    ):
        assert check(html) == 2, html[:80]
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    for name in ("latin", "nothing", "."):
        assert verify.main(["page", str(tmp_path / name), str(log)]) == 2
    assert "no list of this portal" in capsys.readouterr().out


@pytest.mark.parametrize(
    "bomb",
    [
        "<li class=carte>" + "<div>" * 400_000,
        "<a " + " ".join(f"a{number}=1" for number in range(150_000)) + ">",
        "<a " + "x " * 100_000 + ">" + "<b c" * 450_000,
        "<!--" * 500_000,
        "<" * 2_000_000,
        "&" * 2_000_000,
        "<p class=reference>" + "<a href='/verifier?heure=1'>" * 70_000,
        "<li class=carte>" * 125_000,
        "<script>" + "</" * 1_000_000,
    ],
    ids=["nesting", "attributes", "no-end", "comments", "less-than", "ampersands", "references", "cards", "script"],
)
def test_a_page_made_to_exhaust_its_reader_ends_soon(check: Check, bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a page that is read: below the size above which none is."""
    monkeypatch.setattr(verify, "PAGE_SECONDS", 3)
    assert len(bomb) < verify.MAX_PAGE
    began = time.process_time()
    tracemalloc.start()
    try:
        code = check(bomb)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert code in (1, 2)
    assert most < 50 * len(bomb)
    assert time.process_time() - began < 10 * verify.PAGE_SECONDS


def test_a_page_of_a_hundred_megabytes_is_not_read(check: Check, log: Path, tmp_path: Path, capsys: Any) -> None:
    with (tmp_path / "large.html").open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    assert verify.main(["page", str(tmp_path / "large.html"), str(log)]) == 2
    assert f"larger than {verify.MAX_PAGE} bytes" in capsys.readouterr().out


def test_an_address_is_fetched_and_checked_against_its_portal(visitor: FlaskClient, capsys: Any) -> None:
    def served(request: Request) -> Status:
        answer = visitor.get(request.raw)
        return Status(answer.status_code, answer.data)

    with Loopback({"/*": served, "/large": Status(200, b" " * (verify.MAX_PAGE + 1))}) as site:
        assert verify.main(["page", f"{site.origin}{ASKED}&page=2", site.origin]) == 0
        assert "ranks 21 to" in capsys.readouterr().out
        assert verify.main(["page", f"{site.origin}/large", site.origin]) == 2


def test_a_single_file_is_read_as_the_page_that_it_begins_with(
    visitor: FlaskClient, log: Path, tmp_path: Path, capsys: Any
) -> None:
    page = EmailMessage()
    page.set_content(visitor.get(ASKED).text, subtype="html", cte="quoted-printable")
    page.make_related()
    saved = tmp_path / "page.mhtml"
    saved.write_bytes(page.as_bytes())

    assert verify.main(["page", str(saved), str(log)]) == 0, capsys.readouterr().out
    # The control: under another name it is what it is for a browser, a page that begins with odd words.
    saved.rename(tmp_path / "page.html")
    assert verify.main(["page", str(tmp_path / "page.html"), str(log)]) == 2
    for made in (
        "x",
        "Content-Type: multipart/related\n\nx",
        "Content-Type: multipart/related; boundary=a\n\n--a\nContent-Type: image/png\n\nx\n--a--",
        "Content-Type: multipart/related; boundary=a\n\n"
        + "--a\nContent-Type: multipart/related; boundary=a\n\n" * 30_000,
        "".join(f"Content-Type: multipart/related; boundary=a{n}\n\n--a{n}\n" for n in range(20_000)),
    ):
        saved.write_text(made, encoding="utf-8")
        begun = time.monotonic()
        assert verify.main(["page", str(saved), str(log)]) == 2
        assert time.monotonic() - begun < 30
