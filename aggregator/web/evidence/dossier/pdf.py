"""The report's HTML as PDF: A4, letters that come with the program, its name and page on each page.

fpdf2 reads plain HTML without style sheets; all that looks stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import distribution
from pathlib import Path

from fpdf import FPDF, FontFace, TextStyle
from fpdf.enums import XPos, YPos

LETTERS = "Roboto"
FACES = {"": "Regular", "B": "Bold", "I": "Italic", "BI": "BoldItalic"}
MARGIN_MM, BODY_PT, SMALL_PT = 18, 9.5, 8
INK, GREY = (22, 22, 29), (90, 90, 100)
LEADING = 1.25
BLOCK = "h1|h2|h3|p|ul|li|table|thead|tbody|tr|th|td"
BETWEEN = re.compile(rf"(</?(?:{BLOCK})\b[^>]*>)\s+|\s+(</?(?:{BLOCK})\b[^>]*>)")
PARAGRAPH = re.compile(r"<p\b")
# The lower margin of a heading is in parts of its own height, all others in millimetres.
STYLES: dict[str, FontFace] = {
    "h1": TextStyle(color=INK, font_style="B", font_size_pt=19, t_margin=2, b_margin=0.3),
    "h2": TextStyle(color=INK, font_style="B", font_size_pt=13, t_margin=4, b_margin=0.25),
    "h3": TextStyle(color=INK, font_style="B", font_size_pt=10.5, t_margin=3, b_margin=0.2),
    "p": TextStyle(t_margin=0.8, b_margin=1.6),
    "ul": TextStyle(t_margin=0.5, b_margin=1.6),
    "li": TextStyle(t_margin=0.8, l_margin=4),
    "code": FontFace(family=LETTERS, color=GREY),
}


@dataclass(frozen=True)
class Sheet:
    """What stands on every page. `mark`: "Démonstration : …" or nothing; `page`: a sentence with {page} and {all}."""

    title: str
    mark: str
    page: str
    language: str
    made: datetime


class Paper(FPDF):
    """A4 with a head and a foot."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format="A4")
        self._sheet = sheet
        folder = Path(str(distribution("font-roboto").locate_file("font_roboto/files")))
        for style, name in FACES.items():
            self.add_font(LETTERS, style, folder / f"Roboto-{name}.ttf")
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM + 4)
        self.set_title(sheet.title)
        self.set_lang(sheet.language)
        self.set_creation_date(sheet.made)

    def header(self) -> None:
        self.set_font(LETTERS, "", SMALL_PT)
        self.set_text_color(*GREY)
        self.cell(self.epw / 2, 5, self._sheet.title)
        self.set_font(LETTERS, "B", SMALL_PT)
        self.cell(self.epw / 2, 5, self._sheet.mark, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)
        self._as_body()

    def footer(self) -> None:
        self.set_y(-MARGIN_MM + 2)
        self.set_font(LETTERS, "", SMALL_PT)
        self.set_text_color(*GREY)
        self.cell(0, 5, self._sheet.page.format(page=self.page_no(), all="{nb}"), align="R")

    def _as_body(self) -> None:
        self.set_font(LETTERS, "", BODY_PT)
        self.set_text_color(*INK)


def pdf(html: str, sheet: Sheet) -> bytes:
    """The same HTML and instant give the same bytes."""
    paper = Paper(sheet)
    paper.add_page()
    # Without the spaces between blocks, of which fpdf2 would make paragraphs.
    tight = PARAGRAPH.sub(rf'<p line-height="{LEADING}"', BETWEEN.sub(r"\1\2", html.strip()))
    paper.write_html(tight, font_family=LETTERS, tag_styles=STYLES, li_prefix_color=INK, table_line_separators=True)
    return bytes(paper.output())
