"""How a page writes times, distances and numbers in its language: used as template filters and from Python."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from aggregator.opendata.editions import spoken
from aggregator.opendata.editions.spoken import Spoken
from aggregator.search.order import band_limits
from aggregator.web.language.catalogues import gettext, language, together
from providers.phone import phone_number, written

NBSP = "\u00a0"
PARIS = ZoneInfo("Europe/Paris")


def clock(moment: datetime) -> str:
    """ "9 h 05", "9:05", of a local time."""
    return hour_and_minute(moment.hour, moment.minute)


def hour_and_minute(hour: int, minute: int) -> str:
    return gettext("%(hour)s\u00a0h\u00a0%(minute)s", hour=hour, minute=f"{minute:02d}")


def dated(day: date, pattern: str) -> str:
    """A date in a pattern of CLDR; the first of a month is « 1er » in French."""
    return spoken.dated(day, pattern, language())


def ratio(value: float) -> str:
    """ "×1,5"."""
    return Spoken(language()).ratio(value)


def tick(share: float) -> str:
    """A percentage on an axis: "50 %"."""
    return Spoken(language()).tick(share)


def in_paris(moment: datetime) -> str:
    """ "14 h 02, heure de Paris", of an aware moment: what concerns all places at once."""
    return gettext("%(time)s, heure de Paris", time=clock(moment.astimezone(PARIS)))


def day_short(day: date) -> str:
    """ "jeudi 26 nov."."""
    return dated(day, f"EEEE d{NBSP}MMM")


def day_long(day: date) -> str:
    """ "mardi 24 novembre"."""
    return dated(day, "EEEE d MMMM")


def day_only(day: date) -> str:
    """ "21 décembre"."""
    return dated(day, "d MMMM").replace(" ", NBSP)


def day_and_year(day: date) -> str:
    """ "21 décembre 2026"."""
    return dated(day, "d MMMM y").replace(" ", NBSP)


def day_with_year(day: date) -> str:
    """ "23 nov. 2026"."""
    return dated(day, "d MMM y").replace(" ", NBSP)


def weekday(day: date) -> str:
    """ "lundi"."""
    return dated(day, "EEEE")


def weekday_short(day: date) -> str:
    """ "ven."."""
    return dated(day, "EEE")


def day_relative(day: date, today: date) -> str:
    """ "aujourd’hui", "demain", else "jeudi 26 nov."."""
    if day == today:
        return gettext("aujourd’hui")
    return gettext("demain") if day == today + timedelta(days=1) else day_short(day)


def when(moment: datetime, today: date) -> str:
    """ "demain, 9 h 20", of a local time."""
    return f"{day_relative(moment.date(), today)}, {clock(moment)}"


def seen_at(moment: datetime, today: date) -> str:
    """ "vu à 14 h 02" today, "vu le 22 nov. à 14 h 02" before."""
    if moment.date() == today:
        return gettext("vu à\u00a0%(time)s", time=clock(moment))
    return gettext("vu le\u00a0%(day)s à\u00a0%(time)s", day=_day_and_month(moment), time=clock(moment))


def unread_since(moment: datetime, today: date) -> str:
    """ "sans réponse lisible depuis 13 h 20" today, "… depuis le 22 nov., 13 h 20" before."""
    if moment.date() == today:
        return gettext("sans réponse lisible depuis %(time)s", time=clock(moment))
    return gettext(
        "sans réponse lisible depuis le\u00a0%(day)s, %(time)s", day=_day_and_month(moment), time=clock(moment)
    )


def _day_and_month(moment: datetime) -> str:
    return dated(moment.date(), "d MMM").replace(" ", NBSP)


def half_day_heading(key: str, today: date) -> str:
    """ "Demain matin", "Mercredi 25 novembre, après-midi" of "2026-11-25T1"."""
    day, part = date.fromisoformat(key[:10]), gettext("après-midi") if key.endswith("1") else gettext("matin")
    if day == today:
        return gettext("Aujourd’hui, %(part)s", part=part)
    if day == today + timedelta(days=1):
        return gettext("Demain %(part)s", part=part)
    name = dated(day, "EEEE d MMMM")
    return f"{name[0].upper()}{name[1:]}, {part}"


def number(value: float) -> str:
    """ "4 812", with a thin no-break space."""
    return str(format_decimal(value, locale=language()))


def decimal(value: float, digits: int = 1) -> str:
    return str(format_decimal(round(value, digits), format=f"#,##0.{'0' * digits}", locale=language()))


def percent(share: float) -> str:
    """ "74,1 %"."""
    return gettext("%(number)s\u00a0%%", number=decimal(100 * share))


def weight(size: int) -> str:
    """ "214 ko", "1,2 Mo" of a number of bytes."""
    if size < 1_000_000:
        return gettext("%(n)s\u00a0ko", n=number(max(1, round(size / 1000))))
    return gettext("%(n)s\u00a0Mo", n=decimal(size / 1_000_000))


def minutes(value: float) -> str:
    """ "14 min"."""
    return f"{number(value)}{NBSP}min"


def points(difference: float | None) -> str:
    """A difference of shares in points, "+6,4", "−0,5"; "0" only when it is nothing at all; "n. d." when it is None."""
    return gettext("n. d.") if difference is None else signed(100 * difference)


def signed(difference: float) -> str:
    return f"{'+' if difference > 0 else '−'}{decimal(abs(difference))}" if difference else "0"


def country(code: str) -> str:
    """ "US" -> "États-Unis"; what is no code stays as it is."""
    return str(Locale(language()).territories.get(code, code))


def kilometres(metres: int) -> str:
    """ "250 m", "1,25 km", "10 km"."""
    return f"{metres}{NBSP}m" if metres < 1000 else _kilometres(metres, language())


@lru_cache(maxsize=4096)
def _kilometres(metres: int, spoken: str) -> str:
    return f"{format_decimal(metres / 1000, format='#,##0.##', locale=spoken)}{NBSP}km"


def band(metres: int) -> str:
    """The band of a distance, all that the order knows of it (docs/ranking.md §6.1): "1 à 1,25 km"."""
    low, high = band_limits(metres)
    if low == 0:
        return gettext("moins de %(distance)s", distance=kilometres(high))
    if high <= 1000:
        low_text = f"{low}" if high < 1000 else kilometres(low)
    else:
        low_text = kilometres(low) if low < 1000 else kilometres(low).removesuffix(f"{NBSP}km")
    return gettext("%(low)s à %(high)s", low=low_text, high=kilometres(high))


def phone(text: str) -> Markup:
    """ "01 99 00 12 34" or "3975", never broken; a text that holds no number as its source wrote it."""
    if phone_number(text) is None:
        return bdi(text)
    return Markup('<span class="insecable">{}</span>').format(written(text).replace(" ", NBSP))


def whole(text: str) -> Markup:
    """Text that never breaks, printed as it is written."""
    return Markup('<span class="insecable">{}</span>').format(text)


def rdv(text: str) -> Markup:
    """The word rendez-vous never breaks at its hyphen."""
    return Markup(str(escape(text)).replace("rendez-vous", "<span class=insecable>rendez-vous</span>"))  # noqa: S704


def tel(text: str) -> str:
    """What stands behind `tel:` in a link (RFC 3966); "" for a text that cannot be dialled, which gets no link."""
    return phone_number(text) or ""


def bdi(text: str) -> Markup:
    """Text of a source, isolated: whatever direction it is written in, it does not disturb its neighbours."""
    return Markup("<bdi>{}</bdi>").format(escape(text))


FILTERS = {
    "clock": clock,
    "in_paris": in_paris,
    "day_short": day_short,
    "day_long": day_long,
    "day_only": day_only,
    "day_and_year": day_and_year,
    "day_with_year": day_with_year,
    "weekday_short": weekday_short,
    "when": when,
    "number": number,
    "decimal": decimal,
    "percent": percent,
    "ratio": ratio,
    "tick": tick,
    "points": points,
    "signed": signed,
    "country": country,
    "kilometres": kilometres,
    "minutes": minutes,
    "weight": weight,
    "band": band,
    "phone": phone,
    "whole": whole,
    "rdv": rdv,
    "tel": tel,
    "bdi": bdi,
    "together": together,
}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:  # "en-cours", the running edition, is no day
        return None
