"""Finds changes of a source that are too sudden to be believed at once, by one rule for all (P15, P21, P22)."""

from __future__ import annotations

from aggregator.country.geography import distance_m
from providers.records import Centre, SuddenChange

# One rule for all providers (P21, P22): a list that loses nine centres of ten, or grows a hundredfold, is held back.
# Below ten centres a ratio says little: a list of three may well lose two.
LOST_RATIO, GROWN_RATIO, SMALL_LIST = 0.1, 100, 10
MOVED_M = 2_000


def sudden_change(known: int, found: int, complete: bool) -> SuddenChange | None:
    """Why a list must not replace the known one; None when it may. The same rule for every source."""
    # An incomplete list takes no centre away (see Catalog.put_centres), so it cannot lose too many.
    if known >= 1 and complete and found == 0:
        return SuddenChange.EMPTY
    if known >= SMALL_LIST and complete and found <= known * LOST_RATIO:
        return SuddenChange.SHRUNK
    if known >= 1 and found >= max(known * GROWN_RATIO, SMALL_LIST):
        return SuddenChange.GROWN
    return None


def is_another(before: Centre, after: Centre) -> bool:
    """True when an id seems to have been given to another place: another name, more than two kilometres away."""
    # Both must differ: a centre may be renamed, and it may move.
    if before.name == after.name or None in (before.lat, before.lon, after.lat, after.lon):
        return False
    return distance_m(before.lat, before.lon, after.lat, after.lon) > MOVED_M  # type: ignore[arg-type]
