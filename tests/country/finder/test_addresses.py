"""An address that several communes could have is not guessed."""

from __future__ import annotations

import pytest

from aggregator.country.finder.addresses import locate
from aggregator.country.finder.finder import Finder
from aggregator.country.gazetteer import Commune, Gazetteer


def commune(insee: str, name: str, *postcodes: str, department: str = "69") -> Commune:
    return Commune(insee, name, postcodes, department, 45.0, 4.0, 1)


FEW = Finder(
    Gazetteer(
        [
            commune("1", "Valserhône", "01200", department="01"),
            commune("2", "Éloise", "01200", department="74"),
            commune("3", "Saint-Denis", "97400", department="974"),
            commune("4", "Saint-Denis", "93200", department="93"),
            commune("5", "Le Havre", "76600", "76610", department="76"),
            commune("6", "Saint-Rémy", "21500", department="21"),
            commune("7", "Saint-Remy", "21500", department="21"),
        ],
        [],
    )
)


@pytest.mark.parametrize(
    ("postcode", "city", "insee"),
    [
        ("01200", "ELOISE", "2"),
        ("01200", "Ailleurs", None),
        ("01200", "", None),
        ("93200", "Ailleurs", "4"),  # the only one of its code
        ("93999", "St-Denis cedex 2", "4"),  # a code of firms: the name, in its département
        ("93999", "Saint-Denis", "4"),
        ("93999", "Le Havre", None),  # of another département than the code
        ("", "Saint-Denis", None),
        ("21500", "SAINT REMY", None),  # two of one name and one code
        ("76600", "Havre", "5"),
        (" 76600 ", "le havre", "5"),
        ("76 600", "le havre", "5"),
        ("76011", "", None),  # what a page would say, and a list may not guess
    ],
)
def test_name_and_code_settle_it_together(postcode: str, city: str, insee: str | None) -> None:
    found = locate(FEW, postcode, city)

    assert (found and found.insee) == insee


@pytest.mark.parametrize(
    ("postcode", "city", "insee"),
    [
        ("01200", "Valserhône", "01033"),
        ("75015", "Paris", "75115"),
        ("75015", "PARIS 15", "75115"),
        ("69003", "Lyon 3ème", "69383"),
        ("77011", "MELUN CEDEX", "77288"),
        ("74011 CEDEX", "Annecy Cedex", "74010"),
        ("59160", "LOMME", "59350"),
        ("59160", "Lille", "59350"),
        ("97133", "SAINT-BARTHELEMY", "97701"),
        ("97150", "SAINT MARTIN", "97801"),
        ("99999", "Nulle-Part", None),
        ("77011", "", None),
    ],
)
def test_an_address_is_located_in_its_commune(finder: Finder, postcode: str, city: str, insee: str | None) -> None:
    found = locate(finder, postcode, city)

    assert (found and found.insee) == insee
