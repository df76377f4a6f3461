"""The page of method's figures of calibration: what the bench wrote, and nothing else (docs/figures.md §6)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from aggregator.config.settings import ROOT
from aggregator.web.language.catalogues import lazy_gettext

CALIBRATION_PATH = ROOT / "data" / "calibration.json"
CROWD_WORDS = {
    "log2": lazy_gettext("par le rang, 1/log₂(1 + rang)"),
    "geometric-0.5": lazy_gettext("par le rang, moitié moins à chaque rang"),
    "geometric-0.8": lazy_gettext("par le rang, un cinquième de moins à chaque rang"),
    "first-card": lazy_gettext("le premier lieu seulement"),
    "anywhere": lazy_gettext("n’importe où sur la page"),
}


@cache
def calibration() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(CALIBRATION_PATH.read_text(encoding="utf-8"))
    return content
