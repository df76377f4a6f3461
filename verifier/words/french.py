"""The same in French: a sentence is known by its English words, and what stands between them is kept as it is."""

from __future__ import annotations

import argparse
import sys

from verifier.words.of_events import OF_EVENTS
from verifier.words.of_figures import OF_FIGURES
from verifier.words.of_lists import OF_LISTS
from verifier.words.of_the_log import OF_THE_LOG
from verifier.words.of_use import OF_USE

USAGE_IN_FRENCH = """\
Vérifie un portail Aiguillage sans lui faire confiance : un fichier, la bibliothèque standard et `cryptography`.

    python verify.py log    [--vkey CLÉ] [--from TÊTE] [--policy FICHIER] URL|DOSSIER   entier, signé, n’a que grandi
    python verify.py seed   --date J URL|DOSSIER                  le tirage d’un jour était fixé d’avance
    python verify.py order  --epoch H --query Q [--hash E] URL|DOSSIER   une liste, refaite d’après ce qui est publié
    python verify.py page   FICHIER|ADRESSE URL|DOSSIER           une liste telle que quelqu’un l’a vue et enregistrée
    python verify.py ids    URL|DOSSIER                           aucun identifiant gardé en réserve, ni remplacé
    python verify.py totals --day J URL|DOSSIER                   les totaux d’un jour sont la somme de ses minutes
    python verify.py metrics --day J URL|DOSSIER                  les chiffres publiés découlent des comptes
    python verify.py figures [--edition E] URL|DOSSIER            ce qu’impriment pages et éditions en découle aussi
    python verify.py all    [--vkey CLÉ] [--days N] URL|DOSSIER   tout ce qui ne demande pas d’autre précision
    python verify.py receipt TEXTE URL|DOSSIER                    une redirection a été comptée, et comment
    python verify.py copy   [--day J]… --to DOSSIER URL           le journal, et les relevés de quelques jours

URL est l’adresse d’un portail, ou son `/log` ; DOSSIER en est une copie. Code de sortie 0 : cela concorde. 1 : cela ne
concorde pas, et la première différence est nommée. 2 : la vérification n’a pas pu être faite. Ce qui est écrit ici est
la règle une seconde fois, d’après son texte (docs/ranking.md, docs/log.md, docs/figures.md), et non le code du portail.
"""
SENTENCES = {**OF_THE_LOG, **OF_EVENTS, **OF_LISTS, **OF_FIGURES, **OF_USE}
# What has most words comes first: "list {}: equal to…" before "list {}".
BY_WORDS = sorted(((one.split("{}"), SENTENCES[one]) for one in SENTENCES), key=lambda row: -len("".join(row[0])))
IN_EACH_OTHER = 4
OF_ARGPARSE = (
    "usage: ", "positional arguments:", "options:", "show this help message and exit",
    "show program's version number and exit",
)  # fmt: skip


def in_french(text, depth=IN_EACH_OTHER):
    """A sentence of this program in French, numbers and names in it unchanged; what is none stays as it is."""
    text = str(text)
    for words, french in BY_WORDS if depth else ():
        found = between(words, text)
        if found is not None:
            return french.format(*(in_french(one, depth - 1) for one in found))
    return text


def between(words, text):
    """What stands between these words when the text is made of them, or None; in one pass, whatever the text."""
    if len(words) == 1:
        return [] if text == words[0] else None
    first, *middle, last = words
    at, end, found = len(first), len(text) - len(last), []
    if not (text.startswith(first) and text.endswith(last)):
        return None
    for word in middle:
        here = text.find(word, at, max(end, 0))
        if here < 0:
            return None
        found.append(text[at:here])
        at = here + len(word)
    return [*found, text[at:end]] if at <= end else None


class FrenchParser(argparse.ArgumentParser):
    """Its few own words too."""

    def format_usage(self):
        return self.with_own_words(super().format_usage())

    def format_help(self):
        return self.with_own_words(super().format_help())

    def with_own_words(self, text):
        for words in OF_ARGPARSE:
            text = text.replace(words, OF_USE[words])
        return text

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog} : erreur : {in_french(message)}\n")
