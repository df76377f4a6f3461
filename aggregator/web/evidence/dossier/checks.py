"""The auditor's own program, run on the published files for a report, as anybody may run it."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

import verify as verifier
from aggregator.opendata.editions.windows import Window
from aggregator.web.evidence.dossier.week import Checked, NoEvidenceError, Proof


def checked(published: Path, window: Window) -> tuple[list[Checked], Proof]:
    """verify.py on the published files, as an auditor runs it: all since the week's Monday, the week, its days."""
    auditor: Any = verifier  # written without annotations, for auditors to read
    source = auditor.Source(str(published))
    try:
        vkey = source.text("vkey").strip()
        log = auditor.read_log(source, vkey)
        proof = Proof(log.entries, source.text("checkpoint"), vkey, log.root.hex())
    except (verifier.Wrong, verifier.CannotCheck) as error:
        raise NoEvidenceError(f"the log cannot be read, and without it there is no evidence: {error}") from error
    newest = max((date.fromisoformat(one["date"]) for one in log.of_type("seed")), default=window.last)
    days = [one["day"] for one in log.of_type("day") if window.holds(one["day"])]
    commands = [["all", "--days", str((newest - window.first).days)], ["metrics", "--day", window.name]]
    commands += [["totals", "--day", day] for day in days]
    return [run_check(command, published) for command in commands], proof


def run_check(command: list[str], published: Path) -> Checked:
    printed = io.StringIO()
    with redirect_stdout(printed):
        code = verifier.main([*command, str(published)])
    return Checked(" ".join(command), printed.getvalue().splitlines(), code)
