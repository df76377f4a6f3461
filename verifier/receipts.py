"""One receipt: counted, not due yet, omitted, or no receipt of this portal (docs/log.md §8)."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import datetime, timedelta

from verifier.events import FIELDS, minutes_of, reaches
from verifier.log import canonical
from verifier.source import CannotCheck, Wrong
from verifier.tree import has_signed, leaf, node

MAX_RECEIPT = 4096
NO_RECEIPT = "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
WITHIN = 7 * 24  # hours in which a redirect that was sealed late is looked for


def check_receipt(log, arguments):
    """Counted; not due yet (exit 2); omitted (exit 1, with the signature as evidence); or no receipt of this portal."""
    text = arguments.receipt.strip()
    if not text.startswith("r2."):
        yield from check_unsigned(log, text)
        return
    receipt = read_receipt(text)
    promised = f"aiguillage-receipt/v2\n{log.origin}\n{receipt['deadline']}\n{receipt['root'].hex()}\n".encode()
    keys = [key for key, until in keys_of(log) if receipt["event"]["bin"] <= until]
    signer = next((key for key in keys if has_signed(key, receipt["key_id"], promised, receipt["signature"])), None)
    if signer is None:
        raise CannotCheck("not a receipt of this portal: no key of its log has signed this")
    sent_to, platform = receipt["event"]["prov"], getattr(arguments, "platform", None)
    if platform and sent_to != platform:
        raise Wrong(f"relabelled: signed by {signer} as a redirect to {sent_to}, and you were sent to {platform}")
    found = find(log, receipt["event"]["bin"], receipt["commitment"])
    if found is not None:
        late = " (later than promised)" if found["minute"] > receipt["deadline"] else ""
        yield f"counted: in minute {found['minute']}, one of {found['events']} events{late}"
        yield ", ".join(f"{key} {value}" for key, value in sorted(receipt["event"].items()))
        return
    known = reaches(log)
    if known <= receipt["deadline"]:
        raise CannotCheck(
            f"not due yet: it is promised for {receipt['deadline']} UTC, and the log reaches {known or 'nothing'}"
        )
    raise Wrong(
        f"omitted: signed by {signer}, promised for {receipt['deadline']} UTC, and no minute up to "
        f"{min(known, later(receipt['event']['bin'] + ':00', WITHIN))} holds it. "
        f"Evidence: this receipt, and the head of the log ({len(log.entries)} entries, root {log.root.hex()})"
    )


def read_receipt(text):
    """The parts of a receipt, and the root of its commit. Raises CannotCheck: what is wrong proves nothing."""
    try:
        if len(text) > MAX_RECEIPT:
            raise ValueError("too long")
        raw = base64.b64decode(text[3:] + "=" * (-(len(text) - 3) % 4), altchars=b"-_", validate=True)
        key_id, deadline, signature, nonce = raw[:4], raw[4:20].decode("ascii"), raw[20:84], raw[84:100]
        index, size, height = struct.unpack_from(">HHB", raw, 100)
        path = [raw[105 + 32 * at : 137 + 32 * at] for at in range(height)]
        sealed = raw[105 + 32 * height :]
        event = json.loads(sealed)
        datetime.strptime(deadline, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - every time here is UTC
        datetime.strptime(event["bin"], "%Y-%m-%dT%H")  # noqa: DTZ007
        if canonical(event) != sealed or tuple(sorted(event)) != FIELDS:
            raise ValueError("the event is not in its canonical form")
        commitment = seal(nonce, event)
        root = climb(leaf(commitment), index, size, path)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, struct.error) as error:
        raise CannotCheck(
            "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
        ) from error
    return {
        "key_id": key_id, "deadline": deadline, "signature": signature, "event": event, "commitment": commitment,
        "root": root,
    }  # fmt: skip


def seal(nonce, event):
    """The commitment of an event/v2: each field under a salt of its own."""
    salts = b"".join(hashlib.sha512(b"aiguillage-salts/v2\n" + half + nonce).digest() for half in (b"\0", b"\1"))
    digests = [
        hashlib.sha256(
            f"aiguillage-field/v2\n{name}\n".encode() + salts[16 * at : 16 * at + 16] + canonical(event[name])
        ).digest()
        for at, name in enumerate(FIELDS)
    ]
    return hashlib.sha256(b"aiguillage-event/v2\n" + b"".join(digests)).digest()


def climb(hashed, index, size, path):
    """The root that a path leads to (RFC 6962). Raises ValueError when the path is not one of such a tree."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    last, rest = size - 1, list(path)
    while last:
        if index & 1:
            hashed = node(rest.pop(0), hashed)
        elif index < last:
            hashed = node(hashed, rest.pop(0))
        index, last = index >> 1, last >> 1
    if rest:
        raise ValueError("the path is too long")
    return hashed


def keys_of(log):
    """(verifier key, last hour of clicks that it may sign), oldest first: each change of key is in the log."""
    ended = log.of_type("key")
    for entry in ended:
        # The web process takes the new key up with its next commit: an hour is more than it needs.
        yield entry["from"], (datetime.fromisoformat(entry["at"]) + timedelta(hours=1)).strftime("%Y-%m-%dT%H")
    yield log.vkey, "9999"


def find(log, hour, commitment):
    """The minute entry that holds a commitment, in the week from the hour of the click on; None.

    A log that has slept for longer goes on only when its operator says so (docs/log.md §7).
    """
    for entry, parts in minutes_of(log, hour, later(f"{hour}:00", WITHIN)):
        if commitment in parts:
            return entry
    return None


def later(moment, hours):
    """ "2026-11-23T15:00" and a number of hours -> "2026-11-23T18:00"."""
    return (datetime.fromisoformat(moment) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def check_unsigned(log, text):
    """A receipt of before signatures: what is found is counted, what is not found proves nothing."""
    hour, _, sealed = text.partition(".")
    try:
        if len(text) > MAX_RECEIPT:
            raise ValueError("too long")
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        datetime.strptime(hour, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
        event = json.loads(raw[16:])
        if canonical(event) != raw[16:]:
            raise ValueError("the event is not in its canonical form")
    except (ValueError, TypeError, RecursionError) as error:
        raise CannotCheck(
            "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
        ) from error
    found = find(log, hour, hashlib.sha256(b"aiguillage-event/v1\n" + raw).digest())
    if found is None:
        raise CannotCheck("not in the log, and not signed: anybody could have written this text, so it proves nothing")
    yield f"counted: in minute {found['minute']}, one of {found['events']} events"
    yield ", ".join(f"{key} {value}" for key, value in sorted(event.items()))
