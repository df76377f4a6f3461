"""What people type ends in a place, a choice, or a sentence that helps; nothing is guessed in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.country.finder.finder import Area, Finder, Found, Level, Named, Town, Why
from aggregator.country.gazetteer import Commune, Gazetteer


def told(one: Named) -> str:
    if isinstance(one, Area):
        return one.code
    return f"{one.commune.name} ({one.commune.department})"


def matches(finder: Finder, text: str) -> list[str]:
    return [told(one) for one in finder.find(text).matches]


def why(found: Found) -> list[Why]:
    return [remark.why for remark in found.remarks]


ONE = {
    "Saint-Étienne (42)": ["st etienne", "SAINT-ÉTIENNE", "Saint  Étienne", "saint-etienne", "42000", "42 000"],
    "Le Havre (76)": ["havre", "Le Havre", "le havre 76", "LE HAVRE, Seine-Maritime"],
    # A code is more precise than the name of the whole city.
    "Paris 15e Arrondissement (75)": [
        "75015 Paris", "paris 15", "Paris 15ème", "Paris 15ème arrondissement", "Paris XVe", "paris quinzième", "75015",
        "15e arrondissement de Paris", "Paris 15e Arrondissement (75)", "75O15", "75 015 Paris",
    ],
    "Paris 16e Arrondissement (75)": ["75116 Paris", "75116", "Paris 16"],
    "Paris 1er Arrondissement (75)": ["Paris 01", "paris 1er", "premier arrondissement de Paris", "75001"],
    "Marseille 1er Arrondissement (13)": ["13001 Marseille", "Marseille 1er"],
    "Lyon 3e Arrondissement (69)": ["Lyon 69003", "Lyon 3", "Lyon 3ème", "lyon III"],
    # A town with its département.
    "Saint-Denis (974)": ["Saint-Denis 974", "Saint-Denis (974)", "saint denis la réunion", "Saint-Denis Réunion"],
    "Saint-Denis (93)": ["St-Denis 93", "93 saint denis", "Saint-Denis 93200", "Saint-Denis, Seine-Saint-Denis"],
    "Bourg-en-Bresse (01)": ["bourg en bresse 01", "Bourg-en-Bresse, Ain", "Bourg-en-Bresse (01)"],
    "Orly (94)": ["Orly 94"],
    "Le Mans (72)": ["Le Mans 72"],
    "Paris (75)": ["Paris, France", "Paris", "75", "paris 75", "Paris Cedex", "75000"],
    "Vienne (38)": ["Vienne Isère", "Vienne 38"],
    # Départements and regions.
    "01": ["Ain", "01", "ain"],
    "74": ["Haute-Savoie", "74", "haute savoie"],
    "2A": ["2A", "2a", "Corse-du-Sud"],
    "corse": ["Corse", "20"],
    "ile-de-france": ["Île-de-France", "idf", "ile de france"],
    "971": ["Guadeloupe", "971"],
    "972": ["Martinique"],
    "976": ["Mayotte"],
    # Codes of whole cities and of firms.
    "Marseille (13)": ["13000", "Marseille (13)"],
    "Lyon (69)": ["69000", "Lyon 69"],
    "Melun (77)": ["77011", "77011 Melun Cedex", "Melun Cedex"],
    # Communes that are part of another now.
    "Lille (59)": ["Lomme", "59160 Lomme", "Lomme 59", "mairie de Lille", "ville de lille", "Lille centre"],
    "Valserhône (01)": ["Bellegarde-sur-Valserine"],
    "Montaigu-Vendée (85)": ["Saint-Hilaire-de-Loulay"],
    "Annecy (74)": ["Annecy-le-Vieux"],
    "Cherbourg-en-Cotentin (50)": ["Cherbourg", "Cherbourg-Octeville"],
}  # fmt: skip


@pytest.mark.parametrize(("meant", "text"), [(meant, text) for meant, texts in ONE.items() for text in texts])
def test_one_place_is_gone_to_however_it_is_written(finder: Finder, meant: str, text: str) -> None:
    assert matches(finder, text) == [meant]


SEVERAL = {
    "Saint-Denis": ["Saint-Denis (974)", "Saint-Denis (93)"],
    "01200": ["Valserhône (01)", "Éloise (74)"],
    "Marseille 13": ["Marseille (13)", "Marseille 13e Arrondissement (13)"],
    "Mayenne": ["53", "Mayenne (53)"],
    "la réunion": ["974", "La Réunion (47)"],
    "10e arrondissement": ["Marseille 10e Arrondissement (13)", "Paris 10e Arrondissement (75)"],
    "Boulogne": ["Boulogne-Billancourt (92)", "Boulogne-sur-Mer (62)"],
}


@pytest.mark.parametrize(("text", "among"), SEVERAL.items())
def test_homonyms_are_asked_about_also_between_levels(finder: Finder, text: str, among: list[str]) -> None:
    found = matches(finder, text)

    assert len(found) > 1
    assert set(among) <= set(found)


REMARKED = {
    "75015 Lyon": ("Paris 15e Arrondissement (75)", Why.CODE_DECIDES),
    "Lyon 99999": ("Lyon (69)", Why.CODE_UNKNOWN),
    "77011": ("Melun (77)", Why.CODE_NEAR),
    "Lomme": ("Lille (59)", Why.FORMER),
    "12 rue de la Paix Paris": ("Paris (75)", Why.ADDRESS),
    "12 rue de Paris, Vincennes": ("Vincennes (94)", Why.ADDRESS),
    "CHU de Rennes": ("Rennes (35)", Why.AROUND),
    "Orly 75": ("Orly (94)", Why.ELSEWHERE),
    "Paris 25e": ("Paris (75)", Why.NO_DISTRICT),
}


@pytest.mark.parametrize(("text", "answer"), REMARKED.items())
def test_an_answer_that_is_not_literally_what_was_typed_says_so(
    finder: Finder, text: str, answer: tuple[str, Why]
) -> None:
    found = finder.find(text)

    assert ([told(one) for one in found.matches], why(found)) == ([answer[0]], [answer[1]])


def test_an_answer_that_is_what_was_typed_needs_no_remark(finder: Finder) -> None:
    assert [why(finder.find(text)) for text in ("Lyon", "69003", "Saint-Denis (974)", "77011 Melun Cedex")] == [[]] * 4


def test_an_address_with_a_code_is_in_the_commune_of_the_code(finder: Finder) -> None:
    assert matches(finder, "12 rue de la Paix, 75002 Paris") == ["Paris 2e Arrondissement (75)"]
    assert matches(finder, "12 rue de la République 42000") == ["Saint-Étienne (42)"]


PROPOSED = {
    "lyonn": "Lyon (69)",
    "toulouz": "Toulouse (31)",
    "villeurbane 69": "Villeurbanne (69)",
    "montigny bretonneux": "Montigny-le-Bretonneux (78)",
    "issy les moul": "Issy-les-Moulineaux (92)",
    "92974": "92",
    "7501": "Paris 15e Arrondissement (75)",
    "97": "974",
    "toulouse purpan": "Toulouse (31)",
    "hôpital sud toulouse": "Toulouse (31)",
    "pharmacie lafayette toulouse": "Toulouse (31)",
}


@pytest.mark.parametrize(("text", "meant"), PROPOSED.items())
def test_what_only_resembles_is_proposed_and_not_gone_to(finder: Finder, text: str, meant: str) -> None:
    found = finder.find(text)

    assert found.matches == ()
    assert meant in [told(one) for one in found.proposals]


def test_of_what_is_proposed_the_town_that_was_meant_comes_first(finder: Finder) -> None:
    assert [told(finder.find(text).proposals[0]) for text in ("lyonn", "marseile", "strasbour")] == [
        "Lyon (69)",
        "Marseille (13)",
        "Strasbourg (67)",
    ]


def test_a_street_without_its_town_is_told_what_is_missing(finder: Finder) -> None:
    found = finder.find("rue de Rivoli")

    assert (found.matches, why(found)) == ((), [Why.ADDRESS])


@pytest.mark.parametrize("text", ["près de chez moi", "autour de moi", "ici"])
def test_here_is_answered_with_what_to_do(finder: Finder, text: str) -> None:
    assert why(finder.find(text)) == [Why.HERE]


@pytest.mark.parametrize("text", ["", "   ", "\N{FACE WITH TEARS OF JOY}", "?", "a" * 500, "0123456789", "99999"])
def test_nothing_is_found_in_nothing(finder: Finder, text: str) -> None:
    assert finder.find(text).matches == ()


def towns(finder: Finder, text: str) -> list[Commune]:
    return [one.commune for one in finder.find(text).matches if isinstance(one, Town)]


def test_every_commune_and_arrondissement_can_be_typed_as_it_is_printed(finder: Finder, gazetteer: Gazetteer) -> None:
    """A département of its name is asked about beside it: "Corrèze (19)" is printed for both."""
    communes = gazetteer.communes.values()
    missed = [one.name for one in communes if towns(finder, f"{one.name} ({one.department})") != [one]]

    assert len(communes) > 34_900
    assert missed == []


def test_every_departement_and_region_can_be_typed_as_it_is_printed(finder: Finder) -> None:
    areas = list(finder.names.areas.values())
    texts = [(area, area.name) for area in areas] + [
        (area, text)
        for area in areas
        if area.level is Level.DEPARTMENT
        for text in (area.code, f"{area.name} ({area.code})")
    ]
    missed = [text for area, text in texts if not _leads_to(finder, text, area)]

    assert len(areas) > 110
    assert missed == []


def _leads_to(finder: Finder, text: str, area: Area) -> bool:
    """Its own, or its one commune; towns of its name may be asked about beside it."""
    found = finder.find(text).matches
    return area in found or any(isinstance(one, Town) and area.departments == {one.commune.department} for one in found)


def test_every_former_commune_leads_to_the_one_that_took_it_over(finder: Finder, gazetteer: Gazetteer) -> None:
    """In its département, where a commune of today may bear the same name."""
    missed = []
    for former in gazetteer.former.values():
        successor = gazetteer.communes[former.successor]
        found = finder.find(f"{former.name} ({successor.department})").matches
        today = [one for one in found if isinstance(one, Town) and not one.former]
        if not today and Town(successor, former.name) not in found:
            missed.append(former.name)

    assert len(gazetteer.former) > 2500
    assert missed == []


def commune(insee: str, name: str, *postcodes: str) -> Commune:
    return Commune(insee, name, postcodes, "69", 45.0, 4.0, 1)


FEW = Finder(Gazetteer([commune("69123", "Lyon", "69003"), commune("42218", "Saint-Étienne", "42000")], []))


@given(st.text(max_size=40) | st.from_regex(r"(Lyon|rue|42|cedex|15e|\(69\)|,| ){0,6}", fullmatch=True))
def test_any_text_may_be_looked_for(text: str) -> None:
    found = FEW.find(text)

    assert {one.commune.insee for one in (*found.matches, *found.proposals) if isinstance(one, Town)} <= {
        "69123",
        "42218",
    }
    assert not (found.matches and found.proposals)
    assert len(FEW.suggest(text)) <= 6


class TestSuggestions:
    def test_the_exact_name_comes_first_then_the_largest(self, finder: Finder) -> None:
        assert told(finder.suggest("lyon")[0]) == "Lyon (69)"
        assert told(finder.suggest("bourg en b")[0]) == "Bourg-en-Bresse (01)"
        assert len(finder.suggest("saint")) == 6
        assert finder.suggest("saint") == finder.suggest("saint")  # asked again: kept, and the same

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("Lyon 3ème", "Lyon 3e Arrondissement (69)"),
            ("Lomme", "Lille (59)"),
            ("Haute-Sav", "74"),
            ("2a", "2A"),
            ("Saint-Denis (974)", "Saint-Denis (974)"),
            ("75015 Pa", "Paris 15e Arrondissement (75)"),
            ("420", "Saint-Étienne (42)"),
        ],
    )
    def test_what_the_search_understands_is_suggested(self, finder: Finder, text: str, first: str) -> None:
        assert told(finder.suggest(text)[0]) == first
