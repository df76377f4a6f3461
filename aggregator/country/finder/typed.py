"""What was typed, taken apart: words, a code of five digits, ordinals of arrondissements, words that name no place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from providers.text import fold

ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
# "15e" -> "15", "e"; "2a" is the name of a département.
TOKEN = re.compile(r"2[ab](?![a-z0-9])|[0-9]+|[a-z]+")
CODE_LENGTH = 5

# Spelt and Roman numbers of arrondissements, of which there are twenty at most.
_WORDS = """premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme onzieme douzieme
treizieme quatorzieme quinzieme seizieme dixseptieme dixhuitieme dixneuvieme vingtieme"""
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
NUMBERS = {word: number for words in (_WORDS, _ROMAN) for number, word in enumerate(words.split(), 1)} | {
    "premiere": 1,
    "second": 2,
}
SUFFIX = r"(?: ?(?P<suffix>ers?|eres?|res?|emes?|iemes?|es?|nde?|o|mes?))?"
DISTRICT = r"(?: (?P<district>arrondissements?|arrond|arrdt|ardt|arr))?"
ORDINAL = rf"(?P<number>[0-9]{{1,2}}|{'|'.join(NUMBERS)}){SUFFIX}{DISTRICT}"
AFTER_A_TOWN = re.compile(rf"(?P<town>.+?) (?:le )?{ORDINAL}")
BEFORE_A_TOWN = re.compile(rf"(?:le )?{ORDINAL}(?: (?:de|a|d))? (?P<town>.+)")
ALONE = re.compile(rf"(?:dans )?(?:le )?{ORDINAL}")

STREETS = frozenset({
    "rue", "avenue", "av", "boulevard", "bd", "bld", "place", "pl", "chemin", "che", "impasse", "imp", "allee",
    "allees", "quai", "route", "rte", "cours", "square", "sq", "passage", "ruelle", "sentier", "faubourg", "fbg",
    "esplanade", "promenade", "rond", "lotissement", "residence", "zac", "za", "zi", "hameau", "lieu",
})  # fmt: skip
# Around a town they say what somebody wants there, or how near.
AROUND = frozenset({
    "a", "au", "aux", "autour", "centre", "commune", "cote", "dans", "de", "des", "du", "en", "environ", "environs",
    "l", "la", "le", "les", "mairie", "pres", "proche", "quartier", "secteur", "sur", "vers", "ville",
})  # fmt: skip
# In front of a town they name something in it, of which we know nothing.
OF_A_TOWN = frozenset({
    "aeroport", "cabinet", "ch", "chr", "chru", "chu", "clinique", "gare", "hopital", "hospitalier", "hospitaliere",
    "maison", "medical", "medicale", "metro", "office", "parking", "pharmacie", "polyclinique", "pole", "sante",
    "universitaire", "vaccin", "vaccination", "vaccinodrome",
})  # fmt: skip
NO_TOWN = AROUND | OF_A_TOWN | STREETS
HERE = frozenset(
    f"{near} {me}" for near in ("autour de", "pres de", "proche de", "a cote de") for me in ("moi", "chez moi", "nous")
) | {"ici", "chez moi", "ma position", "me localiser", "a proximite", "pres d ici"}


@dataclass(frozen=True, slots=True)
class Typed:
    """`words`: without the code and what goes with CEDEX; `code`: five digits; `within`: what ended in parentheses."""

    words: tuple[str, ...]
    code: str | None = None
    cedex: bool = False
    within: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class District:
    """An arrondissement by its number. `town`: words of its town, "" when none was typed; `sure`: "15" alone is not."""

    town: str
    number: int
    sure: bool


def normal(text: str) -> str:
    """ "SAINT-ÉTIENNE", "st etienne", "Saint  Etienne" -> "saint etienne"; "15e" -> "15 e"."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in TOKEN.findall(fold(text)))


def read(text: str) -> Typed:
    """Never raises. Of two codes the first counts, the other stays a word."""
    # A letter O typed for a zero, as on a telephone: "75O15".
    text = re.sub(r"\b(?=[0-9oO]*[0-9])[0-9oO]{5}\b", lambda found: found[0].lower().replace("o", "0"), text)
    within = re.search(r"\(([^()]*)\)\s*$", text)
    words, cedex = _without_cedex(normal(text).split())
    code, words = _without_code(words)
    return Typed(tuple(words), code, cedex, normal(within[1]) if within else "")


def _without_cedex(words: list[str]) -> tuple[list[str], bool]:
    if "cedex" not in words:
        return words, False
    at = words.index("cedex")
    after = words[at + 1 :]
    # "Paris Cedex 15": the number is the post's, not an arrondissement's.
    return words[:at] + (after[1:] if after and re.fullmatch("[0-9]{1,2}", after[0]) else after), True


def _without_code(words: list[str]) -> tuple[str | None, list[str]]:
    """ "42000" and "42 000" are codes; "01 02 03" is none."""
    for at, word in enumerate(words):
        pair = words[at : at + 2]
        if re.fullmatch("[0-9]{5}", word):
            return word, words[:at] + words[at + 1 :]
        if re.fullmatch("[0-9]{2} [0-9]{3}", " ".join(pair)):
            return "".join(pair), words[:at] + words[at + 2 :]
    return None, words


def districts(words: str) -> list[District]:
    """The ways in which words can name an arrondissement; most have none."""
    found = []
    for pattern in (AFTER_A_TOWN, BEFORE_A_TOWN, ALONE):
        match = pattern.fullmatch(words)
        if match and (number := NUMBERS.get(match["number"]) or int(match["number"])):
            sure = bool(match["suffix"] or match["district"]) or not match["number"].isdigit()
            found.append(District(match.groupdict().get("town", ""), number, sure))
    return found


def without(words: tuple[str, ...], some: frozenset[str]) -> tuple[str, ...]:
    """What is left when these are taken off both ends: "mairie de Nancy centre" -> "nancy"."""
    kept = [at for at, word in enumerate(words) if word not in some]
    return words[kept[0] : kept[-1] + 1] if kept else ()


def is_address(words: tuple[str, ...]) -> bool:
    """Whether a street is named: "12 rue de la Paix"."""
    return any(word in STREETS for word in words[:-1])


def is_here(text: str) -> bool:
    return text in HERE
