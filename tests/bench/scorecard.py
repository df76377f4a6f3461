"""All rows of the scorecard: what was injected and survived, which controls were caught. Writes docs/scorecard.md.

    python -m tests.bench.scorecard [--nightly | ROW ...]

Exit code 1 when a row falls short. `--nightly` adds the rows that take longer than three minutes; rows by their numbers
are played alone, and take the place of their lines in docs/scorecard.md.
"""

from __future__ import annotations

import importlib
import re
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
    31: "odd_values", 32: "other_digits", 33: "json_time", 34: "calibration", 35: "live_faults",
    36: "dishonest",
}  # fmt: skip
NIGHTLY = (30, 34, 35)
RED = "**red**"
TARGET = ROOT / "docs" / "scorecard.md"


def main() -> None:
    named = [int(one) for one in sys.argv[1:] if one.isdigit()]
    wanted = named or [number for number in ROWS if number not in NIGHTLY or "--nightly" in sys.argv]
    lines, short = written(), []
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
        lines[number] = f"| {number} | {row.TITLE} | {row.BAR} | {said} | {'green' if ok else RED} |"
        if not ok:
            short.append(number)
        TARGET.write_text(as_markdown(lines), encoding="utf-8")
    sys.exit(1 if short else 0)


def written() -> dict[int, str]:
    """The lines of the rows as they were played last."""
    text = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    return {int(line.split("|")[1]): line for line in text.splitlines() if re.match(r"\| [0-9]+ \|", line)}


def as_markdown(lines: dict[int, str]) -> str:
    short = [number for number, line in lines.items() if RED in line]
    head = [
        "# Scorecard",
        "",
        f"`make scorecard` wrote this, the row played last on: {machine()}. A row keeps the line of its last playing.",
        "",
        "Each row injects faults and counts those survived; its controls are broken variants that it must see fail.",
        "A row alone: `python -m tests.bench.NAME`, the names in `tests/bench/scorecard.py`.",
        f"Rows {NIGHTLY} take longer than three minutes and are played by night, or by their numbers.",
        "Needed beside what the tests need: strace (row 2) and wrk (row 25).",
        f"{'All rows are green.' if not short else f'Red: {short}.'}",
        "",
        "| | faults | bar | found | |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(lines[number] for number in sorted(lines))]) + "\n"


if __name__ == "__main__":
    main()
