"""Text as providers spell it: folding, slugs, and one clean visible line of whatever arrives."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.text import MAX_TEXT, clean, fold, slugify


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Œuvre d'Été", "oeuvre d'ete"), ("LÆTITIA", "laetitia"), ("Straße", "strasse"), ("①", "1"), ("e\u0301", "e")],
)
def test_folding_forgets_case_accents_and_ligatures(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Côte-d'Or", "cote-d-or"), ("  Val d’Oise !", "val-d-oise"), ("L'Haÿ-les-Roses", "l-hay-les-roses"), ("—", "")],
)
def test_a_slug_is_ascii_with_single_dashes_inside(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(max_size=60))
def test_a_slug_of_a_slug_is_itself(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        ("  Salle \t des\r\nfêtes\u2028nord ", "Salle des fêtes nord"),
        ("e\u0301tage", "étage"),  # an accent written apart is the letter of its own
        ("Salle\u202e\u2066\u200b\ufeff\u00adnord", "Sallenord"),  # overrides, marks of width nothing
        ("a\u0300\u0316\u0317\u0318\u0319z", "à\u0316\u0317z"),  # one accent joins its letter, two more may pile up
        ("\ud800x\ue000\uffff", "x"),  # half a pair, private, unassigned
        ("Réservé aux + de 75 ans ; 1er étage (accès PMR)", "Réservé aux + de 75 ans ; 1er étage (accès PMR)"),
        (None, ""),
        ("", ""),
    ],
)
def test_wording_stays_and_what_is_not_seen_goes(received: str | None, kept: str) -> None:
    assert clean(received) == kept


@given(st.text(alphabet=st.characters(), max_size=400), st.integers(1, 40))
def test_whatever_arrives_is_one_visible_line_within_its_limit(text: str, limit: int) -> None:
    line = clean(text, limit)

    assert len(line) <= limit
    assert not {unicodedata.category(one) for one in line} & {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
    assert "  " not in line
    assert not line.startswith(" ")


def test_the_usual_limit_is_that_of_a_line() -> None:
    assert len(clean("x" * 10_000)) == MAX_TEXT == 300
