"""What `/transparence` says in each state, read as a visitor reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from aggregator import canonical, files
from aggregator.config.settings import Settings
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass
from app import create_app
from tests.clock import NOON
from tests.conftest import seal
from tests.web.test_pages import plain


def page_of(settings: Settings, path: str = "/transparence") -> str:
    app = create_app(settings, lambda: NOON)
    page = app.test_client().get(path)
    app.extensions["aiguillage"].close()
    assert page.status_code == 200
    return plain(page.text)


def clicks(settings: Settings, counts: dict[str, int]) -> None:
    log = EventLog(settings.data_dir / "events.db", wait_s=5)
    for provider, count in counts.items():
        for _ in range(count):
            log.record(Event("dep=69", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, provider))
    log.close()
    seal(settings, NOON)


def test_twelve_redirects_are_too_few_to_say_anything(filled: Settings) -> None:
    clicks(filled, {"maiia": 12})

    page = page_of(filled)

    assert "On ne peut pas encore le dire." in page
    assert "12 redirections (le lundi 23 novembre 2026, 13 h 00 ; total à la minute) : il en faut au moins 30" in page
    assert "11 redirections (le lundi 23 novembre 2026, 13 h 00 ; aujourd’hui par paliers de 11), " in page
    published = json.loads((filled.published_dir / "shares.json").read_text(encoding="utf-8"))
    assert sorted(number for numbers in told(page).values() for number in numbers) == [published["step"], 12]
    assert "Voie droite" not in page
    assert not re.search(r"\d+,\d % des redirections", page)


def test_a_thousand_get_a_verdict_with_both_shares_and_bounds(filled: Settings) -> None:
    clicks(filled, {"doctolib": 400, "maiia": 600})

    page = page_of(filled)

    assert re.search(r"(Non|Oui) pour \d plateformes? sur 4\.", page)
    assert "Maiia reçoit 59,6 % des redirections pour " in page
    assert len(re.findall(r"\d+,\d % des lieux · \d+,\d % des redirections", page)) == 4
    assert len(re.findall(r"\(\d+,\d % à \d+,\d %\)", page)) == 8  # beside the tracks, and in the table
    assert {"×1,5", "×1", "×0,67"} <= {*re.findall(r"<text[^>]*>([^<]+)</text>", page)}


def test_the_list_of_a_past_date_can_be_counted_again(filled: Settings) -> None:
    path = filled.published_dir / "health.json"
    health = json.loads(path.read_text())
    health["imports"] = [
        {"as_of": "2021-01-15", "file": "a.csv", "sha256": "a" * 64, "rows": 854, "sites": {"doctolib": 60, "": 40}},
        {
            "as_of": "2021-03-23",
            "file": "b.csv",
            "sha256": "b" * 64,
            "rows": 1433,
            "sites": {"doctolib": 957, "maiia": 53},
        },
    ]
    files.write_whole(path, canonical.to_json(health))

    latest, earlier = page_of(filled), page_of(filled, "/transparence?liste=2021-02-01")
    before = page_of(filled, "/transparence?liste=2020-01-01")

    assert "861 centres chez Doctolib (86,4 %), 97 centres chez Maiia (9,7 %) et 39 centres chez Keldoc" in latest
    assert "Liste officielle du 23 mars 2021 : 1 010 lieux" in latest.replace("\u202f", " ")
    assert "Liste officielle du 15 janv. 2021 : 100 lieux" in earlier
    assert "Aucune liste importée ne couvre cette date." in before


def test_the_count_of_the_press_stands_beside_the_same_count_made_again(filled: Settings) -> None:
    page = " ".join(page_of(filled).replace("\u202f", " ").split())
    cells = {
        name: re.findall(r"<td>([^<]*)</td>", row)
        for name, row in re.findall(r'<th scope="row"><bdi>(\w+)</bdi></th>((?: ?<td>[^<]*</td>){6})', page)
    }

    assert cells["Doctolib"] == ["1 072", "85,7 %", "74,8 %", "957", "85,4 %", "80,9 %"]
    assert "<td>861</td><td>86,4 %</td><td>445</td><td>81,2 %</td><td>957</td><td>85,5 %</td>" in page
    assert "<td>97</td><td>9,7 %</td><td>18</td><td>3,3 %</td><td>53</td><td>4,7 %</td>" in page
    assert "<td>39</td><td>3,9 %</td><td>85</td><td>15,5 %</td><td>109</td><td>9,7 %</td>" in page
    assert "Doctolib, Maiia, Keldoc</bdi> pour la presse" in page
    assert "Doctolib, Keldoc, Maiia</bdi> sur la liste du 23 mars 2021" in page
    assert "la liste est d’un autre jour (22 jours plus tard)" in page
    assert "la presse ne dit pas comment elle a compté" in page
    assert "15e964bae1beabb7" in page
    assert '<a href="/donnees#centres-2021">' in page


def test_two_counts_in_the_same_order_are_not_said_to_differ(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    agreed = {"doctolib": 861, "keldoc": 97, "maiia": 39}
    told = {"date": "2021-03-01", "source": "Un journal", "counts": agreed}
    monkeypatch.setattr("aggregator.web.evidence.press.press_count", lambda: told)

    assert "Les deux comptes ne rangent pas" not in page_of(filled)


@pytest.fixture
def week_page(a_week: Settings) -> Iterator[str]:
    app = create_app(a_week, lambda: NOON + timedelta(days=7))
    yield plain(app.test_client().get("/transparence").text)
    app.extensions["aiguillage"].close()


def test_the_six_causes_are_told_and_the_rule_was_followed(week_page: str) -> None:
    row = re.search(r"Écart à la règle \(doit être nul\)</th>((?:<td>[^<]+</td>)+)", week_page)

    assert row is not None
    assert set(re.findall(r"<td>([^<]+)</td>", row[1])) == {"0"}
    assert "Choix des personnes" in week_page


def test_weeks_and_territories_are_drawn_and_written(week_page: str, a_week: Settings) -> None:
    """The map only when a département stands alone: else all of it would be hatched. Draws decide where people went."""
    rows = json.loads((a_week.published_dir / "log" / "metrics" / "2026-W48.json").read_text(encoding="utf-8"))["rows"]
    alone = [row for row in rows if row["stratum_type"] == "department" and not row["suppressed"]]

    assert '<th scope="row">2026-W48</th>' in week_page
    assert "/log/metrics/2026-W48.csv" in week_page
    assert ('class="carreaux"' in week_page) == bool(alone)
    assert "Rhône" in week_page or "Reste du pays" in week_page


def test_disputes_and_minutes_not_read_are_told(week_page: str) -> None:
    assert "Contestation : <bdi>Une plateforme conteste sa part.</bdi>" in week_page
    assert "Minutes non lues" in week_page
    assert "Listes recalculées : " in week_page


def test_files_of_the_log_say_what_they_are(a_week: Settings) -> None:
    app = create_app(a_week, lambda: NOON + timedelta(days=7))
    client = app.test_client()
    kinds: dict[str, Any] = {
        name: client.get(f"/log/{name}").content_type
        for name in ("checkpoint", "metrics/2026-W48.csv", "metrics/2026-W48.json", "hours/2026-11-23T12.ndjson")
    }
    app.extensions["aiguillage"].close()

    assert kinds["checkpoint"] == "text/plain; charset=utf-8"
    assert kinds["metrics/2026-W48.csv"] == "text/csv; charset=utf-8"
    assert kinds["metrics/2026-W48.json"] == "application/json"
    assert kinds["hours/2026-11-23T12.ndjson"] == "application/x-ndjson"


def test_what_the_lists_cover_is_told_by_source(filled: Settings) -> None:
    page = page_of(filled, "/etat")

    assert "Ce que les listes couvrent" in page
    assert "Liste officielle</th>" in page
    assert "Liens dangereux refusés" in page


def test_a_line_of_the_log_that_concerns_no_platform_names_none(a_week: Settings) -> None:
    """The rule of the order and the margins were once said to be of "other sites"."""
    app = create_app(a_week, lambda: NOON + timedelta(days=7))
    page = plain(app.test_client().get("/transparence").text)
    app.extensions["aiguillage"].close()
    history = page[page.index('id="histoire"') : page.index('id="question"')]

    assert "Règle de l’ordre mise en vigueur" in history
    assert "Autres sites" not in history


COUNTED = re.compile(r"([0-9\u202f]+) redirections? \(([^()]+)\)")


def told(page: str) -> dict[str, set[int]]:
    """Window -> the numbers of redirects that the page tells of it."""
    found: dict[str, set[int]] = {}
    for shown, window in COUNTED.findall(re.sub(r"<[^>]+>", "", page)):
        found.setdefault(" ".join(window.split()), set()).add(int(shown.replace("\u202f", "")))
    return found


def of_figures(settings: Settings) -> dict[str, set[int]]:
    """The same of the running edition's figures."""
    index = json.loads((settings.editions_dir / "en-cours" / "index.json").read_text(encoding="utf-8"))
    found: dict[str, set[int]] = {}
    for figure in index["figures"].values():
        if figure["count"] is not None:
            window = " ".join(figure["period"].replace("\u00a0", " ").split())
            found.setdefault(window, set()).add(figure["count"])
    return found


def differing(*sources: dict[str, set[int]]) -> dict[str, set[int]]:
    """The windows of which more than one number is told."""
    windows = {window for source in sources for window in source}
    numbers = {window: set().union(*(source.get(window, set()) for source in sources)) for window in windows}
    return {window: found for window, found in numbers.items() if len(found) > 1}


def test_one_window_has_one_number_on_the_page_on_charts_and_in_files(a_week: Settings, week_page: str) -> None:
    published = {
        name: json.loads((a_week.published_dir / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("shares", "closed")
    }
    page, charts = told(week_page), of_figures(a_week)
    seven, week = (
        "du lundi 23 au dimanche 29 novembre 2026",
        "semaine 2026-W48, du lundi 23 au dimanche 29 novembre 2026",
    )

    assert differing(page, charts) == {}
    assert page[seven] == charts[seven] == {published["closed"]["redirects"]} == {100}
    assert page[week] == {sum(row["redirects"] for row in published["closed"]["weeks"][-1]["rows"])}
    assert f"Redirections ({published['shares']['step']})" in week_page


def test_a_second_number_for_one_window_would_be_seen(a_week: Settings, week_page: str) -> None:
    """The control: the page once told 732, 723, 800 and 574 side by side."""
    moved = week_page.replace("100 redirections (du lundi", "101 redirections (du lundi", 1)

    assert moved != week_page
    assert differing(told(moved), of_figures(a_week)) == {"du lundi 23 au dimanche 29 novembre 2026": {100, 101}}


def test_the_concentration_and_the_site_s_part_are_one_sentence_at_the_top(week_page: str) -> None:
    words = re.sub(r"<[^>]+>", "", week_page[week_page.index("<h1>") :])
    places = [
        words.index(text) for text in ("le site n’a rien ajouté : 0 liste sur 120", "D’où vient l’écart", "Trois parts")
    ]

    assert places == sorted(places)
    assert re.search(r"\w+, la plus présente : \d+,\d % des lieux, .+ ; le site n’a rien ajouté", words)


def test_sites_of_no_declared_platform_are_one_row_with_their_names_in_its_details(filled: Settings) -> None:
    page = page_of(filled)
    table = page[page.index("Tous les centres de la liste") :]
    rows = re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>', table[: table.index("</table>")])
    details = re.findall(r"<li><bdi>([^<]+)</bdi>", table[table.index("<details>") : table.index("</details>")])

    assert rows.count("Autres sites") == 1
    assert [row for row in rows if "." in row] == []
    assert f"Autres sites : {len(details)} sites" in table
    assert [host for host in details if "." in host] == details != []
