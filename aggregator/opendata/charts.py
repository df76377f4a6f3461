"""Charts as numbers, which templates put into SVG paths (docs/figures.md §8). Each stands beside its table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import ceil, floor, log2, log10
from pathlib import Path
from typing import Any

GRID = Path(__file__).parents[2] / "data" / "departments-grid.csv"
SQUARE, GAP = 30, 4
PANEL_WIDTH, PANEL_HEIGHT = 328, 96
WEEKS = 13  # as many as `closed.json` holds
MOST = 1.5
# From 11: a département is published alone with 0 or at least eleven redirects to each platform (docs/figures.md §10).
STEPS = (11, 50, 200, 1000)
SHARE_STEPS = (0.2, 0.4, 0.6, 0.8)


def scale(most: float) -> float:
    """The end of an axis that `most` fits on: 1, 2 or 5 and zeros."""
    if most <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(most))
    return next(step * unit for step in (1, 2, 5, 10) if most <= step * unit * (1 + 1e-9))


def track(row: Mapping[str, Any], reference: str, ratio: str) -> dict[str, Any]:
    """One row of the tracks, heights in pixels: straight when redirects and reference have the same share."""
    whole, value = row[reference], row[ratio]
    if value is None or not whole:
        return {"row": row, "reference": whole, "end": None, "beyond": None}
    return {
        "row": row,
        "reference": whole,
        "end": _height(value),
        "low": _height(row["low"] / whole),
        "high": _height(row["high"] / whole),
        "beyond": value if not 1 / MOST <= value <= MOST else None,
    }


def _height(ratio: float) -> float:
    # On a log scale half and twice the share stand equally far from the middle; log2(0) is kept from being asked for.
    return round(32 - 28 * max(-1.0, min(1.0, log2(max(ratio, 1e-6)) / log2(MOST))), 1)


def weeks(closed: Sequence[Mapping[str, Any]], slugs: Sequence[str]) -> dict[str, Any]:
    """One small panel a provider, the same scale for all; a week under thirty redirects is a gap."""
    rows = {(week["name"], row["provider"]): row for week in closed for row in week["rows"]}
    shares = [row[key] for row in rows.values() for key in ("ci_high", "share_places") if row[key] is not None]
    # To the next tenth, so that the axis bears round numbers.
    top = min(1.0, ceil(10 * max(shares, default=1.0) - 1e-9) / 10) or 1.0
    names = [week["name"] for week in closed][-WEEKS:]

    def point(index: int, share: float) -> str:
        return f"{_across(index, len(names)):.1f} {PANEL_HEIGHT - 8 - (PANEL_HEIGHT - 16) * share / top:.1f}"

    def line(slug: str, key: str) -> str:
        parts, pen = [], "M"
        for index, name in enumerate(names):
            share = rows.get((name, slug), {}).get(key)
            parts.append(f"{pen}{point(index, share)}" if share is not None else "")
            pen = "L" if share is not None else "M"
        return "".join(parts)

    return {
        "names": names,
        "top": top,
        "left": _across(0, len(names)),
        "panels": [
            {
                "slug": slug,
                "redirects": line(slug, "share_redirects"),
                "places": line(slug, "share_places"),
                "marks": [
                    f"M{point(index, row['ci_low'])}L{point(index, row['ci_high'])}"
                    for index, name in enumerate(names)
                    if (row := rows.get((name, slug))) and row["ci_low"] is not None
                ],
            }
            for slug in slugs
        ],
        "rows": rows,
    }


def _across(index: int, weeks: int) -> float:
    """Where a week stands in its panel: the last of them at the right."""
    return 8 + (index + WEEKS - weeks) * (PANEL_WIDTH - 16) / (WEEKS - 1)


def squares(territory: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, Any]:
    """Equal squares, one a département: the redirects of the week in five steps of one ink; hatched = not published."""
    totals: dict[str, int] = {}
    for row in territory:
        if row["stratum_type"] == "department" and not row["suppressed"]:
            totals[row["stratum"]] = totals.get(row["stratum"], 0) + row["redirects"]
    cells = [
        {**cell, "name": names.get(cell["code"], cell["code"]), "n": totals.get(cell["code"])}
        for cell in _squares({code: sum(n >= least for least in STEPS) for code, n in totals.items()})
    ]
    return {**_frame(cells), "published": len(totals)}


def share_squares(territory: Iterable[Mapping[str, Any]], slug: str) -> dict[str, Any]:
    """The same squares with one platform's share of the redirects of each département, in five equal steps."""
    mine: dict[str, int] = {}
    totals: dict[str, int] = {}
    for row in territory:
        if row["stratum_type"] == "department" and not row["suppressed"]:
            totals[row["stratum"]] = totals.get(row["stratum"], 0) + row["redirects"]
            if row["provider"] == slug:
                mine[row["stratum"]] = row["redirects"]
    # A platform that is not told apart in a département has no row there: its share is unknown, not nothing.
    shares = {code: mine[code] / total for code, total in totals.items() if total and code in mine}
    cells = [
        {**cell, "share": shares.get(cell["code"])}
        for cell in _squares({code: sum(share >= least for least in SHARE_STEPS) for code, share in shares.items()})
    ]
    return _frame(cells)


def _squares(steps: Mapping[str, int]) -> list[dict[str, Any]]:
    """Where each square stands, and its step; None = not published alone."""
    return [
        {"code": code, "x": column * (SQUARE + GAP), "y": line * (SQUARE + GAP), "step": steps.get(code)}
        for code, (column, line) in grid().items()
    ]


def _frame(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cells": cells,
        "size": SQUARE,
        "width": max(cell["x"] for cell in cells) + SQUARE,
        "height": max(cell["y"] for cell in cells) + SQUARE,
    }


@lru_cache(maxsize=1)
def grid(path: Path = GRID) -> dict[str, tuple[int, int]]:
    """Where each département stands, (column, line)."""
    with path.open(encoding="utf-8") as file:
        return {row["department"]: (int(row["column"]), int(row["row"])) for row in csv.DictReader(file)}
