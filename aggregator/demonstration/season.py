"""What happens in the thirteen invented weeks: the rhythm of days and hours, and the events, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

WEEKS = 13
REDIRECTS = 20_000
SEED = 2021
# Of a thousand visits of a day, by hour in Paris: people book before work, at noon and in the evening.
HOURS = (8, 4, 2, 2, 3, 10, 28, 55, 82, 88, 80, 66, 58, 60, 62, 62, 60, 58, 56, 52, 42, 30, 20, 12)
# Of a week, from Monday to Sunday.
DAYS = (20, 18, 16, 15, 14, 9, 8)
# Of the season: a wave that rises when boosters open, and ebbs.
TREND = (5, 6, 6, 7, 9, 11, 11, 10, 9, 8, 7, 6, 6)


@dataclass(frozen=True, order=True)
class When:
    """`week` 1 to 13, `day` 1 (Monday) to 7, `hour` in UTC."""

    week: int
    day: int
    hour: int


class Event(NamedTuple):
    """`what` names a method of `Past`; `told` is what it is given."""

    when: When
    what: str
    told: tuple[Any, ...] = ()


AGAIN = 0.3  # of those who left, come back and press again, another button or the same

# Platforms by their place in the alphabet: the season does to one what it might have done to any.
EVENTS = (
    Event(When(3, 3, 3), "fails", (0, "error")),
    Event(When(3, 6, 3), "works", (0,)),
    Event(When(3, 7, 18), "tells", (
        "incident", "",
        "Démonstration : une plateforme n’a pas répondu du mercredi au samedi. Ses créneaux étaient « non lus », "
        "ses boutons sont restés.",
    )),
    Event(When(5, 1, 3), "opens"),
    Event(When(5, 1, 6), "tells", ("campaign", "", "Démonstration : un vaccin de plus entre dans la campagne.")),
    Event(When(6, 1, 3), "shrinks", (1,)),
    Event(When(6, 1, 15), "tells", (
        "correction", "",
        "Démonstration : la liste d’une plateforme avait perdu dix-neuf lieux sur vingt en une nuit. Elle a été "
        "retenue ; l’ancienne est restée en ligne.",
    )),
    Event(When(6, 2, 3), "recovers", (1,)),
    Event(When(8, 4, 9), "loses_a_file"),
    Event(When(8, 5, 9), "finds_the_file"),
    Event(When(8, 5, 10), "tells", (
        "incident", "",
        "Démonstration : une coupure du disque a rendu un relevé illisible. Le contrôle des chiffres est passé au "
        "rouge, et le jour n’a pas été clos avant que le fichier soit rétabli de la sauvegarde.",
    )),
    Event(When(10, 1, 9), "tells", (
        "dispute", "{last_week}",
        "Démonstration : une plateforme conteste sa part de la semaine. Toutes les listes ont été recalculées en sa "
        "présence : le chiffre est maintenu.",
    )),
)  # fmt: skip
# In one week people prefer a platform, so many to one: the tie test is there to see that (docs/figures.md §6).
LIKED_WEEK, LIKED, ODDS = 9, 3, 4.0


def share(when: When) -> float:
    """What part of the season's visits come on a day; the days that follow the last week go on at its pace."""
    return TREND[min(when.week, WEEKS) - 1] / sum(TREND) * DAYS[when.day - 1] / sum(DAYS)
