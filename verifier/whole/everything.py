"""Every check that needs no argument of the reader, and one table of how they came out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from types import SimpleNamespace

from verifier.events import check_totals
from verifier.figures.closed import check_closed
from verifier.figures.editions import MADE_AGAIN, check_edition
from verifier.figures.metrics import check_metrics
from verifier.figures.pages import check_shares
from verifier.figures.tables import days_of_table
from verifier.log import check_chain, check_log, check_tiles, read_log
from verifier.outside.ids import check_ids
from verifier.source import CannotCheck, Missing, Wrong
from verifier.whole.gaps import check_gaps

FAILURES = (CannotCheck, OSError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError, MemoryError,
            RecursionError)  # fmt: skip
OUTCOMES = ("OK", "nothing yet", "CANNOT CHECK", "WRONG")


def check_all(log, arguments):
    """One row for each check; the worst of them is what the whole comes to."""
    rows, notes, say = [], [], getattr(arguments, "say", str)
    for check, what, run in checks_of(log, arguments):
        outcome, line = "OK", ""
        try:
            said = run()
            notes += [one for one in said if one.startswith(("not recomputed: ", "gap: "))]
            line = next((one for one in said if not one.startswith(("not recomputed: ", "gap: "))), "")
        except Wrong as error:
            outcome, line = "WRONG", str(error)
        except Missing as error:
            outcome, line = ("nothing yet" if what in MADE_AGAIN else "CANNOT CHECK"), str(error)
        except FAILURES as error:
            outcome, line = (
                "CANNOT CHECK",
                f"{type(error).__name__ + ': ' * (not isinstance(error, CannotCheck))}{error}",
            )
        rows.append((check, what, outcome, line))
    yield from printed([[say(cell) for cell in row] for row in [("check", "what", "outcome", ""), *rows]])
    yield from dict.fromkeys(notes)
    for outcome, error in (("WRONG", Wrong), ("CANNOT CHECK", CannotCheck)):
        found = [f"{check} {what}" for check, what, came_out, _ in rows if came_out == outcome]
        if found:
            raise error(f"{len(found)} of {len(rows)} checks: {', '.join(found)}")
    if not log.of_type("metrics"):
        raise CannotCheck("nothing sealed yet that figures could be checked with: no day is closed")


def printed(rows):
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    for row in rows:
        yield "  ".join([*(one.ljust(width) for one, width in zip(row, widths, strict=False)), row[3]]).rstrip()


def checks_of(log, arguments):
    """(check, what, how) in the order of the table."""
    if getattr(arguments, "day", None):
        yield from checks_of_day(log, arguments.day)
        return
    newest = max((one["date"] for one in log.of_type("seed")), default="")
    first = (date.fromisoformat(newest) - timedelta(days=arguments.days)).isoformat() if newest else ""
    yield "log", f"{len(log.entries)} entries", lambda: check_log(log, arguments)
    yield "seeds", f"{len(log.of_type('seed'))} days", lambda: [check_chain(log)]
    if any("ids" in one for one in log.of_type("snapshots")):
        yield "ids", f"{len(log.of_type('snapshots'))} hours", lambda: list(check_ids(log, arguments))
    yield "gaps", f"since {first}", lambda: check_gaps(log, arguments.days) or ["none"]
    for day in sorted({one["minute"][:10] for one in log.of_type("minute") if first <= one["minute"] and
                       one["minute"][:10] < newest}):  # fmt: skip
        yield "totals", day, lambda day=day: check_totals(log, SimpleNamespace(day=day))
    for name in [one["name"] for one in log.of_type("metrics") if days_of_table(one["name"])[1].isoformat() >= first]:
        yield "metrics", name, lambda name=name: check_metrics(log, SimpleNamespace(day=name))
    yield from checks_of_figures(log, first, whole=False)


def checks_of_day(log, day):
    """What a folder with the files of one day can show: the head and all entries are under their root already."""
    yield "seeds", f"{len(log.of_type('seed'))} days", lambda: [check_chain(log)]
    yield "tiles", f"{len(log.entries)} entries", lambda: check_tiles(log.source, log.leaves) or ["hash tiles agree"]
    if log.one("day", day=day):
        yield "totals", day, lambda: check_totals(log, SimpleNamespace(day=day))
    yield "metrics", day, lambda: check_metrics(log, SimpleNamespace(day=day))
    if log.one("release", name=day):
        yield "figures", day, lambda: check_edition(log, day, True)


def checks_of_figures(log, first, whole):
    yield "figures", "shares.json", lambda: of_shares(log)
    yield "figures", "closed.json", lambda: check_closed(*with_log(log, "closed.json"))
    for name in [one["name"] for one in log.of_type("release")]:
        if days_of_table(name)[1].isoformat() >= first:
            yield "figures", name, lambda name=name: check_edition(log, name, whole)
    for name in MADE_AGAIN:
        yield "figures", name, lambda name=name: check_edition(with_log(log)[0], name, whole)


def of_shares(log):
    log, content = with_log(log, "shares.json")
    return check_shares(log, content)


def with_log(log, name=""):
    """A file that changes with each minute, and the log as it is after the file was read: it knows all of it."""
    content = json.loads(log.source.get(name)) if name else None
    later = read_log(log.source, log.vkey) if log.source.remote else log
    if later.leaves[: len(log.leaves)] != log.leaves:
        raise Wrong("the log has changed what it held a minute ago")
    return later, content


def check_figures(log, arguments):
    """One edition, or what the pages print and every edition."""
    if arguments.edition:
        return check_edition(log, arguments.edition, whole=True)
    said = []
    for _, what, run in checks_of_figures(log, "", whole=True):
        try:
            said += run()
        except Missing as error:
            if what not in MADE_AGAIN:
                raise
            said.append(f"{what}: nothing yet ({error})")
    return list(dict.fromkeys(said))
