"""When a page's silence needs an explanation: by its own rhythm, and no sooner."""

from hypothesis import given
from hypothesis import strategies as st
from protocol.silence import (
    HOUR,
    MIN_ARRIVALS,
    SHORTEST,
    WEEK,
    explained_until,
)

DAY = 24 * HOUR
#: A Monday, 00:00 UTC.
START = 1_790_553_600


def office_hours(weeks=8, per_day=6):
    """Leads from Monday to Friday, 8 to 18 o'clock."""
    step = 10 * HOUR / per_day
    return [
        START + week * WEEK + day * DAY + 8 * HOUR + number * step
        for week in range(weeks)
        for day in range(5)
        for number in range(per_day)
    ]


#: Moments of one week, at which a page gets its leads each week.
weekly = st.lists(st.integers(0, WEEK - 1), min_size=8, max_size=40, unique=True)
arrivals = st.lists(
    st.integers(START, START + 9 * WEEK), min_size=MIN_ARRIVALS, max_size=120
)


def repeated(moments, weeks):
    return [START + week * WEEK + at for week in range(weeks) for at in sorted(moments)]


def test_a_quiet_weekend_is_no_wonder_and_a_quiet_tuesday_is():
    times = office_hours()
    explained = explained_until(times)
    monday = START + 8 * WEEK
    # The last lead came on Friday: Monday morning is still as ever.
    assert explained > monday + 9 * HOUR
    assert explained < monday + 2 * DAY


def test_a_breakdown_within_the_week_shows_within_a_day():
    times = office_hours() + [
        START + 8 * WEEK + 8 * HOUR + number * HOUR for number in range(10)
    ]
    assert explained_until(times) < START + 8 * WEEK + 3 * DAY


def test_a_busy_page_is_given_some_hours_all_the_same():
    times = [START + number * 600 for number in range(6 * 24 * 28)]
    assert explained_until(times) == times[-1] + SHORTEST


def test_a_pause_that_the_page_had_before_is_explained():
    first = office_hours(weeks=4)
    second = [time + 6 * WEEK for time in office_hours(weeks=4)]
    explained = explained_until(first + second)
    assert explained > second[-1] + 2 * WEEK


def test_too_few_leads_or_weeks_explain_nothing():
    assert explained_until([]) is None
    assert explained_until([START + n * DAY for n in range(MIN_ARRIVALS - 1)]) is None
    assert explained_until([START + n * HOUR for n in range(400)]) is None
    assert explained_until([START] * 100) is None


@given(weekly, st.integers(4, 9))
def test_a_page_that_goes_on_as_ever_is_never_suspected(moments, weeks):
    times = repeated(moments, weeks)
    explained = explained_until(times)
    following = START + weeks * WEEK + min(moments)
    if explained is not None:
        assert explained >= following
    last_of_a_day = times[: len(times) - len(moments) // 2]
    explained = explained_until(last_of_a_day)
    if explained is not None:
        assert explained >= times[len(last_of_a_day)] - 1


@given(arrivals)
def test_every_silence_comes_to_its_end_and_none_before_the_shortest(times):
    explained = explained_until(times)
    if explained is not None:
        assert max(times) + SHORTEST <= explained < max(times) + 60 * 9 * WEEK


@given(arrivals, st.randoms())
def test_the_order_of_the_arrivals_tells_nothing(times, random):
    shuffled = [*times]
    random.shuffle(shuffled)
    assert explained_until(shuffled) == explained_until(times)


@given(arrivals, st.integers(-50, 50))
def test_the_same_rhythm_in_other_weeks_is_judged_alike(times, weeks):
    moved = explained_until([time + weeks * WEEK for time in times])
    stayed = explained_until(times)
    if stayed is None:
        assert moved is None
    else:
        assert abs(moved - stayed - weeks * WEEK) < 1


@given(arrivals)
def test_twice_the_leads_in_the_same_rhythm_are_judged_alike(times):
    once, twice = explained_until(times), explained_until([*times, *times])
    if once is not None:
        assert abs(once - twice) < 1
