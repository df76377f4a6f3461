"""Reasons become needs, steps and audiences by codes and whole words; mistakes are named with their line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from aggregator.config import campaign as campaigns
from aggregator.config.campaign import Campaign, CampaignError, Meaning
from aggregator.config.settings import ROOT
from providers.records import Reason
from tests.answers import Answers, both

COVID = ROOT / "data" / "campaigns" / "covid-2021.toml"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1ère dose (Pfizer)", Meaning(("pfizer",), "1")),
        ("Pfizer ou Moderna, 1ère injection", Meaning(("pfizer", "moderna"), "1")),
        ("2ème injection 5-11 ans", Meaning((), "2", "5-11")),
        ("1ère injection seule (sans rappel)", Meaning((), "1")),
        ("3ème dose Moderna (rappel)", Meaning(("moderna",), "3")),
        ("Vaccin COVID ARN-m 2nde injection (INJ2)", Meaning(("arnm",), "2")),
        ("Janssen J&J", Meaning(("janssen",), "1")),
        ("femmes enceintes à partir du 2ème trimestre (Pfizer) (INJ1)", Meaning(("pfizer",), "1")),
        ("2ieme injection ARN suite 1ere injection Astra Zeneca", Meaning(("arnm",), "2")),
        ("AstraZeneca (contre indications : voir notice)", Meaning((), None)),
    ],
)
def test_words_mean_what_they_say(covid: Campaign, text: str, meaning: Meaning) -> None:
    found = covid.meaning("keldoc", Reason(text + " covid"))

    assert found == meaning


@pytest.mark.parametrize(
    "text",
    [
        "Vaccination antigrippale",
        "Dépistage test PCR",
        "Première consultation de neurochirurgie",
        "Carnot, Marne",
        "gaz",
    ],
)
def test_parts_of_words_mean_nothing(covid: Campaign, text: str) -> None:
    """The control of whole words: as substrings, "Marne" holds "arn" and "gaz" holds "az"."""
    assert covid.meaning("keldoc", Reason(text)) is None


def test_the_national_number_wins_over_the_name(covid: Campaign) -> None:
    moderna_in_name = "1ère injection vaccin COVID-19 (Moderna)"

    assert covid.meaning("doctolib", Reason(moderna_in_name, "6970")) == Meaning(("pfizer",), "1")
    assert covid.meaning("doctolib", Reason(moderna_in_name, "10515")) == Meaning(("pfizer",), "1", "5-11")
    assert covid.meaning("doctolib", Reason(moderna_in_name, "6971")) is None  # a second dose, booked with the first
    assert covid.meaning("doctolib", Reason(moderna_in_name)) == Meaning(("moderna",), "1")


@pytest.mark.parametrize("provider", ["doctolib", "keldoc", "maiia"])
def test_reasons_of_professionals_are_kept_from_citizens_whoever_the_provider(covid: Campaign, provider: str) -> None:
    text = "1ère injection COVID (Pfizer)"

    assert covid.meaning(provider, Reason(text, context="Professionnels de santé")) is None
    assert covid.meaning(provider, Reason(text, context="Non professionnels de santé")) is not None


@both("at_least", ours=14, recorded=201)
def test_doses_are_read_in_nine_names_of_ten(answers: Answers, covid: Campaign, at_least: int) -> None:
    """In the names that a hundred centres gave their appointments, and in invented ones of the same forms."""
    reasons = {
        Reason(motive["name"], None, category["name"])
        for centre in answers.keldoc_centres()
        for cabinet in centre["cabinets"]
        for category in (cabinet.get("motive_categories") or [])
        if isinstance(category, dict)
        for motive in category["motives"]
    }
    meanings = [meaning for reason in reasons if (meaning := covid.meaning("keldoc", reason))]

    assert len(reasons) >= at_least
    assert sum(meaning.step is not None for meaning in meanings) / len(meanings) > 0.9


def test_a_campaign_of_two_needs_on_one_day(covid: Campaign) -> None:
    autumn = campaigns.load_campaign(ROOT / "data" / "campaigns" / "grippe-covid-2026.toml")

    assert autumn.required_needs("grippe-covid") == ("grippe", "covid")
    assert autumn.meaning("doctolib", Reason("Vaccination grippe et covid-19")) == Meaning(("grippe", "covid"))
    assert covid.required_needs("pfizer") == ("pfizer",)


@pytest.mark.parametrize(
    ("day", "phase"),
    [("2026-10-12", "before"), ("2026-10-13", "open"), ("2027-01-17", "open"), ("2027-01-18", "last-days"),
     ("2027-01-31", "last-days"), ("2027-02-01", "closed")],
)  # fmt: skip
def test_a_campaign_opens_warns_and_closes(day: str, phase: str) -> None:
    autumn = campaigns.load_campaign(ROOT / "data" / "campaigns" / "grippe-covid-2026.toml")

    assert autumn.phase(date.fromisoformat(day)) == phase


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('default = "any"', 'default = "sputnik"', "default"),
        ("walk_in = true", "walkin = true", "walkin"),
        ('slug = "pfizer"', 'slug = "pfizer"\nall_of = ["nothing"]', "all_of"),
        ("[terms]", "[terms", "line"),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = COVID.read_text(encoding="utf-8").replace(old, new, 1)
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CampaignError) as raised:
        campaigns.load_campaign(path)

    assert says in str(raised.value)
    if says != "line":
        line = int(str(raised.value).split(":")[1])
        assert says in text.splitlines()[line - 1]
