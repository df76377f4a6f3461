"""Every row of the bench, one after the other; writes docs/performance.md.

python -m tests.bench
"""

from __future__ import annotations

import importlib

from aggregator.config.settings import ROOT
from tests.bench.harness import as_markdown, as_text, machine, need, refusing

ROWS = (
    "search_http", "redirect_http", "nearest", "store", "snapshot_swap", "collect", "collect_nation", "recount",
    "export", "weights", "ten_hours",
)  # fmt: skip
BY_HAND = "\n## Played by hand"  # what follows stays as it is
TARGET = ROOT / "docs" / "performance.md"


def main() -> None:
    # Before the first row: a run of half an hour must not end for want of a program at its last one.
    refusing(lambda: need("wrk"))
    parts = [
        "# Performance",
        f"`make bench` wrote this: {machine()}. The load comes from the same machine. Bars are ratios to a yardstick "
        "measured in the same run, in turn, medians of five. A row alone: `python -m tests.bench.NAME`.",
    ]
    for name in ROWS:
        result = importlib.import_module(f"tests.bench.{name}").measure()
        print(as_text(result), flush=True)
        parts.append(as_markdown(result))
    _, heading, by_hand = TARGET.read_text(encoding="utf-8").partition(BY_HAND)
    TARGET.write_text("\n\n".join(parts) + "\n" + heading + by_hand, encoding="utf-8")


if __name__ == "__main__":
    main()
