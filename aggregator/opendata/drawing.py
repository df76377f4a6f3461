"""Figures as SVG and PNG, with title, period, source and licence inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import resvg_py
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator.config.datasets import LICENCE, Column
from aggregator.config.settings import ROOT

PNG_ZOOM = 2


def draw(figure: Figure, head: Mapping[str, Any], address: str) -> str:
    """The SVG of a figure. Colours are attributes: a strict content security policy ignores inline styles."""
    template = _environment().get_template(f"figures/{figure.template}")
    return template.render(
        figure=figure,
        demo=head["demo"],
        source=f"Aiguillage, édition {head['edition']}, données jusqu’au {head['updated']} (UTC), "
        f"journal à {number(head['log_size'])} lignes",
        licence=f"{LICENCE} · {CLICK}",
        address=f"https://{address}",
        width=WIDTH,
        height=HEIGHT,
        **figure.drawing,
    )


def png(svg: str) -> bytes:
    """The SVG as PNG, twice the size. Its font comes with the program, so that it looks the same on every machine."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=PNG_ZOOM,
            background="#ffffff",
            skip_system_fonts=True,
            font_files=list(_letters()),
            font_family="Roboto",
            sans_serif_family="Roboto",
        )
    )


@cache
def _letters() -> tuple[str, ...]:
    package = distribution("font-roboto")
    return tuple(
        str(Path(str(package.locate_file(f"font_roboto/files/Roboto-{weight}.ttf")))) for weight in ("Regular", "Bold")
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a missing value fails here and leaves no hole in a published figure
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "number": number, "percent": percent, "points": points, "signed": signed, "decimal": decimal,
    }  # fmt: skip
    made.filters.update(filters)
    return made


WIDTH, HEIGHT = 1200, 675
CLICK = "Une redirection est un clic compté une fois, pas un rendez-vous pris."


@dataclass(frozen=True)
class Figure:
    """`drawing`: what its template needs; `columns` and `rows`: the table that it draws.

    `days`: the first and the last one that it is about; `count`: its redirects, None when it is about something else.
    """

    name: str
    title: str
    period: str
    unit: str
    template: str
    drawing: Mapping[str, Any]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    days: tuple[str, str] | None
    count: int | None = None


def number(value: float) -> str:
    return str(format_decimal(value, locale="fr"))


def percent(share: float | None) -> str:
    return "–" if share is None else f"{format_decimal(round(100 * share, 1), format='#,##0.0', locale='fr')}\u00a0%"


def points(difference: float | None) -> str:
    """ "+6,4", "−0,5"; "0" only when it is nothing at all; "n. d." when it is None."""
    return "n. d." if difference is None else signed(100 * difference)


def signed(difference: float) -> str:
    return f"{'+' if difference > 0 else '−'}{decimal(abs(difference))}" if difference else "0"


def decimal(value: float) -> str:
    return str(format_decimal(round(value, 1), format="#,##0.0", locale="fr"))


def day(text: str) -> str:
    return str(format_date(date.fromisoformat(text), "d MMMM y", locale="fr"))
