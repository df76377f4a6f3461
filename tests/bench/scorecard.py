"""All rows of the scorecard: what was injected and survived, which controls were caught. Writes docs/scorecard.md.

    python -m tests.bench.scorecard [--nightly]

Exit code 1 when a row falls short. `--nightly` adds the row that takes longer than three minutes.
"""

from __future__ import annotations

import importlib
import sys
import time

from aggregator.config.settings import ROOT
from tests.bench.harness import machine
from tests.bench.score import Score

ROWS = {
    1: "kill9", 2: "powerloss", 3: "migrate_kill", 4: "bitflip", 5: "tamper", 6: "exposure", 7: "audit_speed",
    8: "payloads", 9: "locations", 10: "provider_faults", 11: "stale", 12: "outage", 13: "retry_after",
    14: "independence", 15: "schedulers", 16: "api_cases", 17: "properties", 18: "xss", 19: "observatory",
    20: "third_parties", 21: "accessible", 22: "landing", 23: "double_counting", 24: "slow_clients", 25: "peak",
    26: "disk", 27: "restore", 28: "formula_cells", 29: "static_rules", 30: "mutants",
    31: "odd_values", 33: "json_time",
}  # fmt: skip
NIGHTLY = (30,)
TARGET = ROOT / "docs" / "scorecard.md"


def main() -> None:
    wanted = [number for number in ROWS if number not in NIGHTLY or "--nightly" in sys.argv]
    lines, short = [], []
    for number in wanted:
        row = importlib.import_module(f"tests.bench.{ROWS[number]}")
        started = time.monotonic()
        try:
            found: Score | None = row.score()
            said = str(found)
        except (Exception, SystemExit) as error:
            found, said = None, f"could not be played: {error}"
        ok = found is not None and found.ok
        seconds = time.monotonic() - started
        print(f"{'ok  ' if ok else 'SHORT'} {number:2} {row.TITLE}: {said} ({seconds:.0f} s)", flush=True)
        lines.append(f"| {number} | {row.TITLE} | {row.BAR} | {said} | {'green' if ok else '**red**'} |")
        if not ok:
            short.append(number)
    TARGET.write_text(as_markdown(lines, short), encoding="utf-8")
    sys.exit(1 if short else 0)


def as_markdown(lines: list[str], short: list[int]) -> str:
    head = [
        "# Scorecard",
        "",
        f"`make scorecard` wrote this: {machine()}.",
        "",
        "Each row injects faults and counts those survived; its controls are broken variants that it must see fail.",
        "A row alone: `python -m tests.bench.NAME`, the names in `tests/bench/scorecard.py`.",
        "Needed beside what the tests need: strace (row 2) and wrk (row 25).",
        f"{'All rows are green.' if not short else f'Red: {short}.'}",
        "",
        "| | faults | bar | found | |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *lines]) + "\n"


if __name__ == "__main__":
    main()
