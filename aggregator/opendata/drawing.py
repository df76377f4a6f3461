"""Figures as SVG and PNG, with title, period, source and licence inside."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import resvg_py
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator.config.datasets import LICENCE, Column
from aggregator.config.settings import ROOT
from aggregator.opendata.editions.spoken import Spoken

PNG_ZOOM = 2
PNG_DPI = 300  # 2,400 x 1,350 pixels are then 20.3 x 11.4 cm on paper
METRES_PER_INCH = 0.0254
AFTER_IHDR = 8 + 4 + 4 + 13 + 4  # signature; length, name, body and sum of the first chunk


def draw(figure: Figure, head: Mapping[str, Any], address: str, spoken: Spoken) -> str:
    """The SVG of a figure. Colours are attributes: a strict content security policy ignores inline styles."""
    template = _environment(spoken).get_template(f"figures/{figure.template}")
    click = spoken.gettext("Une redirection est un clic compté une fois, pas un rendez-vous pris.")
    return template.render(
        figure=figure,
        demo=head["demo"],
        source=spoken.gettext(
            "Aiguillage, édition %(edition)s, données jusqu’au %(until)s, journal à %(lines)s lignes",
            edition=head["edition"],
            until=spoken.instant(head["updated"]),
            lines=spoken.number(head["log_size"]),
        ),
        licence=f"{LICENCE} · {click}",
        address=f"https://{address}",
        code=spoken.code,
        width=WIDTH,
        height=HEIGHT,
        **figure.drawing,
    )


def png(svg: str) -> bytes:
    """The SVG as PNG, twice the size. Its font comes with the program, so that it looks the same on every machine."""
    drawn = bytes(
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
    return with_resolution(drawn, PNG_DPI)


def with_resolution(image: bytes, dpi: int) -> bytes:
    """The PNG with a pHYs chunk before its data, from which printers and layout programs take its size on paper.

    The chunk, by the PNG specification: pixels a metre along both axes, and 1 for "metre".
    """
    per_metre = round(dpi / METRES_PER_INCH)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return image[:AFTER_IHDR] + chunk + image[AFTER_IHDR:]


@cache
def _letters() -> tuple[str, ...]:
    package = distribution("font-roboto")
    return tuple(
        str(Path(str(package.locate_file(f"font_roboto/files/Roboto-{weight}.ttf")))) for weight in ("Regular", "Bold")
    )


@cache
def _environment(spoken: Spoken) -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a missing value fails here and leaves no hole in a published figure
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(spoken.gettext, _no_plural, newstyle=True)  # type: ignore[attr-defined]
    filters: dict[str, Callable[..., str]] = {
        "number": spoken.number, "percent": spoken.percent, "points": spoken.points, "signed": spoken.signed,
        "decimal": spoken.decimal, "tick": spoken.tick, "step": spoken.step, "ratio": spoken.ratio,
    }  # fmt: skip
    made.filters.update(filters)
    return made


def _no_plural(*_: object) -> str:
    raise NotImplementedError("no drawing has a sentence with a plural")


WIDTH, HEIGHT = 1200, 675


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
