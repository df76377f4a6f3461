"""The report in one language: the pages' sentences and macros, filled in from the closed week, on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator.config.settings import ROOT, Settings
from aggregator.opendata.editions.material import of_weeks
from aggregator.opendata.editions.spoken import Spoken
from aggregator.web.evidence import statements
from aggregator.web.evidence.dossier.pdf import Sheet, pdf
from aggregator.web.evidence.dossier.week import Checked, Proof, closed_week, files_of, sum_of, told
from aggregator.web.language.catalogues import FRENCH, SPOKEN, gettext, sentence, sentences
from aggregator.web.language.words import FILTERS

# The table that `verify.py all` prints: check, what, outcome and a line, two spaces or more between them.
COLUMNS = re.compile(r" {2,}")
TABLE_HEAD = "check"
ANSWER_LINES = ("OK", "WRONG: ", "CANNOT CHECK: ")
ASIDE = ("not recomputed: ", "gap: ", "key taken from ")


@dataclass(frozen=True)
class Order:
    """What is asked for: a week, a language, and the instant that the report bears."""

    week: str
    language: str
    made: datetime


def report(settings: Settings, order: Order, proof: Proof, checks: Sequence[Checked]) -> bytes:
    """The PDF. Raises NotClosedError."""
    before = SPOKEN.set(order.language)
    try:
        page = _page(settings, order, proof, checks)
        html = _environment().get_template("dossier.html").render(**page)
        mark = gettext("Démonstration : données inventées") if page["demo"] else ""
        foot = gettext("page %(page)s sur %(all)s", page="{page}", all="{all}")
        title = gettext("Aiguillage, rapport de la semaine %(week)s", week=order.week)
        return pdf(html, Sheet(title, mark, foot, order.language, order.made))
    finally:
        SPOKEN.reset(before)


def _page(settings: Settings, order: Order, proof: Proof, checks: Sequence[Checked]) -> dict[str, Any]:
    window, table = closed_week(settings.published_dir, order.week)
    found = told(table, window, settings.provider_labels(), proof)
    failed = order.made if found["lists"]["different"] or any(one.code == 1 for one in checks) else None
    spoken = Spoken(order.language)
    return {
        **found,
        "week": order.week,
        "made": order.made,
        "days": spoken.span(window.first, window.last),
        "counted": {"n": found["totals"]["step"], "label": of_weeks(spoken, [order.week])},
        "question": statements.question(found["providers"], found["totals"], failed),
        "causes": statements.effects(found, [row["slug"] for row in found["providers"]]),
        "labels": settings.provider_labels(),
        "operator": settings.campaign.operator.name,
        "figures": list(figures(settings.editions_dir / order.week, order.language)),
        "checks": [_shown(one) for one in checks],
        "unchecked": list(dict.fromkeys(line for one in checks for line in one.lines if line.startswith(ASIDE[:2]))),
        "head_of_log": _head(proof),
        "files": list(files_of(settings.published_dir, settings.editions_dir, window)),
        "program": sum_of(ROOT / "verify.py"),
        "site": settings.log_origin.removesuffix("/log"),
        "language": order.language,
    }


def figures(edition: Path, language: str) -> list[dict[str, str]]:
    """The charts of the week's own edition: title and file of each; none where there is no edition."""
    path = edition / "index.json"
    if not path.exists():
        return []
    known = json.loads(path.read_text(encoding="utf-8"))["figures"]
    end = "" if language == FRENCH else f".{language}"
    return [
        {"title": about.get(language, about)["title"], "path": str(edition / "figures" / f"{name}{end}.png")}
        for name, about in known.items()
    ]


def _shown(one: Checked) -> dict[str, Any]:
    """A command's lines as rows of its table and as plain lines, without what stands in a section of its own."""
    lines = [line for line in one.lines if not line.startswith(ASIDE)]
    rows: list[list[str]] = []
    plain = []
    for line in lines:
        cells = COLUMNS.split(line, 3)
        if (rows or cells[0] == TABLE_HEAD) and len(cells) >= 3:
            rows.append([*cells, ""][:4])
        else:
            plain.append(line)
    return {"command": one.command, "code": one.code, "rows": rows[1:], "plain": plain}


def _head(proof: Proof) -> dict[str, Any]:
    lines = proof.checkpoint.rstrip("\n").splitlines()
    signed = [line for line in lines if line.startswith("— ")]
    own = lines[0]
    return {
        "origin": own,
        "size": int(lines[1]),
        "root": proof.root,
        "lines": [line for line in lines if line],
        "vkey": proof.vkey,
        "witnesses": [line.split(" ")[1] for line in signed if line.split(" ")[1] != own],
    }


def _outcome(code: int) -> str:
    """An exit code of verify.py in words."""
    words: Mapping[int, str] = {0: gettext("concorde"), 1: gettext("ne concorde pas"), 2: gettext("non vérifié")}
    return words[code]


def _named(slug: str, labels: Mapping[str, str]) -> str:
    return labels.get(slug) or gettext("Autres sites")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a missing value fails here and leaves no hole in evidence
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # As on the site: both escape and fill in by themselves, which Jinja's own wrappers would do a second time.
    made.newstyle_gettext = True  # type: ignore[attr-defined]
    made.globals.update(gettext=sentence, ngettext=sentences, _=sentence)
    made.filters.update(FILTERS, outcome=_outcome, named=_named)
    return made
