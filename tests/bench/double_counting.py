"""Row 23: double clicks, replays, prefetches, other names and spellings of one visitor, lists that nobody saw."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "double clicks, replays, prefetches, other user agents and spellings of one address, lists that nobody saw"
BAR = "0 extra events"
DEPARTURES = "tests/web/place/test_departures.py"


def score() -> Score:
    return by_tests(
        [
            f"{DEPARTURES}::test_what_is_not_a_citizen_s_click_is_set_apart_and_sent_on",
            f"{DEPARTURES}::test_only_post_counts",
            f"{DEPARTURES}::test_fifty_clicks_at_once_with_one_token_are_one_redirect",
            f"{DEPARTURES}::test_an_expired_token_is_sent_on_and_counted_as_expired",
            f"{DEPARTURES}::test_a_forged_token_that_names_an_offer_is_sent_on_and_counted_as_forged",
            f"{DEPARTURES}::test_a_browser_that_gives_itself_another_name_each_time_is_one_redirect",
            f"{DEPARTURES}::test_clicks_of_a_list_never_exceed_the_times_it_was_shown",
            f"{DEPARTURES}::test_what_no_person_saw_is_no_list_shown",
            "tests/redirect/test_visitors.py::test_addresses_of_one_connection_are_one",
            "tests/redirect/test_visitors.py::test_a_forwarded_address_loses_its_port_and_brackets",
            "tests/redirect/test_visitors.py::TestLimits",
            "tests/browser/test_scenes.py::TestInABrowser::test_there_and_back_the_list_is_where_it_was",
        ],
        [
            f"{DEPARTURES}::test_two_people_who_click_are_two_redirects",
            f"{DEPARTURES}::test_duplicates_that_looked_at_the_user_agent_would_be_seen",
        ],
    )


if __name__ == "__main__":
    report(TITLE, score)
