"""The languages of figures: the pages' sentences; numbers, days and hours as each of them writes these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from aggregator.config.settings import ROOT

SOURCE = "fr"
FOLDER = ROOT / "data" / "translations"
HERE = ZoneInfo("Europe/Paris")
"""The portal's own hour: days are counted in UTC, and told to people by their clock."""


@dataclass(frozen=True)
class Spoken:
    """One language. `code`: "fr", in which sentences are written, or that of a catalogue."""

    code: str = SOURCE

    def gettext(self, sentence: str, **values: object) -> str:
        said = _catalogue(self.code).get(sentence, sentence)
        return said % values if values else said

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=self.code))

    def decimal(self, value: float) -> str:
        return str(format_decimal(round(value, 1), format="#,##0.0", locale=self.code))

    def percent(self, share: float | None) -> str:
        return "–" if share is None else self.gettext("%(number)s\u00a0%%", number=self.decimal(100 * share))

    def tick(self, share: float) -> str:
        """A percentage on an axis: "50 %"."""
        return self.gettext("%(number)s\u00a0%%", number=self.number(round(100 * share, 1)))

    def step(self, value: float) -> str:
        """A difference on an axis: "+50", "−2,5", "0"."""
        return f"{'+' if value > 0 else '−'}{self.number(round(abs(value), 2))}" if value else "0"

    def ratio(self, value: float) -> str:
        """ "×1,5", "×1", "×0,67"."""
        return f"×{format_decimal(round(value, 2), format='#,##0.##', locale=self.code)}"

    def points(self, difference: float | None) -> str:
        """ "+6,4", "−0,5"; "0" only when it is nothing at all; "n. d." when it is None."""
        return self.gettext("n. d.") if difference is None else self.signed(100 * difference)

    def signed(self, difference: float) -> str:
        return f"{'+' if difference > 0 else '−'}{self.decimal(abs(difference))}" if difference else "0"

    def span(self, first: date, last: date) -> str:
        """ "le lundi 23 novembre 2026", "du lundi 23 au dimanche 29 novembre 2026"."""
        whole = dated(last, "EEEE d MMMM y", self.code)
        if first == last:
            return self.gettext("le %(day)s", day=whole)
        pattern = (
            "EEEE d MMMM y" if first.year != last.year else "EEEE d MMMM" if first.month != last.month else "EEEE d"
        )
        return self.gettext("du %(first)s au %(last)s", first=dated(first, pattern, self.code), last=whole)

    def clock(self, moment: datetime) -> str:
        """ "13 h 09", by the clock of Paris."""
        here = moment.astimezone(HERE)
        return self.gettext("%(hour)s\u00a0h\u00a0%(minute)s", hour=here.hour, minute=f"{here.minute:02d}")

    def instant(self, text: str) -> str:
        """ "lundi 30 novembre 2026, 13 h 09, heure de Paris" of an instant (ISO 8601)."""
        moment = datetime.fromisoformat(text)
        day = dated(moment.astimezone(HERE).date(), "EEEE d MMMM y", self.code)
        return self.gettext("%(day)s, %(time)s, heure de Paris", day=day, time=self.clock(moment))


FRENCH = Spoken()


def others() -> list[Spoken]:
    """Every language but the one in which sentences are written."""
    return [Spoken(path.stem) for path in sorted(FOLDER.glob("*.po"))]


@lru_cache(maxsize=4096)
def dated(day: date, pattern: str, code: str) -> str:
    """A date in a pattern of CLDR; the first of a month is « 1er » in French."""
    if day.day == 1 and code == SOURCE:
        pattern = pattern.replace("d", "d'er'", 1)
    return format_date(day, pattern, locale=code)


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    if code == SOURCE:
        return {}
    with (FOLDER / f"{code}.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.string and isinstance(one.id, str)}
