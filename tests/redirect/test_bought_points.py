"""What the limits are for: buying points of a share takes more and more addresses (docs/figures.md §1.5)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.bench.bought_points import (
    ONE,
    Careful,
    OfOldTimes,
    OneButton,
    Rider,
    attacked,
    botnet,
    fewest,
    one_ipv4_network,
    one_ipv6_network,
    refused,
)
from tests.bench.click_day import honest_day

HONEST = 500
GOAL = 34  # more clicks than 100 of 500 make 134 of 534: a quarter


def test_without_limits_one_address_and_one_list_are_enough() -> None:
    """The control."""
    bought = attacked(HONEST, OfOldTimes, ONE, limited=False)

    assert (bought.lists, bought.clicks, bought.won) == (1, GOAL, GOAL)
    assert bought.points >= 5
    assert bought.took is not None
    assert bought.took < timedelta(minutes=1)


def test_another_user_agent_buys_nothing() -> None:
    """The same attacker, against the limits: all but the first are duplicates."""
    assert attacked(HONEST, OfOldTimes, ONE).won == 1


def test_each_way_takes_longer_than_the_one_with_more_networks() -> None:
    ways = [
        attacked(HONEST, OneButton, ONE).took,
        attacked(HONEST, Careful, ONE).took,
        attacked(HONEST, Careful, one_ipv4_network()).took,
        attacked(HONEST, Careful, botnet(GOAL)).took,
    ]
    took = [one or timedelta(days=1) for one in ways]

    assert took[0] > took[1] > took[2] >= took[3]


def test_a_network_of_ipv6_buys_no_more_than_one_of_ipv4() -> None:
    honest = 3_100  # 207 clicks: more than a network may in an hour
    small = attacked(honest, Careful, one_ipv4_network())
    large = attacked(honest, Careful, one_ipv6_network(1_000))

    assert (small.won, small.took) == (large.won, large.took)
    assert small.took is not None
    assert small.took > timedelta(minutes=1)


def test_the_token_of_a_list_counts_no_more_often_than_the_list_was_served() -> None:
    assert attacked(HONEST, Rider, botnet(GOAL)).won < GOAL
    fetching = attacked(HONEST, OneButton, botnet(GOAL))
    assert (fetching.won, fetching.lists) == (GOAL, GOAL)


@pytest.mark.parametrize("honest", [500, 1_000])
def test_who_is_in_a_hurry_needs_more_addresses(honest: int) -> None:
    assert fewest(honest, timedelta(minutes=1)) > fewest(honest, timedelta(days=1)) == 1


def test_what_it_does_not_stop() -> None:
    """Told on the page, so that nobody believes more: addresses enough in networks enough look like people."""
    bought = attacked(HONEST, Careful, botnet(GOAL))

    assert bought.points >= 5
    assert bought.won == bought.clicks


def test_people_who_share_an_address_pay_for_it_where_they_are_many() -> None:
    crowd = refused(1_000, 0.5, ONE)[2]
    several = refused(1_000, 0.5, botnet(20))[2]

    assert crowd > several == 0


def test_the_day_has_exactly_the_shares_that_it_says() -> None:
    clicks = honest_day(1_000)

    assert len(clicks) == 1_000
    assert refused(1_000, 0, ONE) == (0, 0, 0, 0.0)
