"""Redirects: totals of a day against its minutes, and one receipt against the hour it was given in."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta

from verifier.log import canonical
from verifier.source import CannotCheck, Wrong
from verifier.tree import leaf, root_of


def check_totals(log, arguments):
    minutes = [one for one in log.of_type("minute") if one["minute"].startswith(arguments.day)]
    total = log.one("day", day=arguments.day)
    if total is None:
        raise CannotCheck(
            f"the log holds no totals of {arguments.day}: a day is closed the day after, if it had events"
        )
    sealed = sum(one["events"] for one in minutes)
    published = sum(count for classes in total["classes"].values() for count in classes.values())
    if not sealed == published == total["events"]:
        raise Wrong(f"{arguments.day}: {sealed} events were sealed and {published} are published")
    counted = total["classes"].get("counted", {})
    return [
        f"{arguments.day}: {sealed} sealed events, the sum of {len(minutes)} minutes, equal to the published totals",
        f"counted redirects: {sum(counted.values())} " + json.dumps(counted, sort_keys=True),
    ]


def check_receipt(log, arguments):
    """Find the commitment that a receipt opens in the minutes of its hour and of the two after."""
    hour, _, sealed = arguments.receipt.strip().partition(".")
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        start = datetime.strptime(hour, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
        event = json.loads(raw[16:])
    except (ValueError, UnicodeDecodeError) as error:
        raise CannotCheck("this is not a receipt: HOUR.TEXT, as the portal printed it") from error
    if canonical(event) != raw[16:]:
        raise Wrong("the receipt's event is not in its canonical form")
    commitment = hashlib.sha256(b"aiguillage-event/v1\n" + raw).digest()
    end = (start + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    minutes = [one for one in log.of_type("minute") if hour <= one["minute"] < end]
    for entry in minutes:
        commitments = log.source.get(entry["file"])
        parts = [commitments[at : at + 32] for at in range(0, len(commitments), 32)]
        if root_of([leaf(one) for one in parts]).hex() != entry["root"]:
            raise Wrong(f"{entry['file']}: its commitments do not have the root that was logged")
        if commitment in parts:
            said = ", ".join(f"{key} {value}" for key, value in sorted(event.items()))
            return [f"found in minute {entry['minute']}, one of {entry['events']} events", said]
    if not minutes or minutes[-1]["minute"][:13] <= hour:
        raise CannotCheck(f"nothing has been sealed after {hour} yet: try again in two minutes")
    raise Wrong(f"no minute from {hour} on holds this redirect: it was not counted")
