"""Row 31: any one value of an answer in place of another: no reading stops, no slot is lost in silence."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from providers.base import Provider
from providers.reading import Draft
from providers.records import Reading
from providers.sandbox.server import Sandbox
from tests.bench.provider_faults import adapters, bookable
from tests.bench.score import Score, report
from tests.bench.stage import now, world
from tests.providers.contract import ODD_VALUES, odd_value

TITLE = "values of an answer in place of another that stop a reading or lose slots in silence"
BAR = "0 of 2,400, over every adapter"
EACH = 600


def honest(adapter: Provider, link: str, whole: set[Any]) -> bool:
    """Whether a reading says what it lost: all slots, or partial, or an outcome that is no answer."""
    try:
        reading = adapter.slots(link, now().date(), 14)
    except Exception:  # this is what the row looks for
        return False
    finally:
        adapter.breaker.succeeded()
    kept = {slot.starts_at for slot in reading.slots}
    # A slot of this minute may have passed meanwhile.
    return {one for one in whole if one > now()} <= kept or reading.partial or not reading.outcome.readable


def played(sandbox: Sandbox, slug: str, times: int, seed: int) -> int:
    """How many odd values of answers of one platform are survived."""
    draw, link, fine = random.Random(seed), bookable(sandbox, slug, now().date()), 0
    adapter = adapters(sandbox)[slug]
    whole = {slot.starts_at for slot in adapter.slots(link, now().date(), 14).slots}
    if not whole:
        raise RuntimeError(f"{slug}: nothing to lose")
    for _ in range(times):
        with odd_value(slug, sandbox, draw.randrange(6), draw.randrange(400), draw.choice(ODD_VALUES)):
            fine += honest(adapter, link, whole)
    return fine


def silent(finish: Callable[[Draft], Reading]) -> Callable[[Draft], Reading]:
    """The control: a reading that keeps to itself what it could not read."""

    def without_failures(draft: Draft) -> Reading:
        draft.ask.odd.named.clear()
        draft._failures.clear()
        return finish(draft)

    return without_failures


def score() -> Score:
    # The phases of invented slots turn with the clock: they stand still while the row is played.
    at = now()
    with Sandbox(world(150), now=lambda: at) as sandbox:
        slugs = sorted(adapters(sandbox))
        survived = {slug: played(sandbox, slug, EACH, 1) for slug in slugs}
        with patch.object(Draft, "finish", silent(Draft.finish)):
            careless = {slug: EACH // 4 - played(sandbox, slug, EACH // 4, 1) for slug in slugs}
    said = ", ".join(f"{slug} {n}" for slug, n in careless.items())
    caught = sum(n > 0 for n in careless.values())
    return Score(
        EACH * len(slugs), sum(survived.values()), len(slugs), caught, f"lost in silence without notes: {said}"
    )


if __name__ == "__main__":
    report(TITLE, score)
