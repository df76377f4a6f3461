"""The figures as files: each says by itself what it is."""

from __future__ import annotations

import re
from pathlib import Path

from tests.edition import DAY


def test_figures_say_by_themselves_what_they_are(edition: Path) -> None:
    names = sorted(path.stem for path in (edition / "figures").glob("*.svg"))

    assert {"suivent-elles-les-lieux", "trois-parts", "semaines", "territoire", "part-par-departement", "pannes"} <= {
        *names
    }
    for name in names:
        svg = (edition / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert "Licence Ouverte 2.0" in svg
        assert f"/donnees/{DAY}/figure/{name}" in svg
        assert "Démonstration" in svg
        assert "2026" in svg
        assert (edition / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert not re.search(r"<style|style=|<script|href=|NaN|Undefined", svg)
        assert (edition / "figures" / f"{name}.json").exists()
