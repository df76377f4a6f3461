"""The figures as files: each says by itself what it is, in each language, with a scale to read it by."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata import charts, figures
from aggregator.opendata.drawing import draw, with_resolution
from aggregator.opendata.editions.material import Material
from aggregator.opendata.editions.spoken import Spoken

WEEK = "2026-W48"
HEAD = {"edition": WEEK, "updated": "2026-11-29T23:59:59Z", "log_size": 42, "demo": False}


@pytest.fixture(scope="module")
def folder(a_week: Settings) -> Path:
    return a_week.editions_dir / WEEK / "figures"


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.json"))


def test_figures_say_by_themselves_what_they_are_in_each_language(folder: Path) -> None:
    assert {"suivent-elles-les-lieux", "trois-parts", "causes", "semaines"} <= {*names(folder)}
    for name in names(folder):
        for end, marked, asked in (("", "Démonstration", ""), (".en", "Demonstration", "?langue=en")):
            svg = (folder / f"{name}{end}.svg").read_text(encoding="utf-8")
            assert "Licence Ouverte 2.0" in svg
            assert f"/donnees/{WEEK}/figure/{name}{asked}<" in svg
            assert marked in svg
            assert "2026" in svg
            assert (folder / f"{name}{end}.png").read_bytes().startswith(b"\x89PNG")
            assert not re.search(r"<style|style=|<script|href=|NaN|Undefined", svg)


def test_no_french_word_is_left_in_an_english_drawing(folder: Path) -> None:
    french = re.compile(r"\b(?:le|la|les|des|une|est|sur|du|au|clics?|lieux?|redirections?|plateforme|moins)\b")
    drawn = {name: (folder / f"{name}.en.svg").read_text(encoding="utf-8") for name in names(folder)}
    words = {name: re.sub(r"<[^>]+>|https://\S+", " ", svg) for name, svg in drawn.items()}

    assert {name: found for name, text in words.items() if (found := french.findall(text))} == {}
    assert french.findall((folder / "causes.svg").read_text(encoding="utf-8"))  # the control


def test_an_image_tells_a_printer_its_size_in_300_dots_an_inch(folder: Path) -> None:
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            image.load()
            assert image.size == (2400, 1350)
            assert [round(one) for one in image.info["dpi"]] == [300, 300]


def test_another_resolution_would_be_read_as_such() -> None:
    """The control."""
    bare = io.BytesIO()
    Image.new("RGB", (2, 2)).save(bare, "PNG")
    with Image.open(bare) as image:
        assert "dpi" not in image.info
    with Image.open(io.BytesIO(with_resolution(bare.getvalue(), 96))) as image:
        assert round(image.info["dpi"][0]) == 96


def test_axes_end_on_round_numbers() -> None:
    assert [charts.scale(most) for most in (0, 0.03, 1, 7.7, 91.8, 101, 200)] == [1, 0.05, 1, 10, 100, 200, 200]


def test_charts_have_scales_with_numbers_and_margins_as_numbers(folder: Path) -> None:
    drawn = {
        name: (folder / f"{name}.svg").read_text(encoding="utf-8").replace("\u00a0", " ") for name in names(folder)
    }

    assert {">×1,5<", ">×1<", ">×0,67<"} <= {*re.findall(r">×[^<]+<", drawn["suivent-elles-les-lieux"])}
    for name in ("trois-parts", "suivent-elles-les-lieux", "semaines"):
        assert re.search(r"\(\d+,\d % à \d+,\d %\)", drawn[name]), name
    assert {">0 %<", ">50 %<", ">100 %<"} <= {*re.findall(r">\d+ %<", drawn["trois-parts"])}
    assert ">0 %<" in drawn["semaines"]
    assert re.search(r">\+\d+<", drawn["causes"])


def preferred() -> Material:
    row = {"slug": "one", "clicks": 90, "chosen": 60, "expected": 50.0, "excess": 10.0, "spread": 4.5, "log_e": 1.0}
    found = {"since": "2026-11-23", "until": "2026-11-29", "clicks": 120, "telling": 90, "providers": [row]}
    return Material({"choice": found, "providers": []}, {}, Settings(), Gazetteer([], []))


def test_the_line_of_no_difference_crosses_no_words() -> None:
    svg = draw(figures.choice(preferred()), HEAD, "x", Spoken())
    top, bottom = (float(one) for one in re.search(r'd="M800 (\d+)V(\d+)"', svg).groups())  # type: ignore[union-attr]
    words = [(float(x), float(y)) for x, y in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', svg)]

    assert [(x, y) for x, y in words if top <= y <= bottom and x > 450] == []
    assert "+10,0 ± 4,5" in svg


def test_a_figure_in_which_nothing_is_to_be_seen_is_not_made() -> None:
    empty = {"slug": "one", "places": 3.0, "ratio": None, "chosen": None}
    minutes = [{"minutes_unread": 0}]
    bare = Material(
        {"providers": [empty], "choice": {"providers": [empty]}, "slots": 0, "places": 3.0},
        {"service": minutes, "weeks": [{"name": WEEK, "rows": [{"share_redirects": None}]}], "territory": []},
        Settings(),
        Gazetteer([], []),
    )
    shares = {"places_share": 1.0, "slots": 0, "slots_share": None, "redirects": 0, "redirects_share": None,
              "low": None, "high": None}  # fmt: skip

    made = figures.figures(replace(bare, shares={**bare.shares, "providers": [{**empty, **shares}]}))

    assert [one.name for one in made] == ["trois-parts"]
