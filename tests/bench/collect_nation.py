"""A nation read in one run: nothing lost, and the memory of the whole run is that of its first quarter."""

from __future__ import annotations

from tests.bench.collect import collected, discovered, platform
from tests.bench.harness import Result, apart, at_most, exponent, main, told

CENTRES = 20_000
REQUESTS = 2  # a centre: its card and one question for slots


def measure() -> Result:
    """A card and one slot request each, platforms that answer at once."""
    with platform(CENTRES, 0, 1) as folder:
        offers = apart(discovered, str(folder)).value
        run = apart(collected, str(folder))
    reading = run.value
    quarter = [one for one in reading["memory"] if one[0] <= reading["requests"] / 4]
    early = max(mb for _, _, mb in quarter)
    times = {quarter[-1][0] // REQUESTS: quarter[-1][1], reading["requests"] // REQUESTS: reading["seconds"]}
    return Result(
        f"Collect, {offers:,} centres in one run",
        [
            at_most("centres lost", offers - reading["read"] + reading["unreadable"], 0),
            at_most("peak memory against that of the first quarter", run.peak_mb / early, 1.2),
            told("peak memory", f"{run.peak_mb:.0f} MB, {run.idle_mb:.0f} before the run"),
            told("growth of time, centres: seconds", exponent(times)),
        ],
    )


if __name__ == "__main__":
    main(measure)
