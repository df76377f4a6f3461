"""A copy of everything that a check needs."""

from __future__ import annotations

from verifier.log import check_log
from verifier.order import named, snapshots_of_hour


def check_copy(log, arguments):
    """Everything that the log names, checked on the way; and the published snapshots of the days asked for."""
    log.source.get("vkey")
    said = check_log(log, arguments)
    days, kept = set(arguments.day or ()), set()
    for entry in log.of_type("snapshots"):
        found, _ = snapshots_of_hour(log, entry["hour"])
        if entry["hour"][:10] in days:
            kept.update(one[part] for one in found for part in ("places", "slots"))
    for digest in sorted(kept):
        named(log.source, digest)
    said.append(f"copied to {arguments.to}, with {len(kept)} snapshot files of {len(days)} days")
    return said
