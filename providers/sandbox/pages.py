"""The booking page of a simulated platform: the place, its free slots, and the way back to the portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from providers.sandbox.looks import look_of
from providers.sandbox.platform import Offered, Platform
from providers.sandbox.world import MOTIVES, SimCentre

DAYS_SHOWN, TIMES_SHOWN = 3, 6
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


@dataclass(frozen=True)
class Pages:
    """`labels`: platform slug -> its name; `portal`: origin of the portal to lead back to, "" for none."""

    labels: Mapping[str, str] = field(default_factory=dict)
    portal: str = ""

    def booking(self, platform: Platform, centre: SimCentre | None) -> bytes:
        """The page of `centre`, or the one that says that there is none."""
        offered = platform.offered(centre) if centre and not centre.phone_only else None
        text = self._template.render(
            label=self.labels.get(platform.provider, platform.provider.capitalize()),
            look=look_of(platform.provider),
            portal=self.portal,
            centre=centre or {},
            reasons=_reasons(offered) if offered else [],
            until=day_and_month(offered.last) if offered else "",
        )
        return text.encode()

    @cached_property
    def _template(self) -> Template:
        folder = FileSystemLoader(Path(__file__).parent)
        environment = Environment(loader=folder, autoescape=True, trim_blocks=True)
        return environment.get_template("booking.html")


def _reasons(offered: Offered) -> list[dict[str, Any]]:
    return [{"name": MOTIVES[motive][0], **_days(starts)} for motive, starts in offered.starts.items()]


def _days(starts: Sequence[datetime]) -> dict[str, Any]:
    """The first days with their first times; `later`: the last day with a slot, where there are more days."""
    days = [(day, list(times)) for day, times in groupby(starts, key=datetime.date)]
    return {
        "days": [
            {
                "words": f"{WEEKDAYS[day.weekday()]} {day_and_month(day)}",
                "times": [clock_time(at) for at in times[:TIMES_SHOWN]],
                "more": len(times[TIMES_SHOWN:]),
            }
            for day, times in days[:DAYS_SHOWN]
        ],
        "later": day_and_month(days[-1][0]) if len(days) > DAYS_SHOWN else "",
    }


def day_and_month(day: date) -> str:
    """ "4 décembre", "1er décembre"."""
    return f"{'1er' if day.day == 1 else day.day}\u00a0{MONTHS[day.month - 1]}"


def clock_time(at: datetime) -> str:
    """ "9 h 30"."""
    return f"{at.hour}\u00a0h\u00a0{at.minute:02d}"
