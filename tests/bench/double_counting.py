"""Row 23: double clicks, replays, prefetches, other methods, fifty at once with one token."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "double clicks, replays, prefetches, other methods, fifty at once with one token"
BAR = "0 extra events"


def score() -> Score:
    return by_tests(
        [
            "tests/web/place/test_departures.py::test_what_is_not_a_citizen_s_click_is_set_apart_and_sent_on",
            "tests/web/place/test_departures.py::test_only_post_counts",
            "tests/web/place/test_departures.py::test_fifty_clicks_at_once_with_one_token_are_one_redirect",
            "tests/web/place/test_departures.py::test_an_expired_token_is_sent_on_and_counted_as_expired",
            "tests/web/place/test_departures.py::test_a_forged_token_that_names_an_offer_is_sent_on_and_counted_as_forged",
            "tests/browser/test_scenes.py::TestInABrowser::test_there_and_back_the_list_is_where_it_was",
        ],
        ["tests/web/place/test_departures.py::test_two_people_who_click_are_two_redirects"],
    )


if __name__ == "__main__":
    report(TITLE, score)
