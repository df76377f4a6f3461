"""The columns of a table that follow from its counts by arithmetic alone (docs/figures.md §2, §3, §7)."""

from __future__ import annotations

import math

from verifier.counts.measures import MIN_FOR_SHARE, goodman, hhi, interval, ratio, same
from verifier.source import Wrong

BENCHMARKS = ("places", "bookable", "slots", "impressions", "exposure")
OF_NATION = ("impressions", "exposure", "redirects_raw", "bots_excluded")
# The terms of a gap, by format of the table: since metrics/2 the lists that get clicks are told apart from choices.
FORMATS = {
    "metrics/1": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "citizen_choice",
    ),
    "metrics/2": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "clicked_lists",
        "citizen_choice",
    ),
}  # fmt: skip
HEAD = ("window_start", "window_end", "stratum_type", "stratum", "provider")
TAIL = ("contract", "checkpoint_size", "suppressed", "demo")
OF_TIES = (
    "share_clicked", "clicks_listed", "clicks_telling", "tie_clicks", "tie_chosen", "tie_expected", "tie_variance",
    "tie_bets", "tie_log_e",
)  # fmt: skip
OF_FIT = ("gof_method", "gof_p", "gof_effect", "log_e")


def columns_of(form):
    shares = [f"{kind}_{name}" for kind in ("share", "dr") for name in BENCHMARKS]
    terms = [f"effect_{name}" for name in FORMATS[form]]
    bounds = ("share_redirects", "ci_low", "ci_high", "ci_method", "goodman_low", "goodman_high")
    whole = ("hhi_places", "hhi_redirects", "effective_providers")
    own = OF_FIT if form == "metrics/1" else OF_TIES
    counts = ("samples", *BENCHMARKS, "redirects", "redirects_raw", "bots_excluded")
    return (*HEAD, *counts, *shares, *bounds, *terms, *own, *whole, *TAIL)


COLUMNS = {**{form: columns_of(form) for form in FORMATS}, "suppressed": (*HEAD, *TAIL)}


def check_derived(rows, form, where):
    """`rows`: all of one stratum."""
    nation = rows[0]["stratum_type"] == "nation"
    totals = {column: sum(row[column] or 0 for row in rows) for column in (*BENCHMARKS, "redirects")}
    whole = totals["redirects"]
    bounds = goodman([row["redirects"] for row in rows]) if whole >= MIN_FOR_SHARE else [(None, None)] * len(rows)
    for row, together in zip(rows, bounds, strict=True):
        wanted = shares_of(row, totals, nation)
        enough = whole >= MIN_FOR_SHARE
        alone = interval(row["redirects"], whole) if enough else (None, None, None)
        wanted.update(zip(("ci_low", "ci_high", "ci_method"), alone, strict=True))
        wanted.update(zip(("goodman_low", "goodman_high"), together, strict=True))
        for column, value in wanted.items():
            same(row[column], value, f"{where} {row['provider']}: {column}", 1e-9)
        level = hhi([one["redirects"] for one in rows]) if enough else None
        same(row["hhi_redirects"], level, f"{where}: hhi_redirects", 1e-9)
        same(row["effective_providers"], 1 / level if level else None, f"{where}: effective_providers", 1e-9)
        # Made of whole units: the column is rounded.
        same(row["hhi_places"], hhi([one["places"] for one in rows]), f"{where}: hhi_places", 1e-6)
        if nation:
            check_gap(row, form, f"{where} {row['provider']}")
        else:
            check_empty(row, form, f"{where} {row['provider']}")
    if form == "metrics/1":
        check_fit(rows, nation, where)
    elif nation:
        check_wholes(rows, where)


def shares_of(row, totals, nation):
    mine = row["redirects"] / totals["redirects"] if totals["redirects"] >= MIN_FOR_SHARE else None
    wanted = {"share_redirects": mine}
    for column in BENCHMARKS if nation else BENCHMARKS[:3]:
        wanted[f"share_{column}"] = share = ratio(row[column], totals[column])
        wanted[f"dr_{column}"] = ratio(mine, share)
    return wanted


def check_empty(row, form, where):
    """In a territory what few people did could be what one did: lists, clicks set apart and terms are not told."""
    own = () if form == "metrics/1" else OF_TIES
    terms = [f"effect_{name}" for name in FORMATS[form]]
    for column in (*OF_NATION, "share_impressions", "dr_impressions", "share_exposure", "dr_exposure", *terms, *own):
        if form != "metrics/1" or column in terms:
            same(row[column], None, f"{where}: {column}")


def check_wholes(rows, where):
    """What all rows of the nation say alike, of all clicks together."""
    room = [row["share_clicked"] for row in rows if row["share_clicked"] is not None]
    for row in rows:
        for column in ("clicks_listed", "clicks_telling"):
            same(row[column], rows[0][column], f"{where} {row['provider']}: {column}")
        if (row["share_clicked"] is None) != (row["clicks_listed"] == 0):
            raise Wrong(f"{where} {row['provider']}: share_clicked stands where clicks have lists, and nowhere else")
    if room:
        same(sum(room), 1.0, f"{where}: the sum of share_clicked", 1e-6)


def check_gap(row, form, where):
    """The terms that two published shares give, and the sum of all."""
    effects = [row[f"effect_{name}"] for name in FORMATS[form]]
    told = row["effect_deviation"] is not None
    if told:
        same(row["effect_deviation"], 0.0, f"{where}: effect_deviation", 0.0)
    elif any(one is not None for one in effects):
        raise Wrong(f"{where}: effect_* are told without effect_deviation")
    if form == "metrics/2":
        clicked, shown = row["share_clicked"], row["share_exposure"]
        known = told and None not in (clicked, shown)
        gap = clicked - shown if known else None
        same(row["effect_clicked_lists"], gap, f"{where}: effect_clicked_lists", 1e-6)
        known = told and None not in (clicked, row["share_redirects"])
        gap = row["share_redirects"] - clicked if known else None
        same(row["effect_citizen_choice"], gap, f"{where}: effect_citizen_choice", 1e-9)
    if told and None not in effects:
        gap = row["share_redirects"] - row["share_places"]
        same(sum(effects), gap, f"{where}: the sum of effect_*", 1e-6)


def check_fit(rows, nation, where):
    """Redirects against the exposure of all lists together, as up to metrics/1 (docs/figures.md §5)."""
    redirects, units = [row["redirects"] for row in rows], [row["exposure"] or 0 for row in rows]
    n, room = sum(redirects), sum(units)
    tested = n >= MIN_FOR_SHARE and room > 0
    if not tested or not nation:
        return
    kept = [(k, x / room) for k, x in zip(redirects, units, strict=True) if x > 0]
    possible = len(kept) >= 2 and sum(k for k, _ in kept) == n
    log_e = effect = None
    if possible:
        log_e = sum(math.lgamma(k + 50 * p) - math.lgamma(50 * p) - k * math.log(p) for k, p in kept)
        log_e += math.lgamma(50) - math.lgamma(n + 50)
        effect = math.sqrt(sum((k - n * p) ** 2 / (n * p) for k, p in kept) / n)
    for row in rows:
        same(row["log_e"], log_e, f"{where}: log_e", 1e-3)
        if possible:
            same(row["gof_effect"], effect, f"{where}: gof_effect", 1e-5)
