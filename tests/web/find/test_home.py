"""From what is typed to a list, a choice, the directory of an area, or a sentence that helps."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from werkzeug.test import TestResponse

from tests.answers import FIXTURES

SEARCHES = [
    line
    for line in (FIXTURES / "searches.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
HELPING = (
    "Vouliez-vous dire", "Écrivez le nom d’une ville", "Nous ne cherchons pas par rue", "Touchez « Près de moi »",
    "écrivez le nom de votre ville",
)  # fmt: skip


def search(visitor: FlaskClient, text: str, page: str = "/recherche") -> TestResponse:
    return visitor.get(page, query_string={"q": text})


def words(answer: TestResponse) -> str:
    """The text of a page with plain spaces and without entities."""
    return " ".join(Markup(answer.text).striptags().replace("\N{NO-BREAK SPACE}", " ").split())  # noqa: S704 - read, not shown


def leads_on(answer: TestResponse) -> bool:
    """To places, to a choice, to a directory, or to a sentence that helps."""
    if answer.status_code == 303:
        return answer.headers["Location"].startswith("/annuaire/")
    said = words(answer)
    return answer.status_code == 200 or (answer.status_code == 404 and any(help in said for help in HELPING))


def test_none_of_the_searches_that_people_make_ends_in_a_bare_refusal(visitor: FlaskClient) -> None:
    left_alone = [text for text in SEARCHES if not leads_on(search(visitor, text[:500]))]

    assert len(SEARCHES) >= 300
    assert left_alone == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("75015 Paris", "Autour de Paris 15e Arrondissement (75)"),
        ("Saint-Denis (974)", "Autour de Saint-Denis (974)"),
        ("13000", "Autour de Marseille (13)"),
        ("Lomme", "Autour de Lille (59)"),
    ],
)
def test_a_list_starts_from_the_most_precise_part(visitor: FlaskClient, text: str, where: str) -> None:
    assert where in words(search(visitor, text))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("75015 Lyon", "Le code 75015 est celui de Paris 15e Arrondissement (75)"),
        ("77011", "Le code 77011 sert au courrier seulement : nous partons de Melun (77)."),
        ("Lomme", "Lomme fait partie de Lille (59)."),
        ("12 rue de la Paix Paris", "nous partons du centre de Paris (75)."),
        ("rue de Rivoli", "ajoutez la ville ou le code postal."),
        ("Paris 25e", "Paris (75) n’a pas de 25e arrondissement."),
        ("92974", "Aucune commune n’a le code 92974 : écrivez le nom de votre ville."),
        ("autour de moi", "Touchez « Près de moi »"),
    ],
)
def test_an_answer_that_is_not_literally_what_was_typed_says_so(visitor: FlaskClient, text: str, sentence: str) -> None:
    assert sentence in words(search(visitor, text))


def test_a_name_typed_in_hostile_characters_is_only_a_name(visitor: FlaskClient) -> None:
    answer = search(visitor, "12 rue <b>x</b> (<i>974</i>)")

    assert "<b>x</b>" not in answer.text
    assert "<i>974</i>" not in answer.text


@pytest.mark.parametrize(
    ("text", "address"),
    [("Ain", "/annuaire/01"), ("2a", "/annuaire/2A"), ("Île-de-France", "/annuaire/region/ile-de-france")],
)
def test_an_area_is_answered_by_its_directory(visitor: FlaskClient, text: str, address: str) -> None:
    answer = search(visitor, text)

    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert visitor.get(address).status_code == 200


def test_homonyms_between_levels_are_asked_about(visitor: FlaskClient) -> None:
    answer = search(visitor, "Mayenne")

    assert answer.status_code == 200
    assert "Mayenne (53) · département" in words(answer)
    assert 'href="/annuaire/53"' in answer.text
    assert 'href="/recherche?insee=53147"' in answer.text


def test_the_frame_for_other_sites_understands_the_same(visitor: FlaskClient) -> None:
    one = search(visitor, "75015 Paris", "/embed/recherche")
    several = search(visitor, "Saint-Denis", "/embed/recherche")
    none = search(visitor, "qqqqqqqq", "/embed/recherche")

    assert "Autour de Paris 15e Arrondissement (75)" in words(one)
    assert 'href="/embed/recherche?insee=97411"' in several.text
    assert "Quel Saint-Denis ?" in words(several)  # a choice is no error
    assert "aria-invalid" not in several.text
    assert (none.status_code, "Écrivez le nom d’une ville" in words(none)) == (404, True)


def test_suggestions_are_towns_and_areas(visitor: FlaskClient) -> None:
    area, former = (
        visitor.get("/suggestions?q=haute-sav").get_json()[0],
        visitor.get("/suggestions?q=lomme").get_json()[0],
    )

    assert area == {"name": "Haute-Savoie", "department": "74", "department_name": "département", "url": "/annuaire/74"}
    assert (former["name"], former["department_name"]) == ("Lomme", "Lille, Nord")


class TestProgram:
    """The same words as `q` of the API."""

    def test_a_town_in_words_is_an_origin(self, visitor: FlaskClient) -> None:
        answer = visitor.get("/api/v1/places?q=75015+Paris").get_json()

        assert "insee=75115" in answer["question"]

    @pytest.mark.parametrize(
        ("text", "status", "detail"),
        [
            ("Saint-Denis", 400, "q may name Saint-Denis [insee 97411]"),
            ("Ain", 400, "q names an area, Ain [department 01]"),
            ("lyonn", 404, "names like it: Lyon [insee 69123]"),
            ("qqqqqqqq", 404, "q names no town"),
        ],
    )
    def test_what_is_no_town_is_refused_with_what_it_may_be(
        self, visitor: FlaskClient, text: str, status: int, detail: str
    ) -> None:
        answer = visitor.get("/api/v1/places", query_string={"q": text})

        assert answer.status_code == status
        assert detail in answer.get_json(force=True)["detail"]
