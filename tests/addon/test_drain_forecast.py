"""When what waits will be with Meta, by what went through in the last minutes."""

from datetime import datetime, timedelta

from odoo.tests import BaseCase

from odoo.addons.meta_crm_capi.models.drain_forecast import (
    ABOUT,
    EMPTY,
    NEVER,
    NOT_BEFORE,
    UNKNOWN,
    Forecast,
    Queue,
    forecast,
    window_start,
    worst,
)

NOW = datetime(2026, 3, 1, 12, 0)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def told(*counts, oldest=NOW - HOUR, latest_try=NOW, **given):
    queue = Queue(*counts, oldest=oldest, latest_try=latest_try)
    return forecast(queue, now=NOW, **{"batch_size": 1000, **given})


class TestDrainForecast(BaseCase):
    def test_nothing_waits(self):
        self.assertEqual(told(), Forecast(EMPTY))
        self.assertEqual(told(sends=False), Forecast(EMPTY))

    def test_what_fits_into_a_request_goes_with_the_next_run(self):
        self.assertEqual(told(1000, 1000), Forecast(ABOUT, NOW + MINUTE))

    def test_more_goes_as_fast_as_it_went(self):
        # 1,500 in 15 minutes are 100 a minute.
        self.assertEqual(
            told(3000, 3000, accepted=1500), Forecast(ABOUT, NOW + 30 * MINUTE)
        )

    def test_only_the_time_since_the_first_of_them_came_tells_how_fast_it_goes(self):
        given = {"oldest": NOW - 3 * MINUTE, "accepted": 1500}
        self.assertEqual(told(3000, 3000, **given), Forecast(ABOUT, NOW + 6 * MINUTE))

    def test_a_moment_ago_tells_no_more_than_a_minute_does(self):
        queue = Queue(1, 1, oldest=NOW)
        self.assertEqual(window_start(queue, NOW), NOW - MINUTE)

    def test_many_of_which_none_went_through_are_not_guessed_at(self):
        self.assertEqual(told(1001, 1001), Forecast(UNKNOWN))

    def test_a_rest_comes_first(self):
        rest = NOW + 10 * MINUTE
        self.assertEqual(
            told(5, 5, rests_until=rest), Forecast(NOT_BEFORE, rest + MINUTE)
        )

    def test_a_rest_that_is_over_is_none(self):
        self.assertEqual(
            told(5, 5, rests_until=NOW - HOUR), Forecast(ABOUT, NOW + MINUTE)
        )

    def test_the_latest_next_try_is_waited_for(self):
        self.assertEqual(
            told(5, 4, latest_try=NOW + HOUR), Forecast(NOT_BEFORE, NOW + HOUR)
        )

    def test_nobody_sends(self):
        self.assertEqual(told(5, 5, sends=False), Forecast(NEVER))

    def test_what_is_set_aside_waits_for_a_person(self):
        self.assertEqual(told(5, 0, 5, latest_try=None), Forecast(NEVER))

    def test_a_snails_pace_is_told_no_further_than_meta_takes_events(self):
        found = told(10**9, 10**9, accepted=1)
        self.assertEqual(found, Forecast(ABOUT, NOW + timedelta(days=7)))

    def test_several_are_as_late_as_the_worst_of_them(self):
        soon, late = Forecast(ABOUT, NOW), Forecast(ABOUT, NOW + HOUR)
        self.assertEqual(worst([]), Forecast(EMPTY))
        self.assertEqual(worst([late, Forecast(EMPTY), soon]), late)
        self.assertEqual(worst([Forecast(NEVER), late]), Forecast(NEVER))
