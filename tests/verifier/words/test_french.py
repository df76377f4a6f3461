"""Whatever verify.py says has its French, and says in it the same of the same numbers and names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import verify
from aggregator.config.settings import Settings
from tests.portal import MONDAY
from verifier.build import PACKAGE

MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "build.py" and "words" not in path.parts]
# Two words, and nothing that is said: values of published files, a word that no tag has, what a line is known by.
NOT_SAID = {"reste de région", "reste du pays", "{} metrics: edition", "nothing else", "not recomputed: "}


def texts_in(source: str) -> set[str]:
    """Every text of a module but its docstrings, `{}` for what is put into it."""
    tree = ast.parse(source)
    above = [one for one in ast.walk(tree) if isinstance(one, ast.Module | ast.FunctionDef | ast.ClassDef)]
    apart = {id(one.body[0].value) for one in above if one.body and isinstance(one.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            apart |= {id(one) for one in node.values}
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            apart.add(id(node.format_spec))
    return {text for node in ast.walk(tree) if id(node) not in apart for text in text_of(node)}


def text_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def is_sentence(text: str) -> bool:
    """Two words of letters alone; what is hashed begins with the name of what it is."""
    words = [one.strip(",;:().…") for one in text.replace("{}", " ").split()]
    return len([one for one in words if re.fullmatch("[A-Za-zéè']{2,}", one)]) > 1 and "aiguillage-" not in text


def without_french(texts: set[str]) -> set[str]:
    return {text for text in texts if is_sentence(text)} - set(verify.SENTENCES) - NOT_SAID


def test_every_sentence_has_its_french() -> None:
    texts = set().union(*(texts_in(path.read_text(encoding="utf-8")) for path in MODULES))

    assert len({text for text in texts if is_sentence(text)}) > 250
    assert without_french(texts) == set()


def test_a_sentence_without_french_would_be_seen() -> None:
    """The control."""
    source = 'def f(day):\n    """Not said."""\n    raise Wrong(f"nobody has seen {day:%d} yet")\n'

    assert without_french(texts_in(source)) == {"nobody has seen {} yet"}


def test_no_french_is_kept_of_what_is_said_no_more() -> None:
    said = "\n".join(text for path in MODULES for text in texts_in(path.read_text(encoding="utf-8")))
    pieces = {one.strip(" :,;") for text in set(verify.SENTENCES) - set(verify.OF_USE) for one in text.split("{}")}

    assert {one for one in pieces if one not in said} == set()


@pytest.mark.parametrize("english", verify.SENTENCES)
def test_the_french_puts_in_all_that_the_english_does(english: str) -> None:
    french = verify.SENTENCES[english]

    assert sorted(re.findall(r"\{(\d)\}", french)) == [str(number) for number in range(english.count("{}"))]
    assert re.search(r"[^ \u00a0«(][:;?!»](\s|$)", french) is None  # a space before, as French has it
    assert "'" not in french


def test_tables_do_not_give_one_sentence_twice() -> None:
    tables = (verify.OF_THE_LOG, verify.OF_EVENTS, verify.OF_LISTS, verify.OF_FIGURES, verify.OF_USE)

    assert sum(map(len, tables)) == len(verify.SENTENCES)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("103 entries, root 9007892ed44d3820…, signature holds",
         "103 entrées, racine 9007892ed44d3820…, la signature tient"),
        ("rank 3 is Salle A (p-a) on the page and Salle B (p-b) in the recomputed list",
         "le rang 3 est Salle A (p-a) sur la page et Salle B (p-b) dans la liste recalculée"),
        ("2026-11-23 a: share_places: 0.5 is published, 0.25 follows",
         "2026-11-23 a : share_places: 0.5 est publié, 0.25 en découle"),
        ("gap: 14 places that are listed no longer: p-a, p-b and 12 more",
         "trou : 14 lieux qui ne figurent plus dans les listes : p-a, p-b et 12 de plus"),
        ("16 days of seeds, each fixed by the anchor of 2026-11-23; no beacon",
         "16 jours de graines, chacune fixée par l’ancre du 2026-11-23 ; pas de balise"),
        ("counted: in minute 2026-11-23T12:00, one of 5 events (later than promised)",
         "compté : dans la minute 2026-11-23T12:00, l’un de ses 5 événements (plus tard que promis)"),
        ("p-abcdefghij", "p-abcdefghij"),
        ("", ""),
    ],
)  # fmt: skip
def test_numbers_and_names_stay_and_sentences_within_are_said_in_french(english: str, french: str) -> None:
    assert verify.in_french(english) == french


def test_a_hostile_name_makes_no_sentence_slow() -> None:
    """Each sentence is looked for in one pass: names of a page are what somebody else wrote."""
    for name in ("is published, " * 20_000, " (" * 100_000, "rank " * 50_000, "{0}{" * 50_000):
        assert name.strip()[:10] in verify.in_french(f"rank 1 is {name} on the page and x in the recomputed list")


@pytest.fixture(scope="module")
def where(a_week: Settings) -> str:
    return str(a_week.published_dir)


@pytest.mark.xdist_group("week")
@pytest.mark.parametrize(
    "command", [["log"], ["all"], ["ids"], ["seed", "--date", MONDAY], ["totals", "--day", MONDAY],
                ["metrics", "--day", "2026-W48"]], ids=lambda one: one[0]
)  # fmt: skip
def test_all_that_is_said_of_an_honest_week_is_said_in_french(
    where: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.main([*command, where]) == 0
    english = capsys.readouterr().out.splitlines()
    assert verify.main([*command, where, "--langue", "fr"]) == 0
    french = capsys.readouterr().out.splitlines()

    assert len(french) == len(english) > 1
    assert [one for one, other in zip(english, french, strict=True) if is_sentence(one) and one == other] == []
    assert french[-1] == english[-1] == "OK"
    numbers = [re.findall("[0-9a-f]{16}|[0-9]+", line) for line in english]
    assert [re.findall("[0-9a-f]{16}|[0-9]+", line) for line in french] == numbers


@pytest.mark.xdist_group("week")
def test_what_is_wrong_or_cannot_be_checked_has_its_code_and_is_said_in_french(
    where: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    query = ["--epoch", "2026-11-23T12", "--query", "insee=69123&radius=10&sort=near", "--hash", "deadbeef"]

    assert verify.main(["--langue", "fr", "order", *query, where]) == 1
    assert "\nFAUX : aucun relevé de 2026-11-23T12 ne donne une liste deadbeef…" in capsys.readouterr().out
    assert verify.main(["--lang", "fr", "seed", "--date", "2027-01-01", where]) == 2
    assert "PAS VÉRIFIABLE : le journal ne contient pas la graine du 2027-01-01\n" in capsys.readouterr().out
    assert verify.main(["log", str(tmp_path), "--langue=fr"]) == 2
    assert "PAS VÉRIFIABLE : rien n’est encore scellé, ou aucun portail" in capsys.readouterr().out


def test_how_it_is_used_is_said_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code in ((["--help"], 0), (["all", "--help"], 0), (["all"], 2), (["none", "."], 2)):
        with pytest.raises(SystemExit) as ended:
            verify.main(["--langue", "fr", *arguments])
        assert ended.value.code == code

    said = capsys.readouterr()
    assert {name for name in verify.COMMANDS if f"verify.py {name} " not in said.out} == set()
    assert "erreur : il manque : URL|DIR" in said.err
    assert "choix inconnu : 'none'" in said.err
    assert re.search("usage:|options:|error|show this|how many", said.out + said.err) is None
