import numpy as np
import pytest
from made import NAN, answered, closed_loop, samples

from compare.analysis.quantiles import Known
from compare.analysis.window import ErrorCount, Window
from compare.records import SampleStatus

UNANSWERED = (0.5, 0.5, NAN, SampleStatus.UNANSWERED, NAN)
UNSENT = (0.6, NAN, NAN, SampleStatus.UNSENT, NAN)
REFUSED = (0.7, NAN, 0.71, SampleStatus.REFUSED, NAN)
RESET = (0.7, 0.7, 0.8, SampleStatus.RESET, NAN)
MALFORMED = (0.7, 0.7, 0.8, SampleStatus.MALFORMED, NAN)


def test_throughput_counts_successes_completed_in_the_window_whenever_they_were_intended():
    window = Window(
        samples(
            [
                answered(-0.2, 0.3),  # intended before, completed in the window
                answered(0.1, 0.3),
                answered(0.9, 0.3),  # completed after
                answered(0.2, 0.1, status=503),
                answered(0.3, 0.1, status=204),
            ]
        )
    )
    assert (window.successes, window.answers) == (3, 4)
    assert window.intended == 4


def test_the_window_has_its_first_moment_and_not_its_last():
    window = Window(samples([answered(0.0, 0.5), answered(2.0, 0.5), answered(1.0, 1.0)], window_s=2.0))
    assert (window.intended, window.successes) == (2, 1)
    assert Window(samples([answered(-1.0, 1.0)])).successes == 1


@pytest.mark.parametrize(("status", "good"), [(199, 0), (200, 1), (299, 1), (300, 0)])
def test_success_is_a_status_of_2xx(status, good):
    assert Window(samples([answered(0.1, 0.1, status=status)])).successes == good


def test_the_median_is_of_the_response_however_few_there_are():
    assert Window(samples([answered(0.4, took) for took in (0.1, 0.2, 0.5)])).median_s == pytest.approx(0.2)
    window = Window(samples([answered(0.4, 0.1), answered(-0.3, 9.0), answered(0.4, 0.01, status=500)]))
    assert window.median_s == pytest.approx(0.1)


def test_latencies_are_of_those_intended_in_the_window_that_succeeded():
    rows = (
        [answered(-0.1, 5.0)] * 9
        + [answered(0.1, 0.2, lag_s=0.05)] * 30
        + [answered(0.1, 0.001, status=503)] * 99
    )
    window = Window(samples(rows))
    assert window.response().p50.value_s == pytest.approx(0.2)
    assert window.service().p50.value_s == pytest.approx(0.15)
    assert window.response().max.value_s == pytest.approx(0.2)


def test_a_fast_error_makes_no_latency_better_and_is_no_throughput():
    good = [answered(0.0, 0.2)] * 30
    with_errors = Window(samples([*good, *[answered(0.0, 0.001, status=500)] * 1000]))
    assert with_errors.response() == Window(samples(good)).response()
    assert with_errors.successes == 30
    assert with_errors.errors() == (ErrorCount("HTTP 500", 1000),)


def test_what_is_unanswered_is_beyond_the_time_it_was_waited_for():
    window = Window(samples([UNANSWERED] * 30, end_s=2.0))
    assert (window.response().p50.known, window.response().p50.value_s) == (Known.BEYOND, 1.5)
    assert window.median_s == pytest.approx(1.5)


def test_what_was_never_sent_counts_for_the_response_and_has_no_service():
    window = Window(samples([*[answered(0.0, 0.1)] * 20, *[UNSENT] * 60]))
    assert window.response().p50.known is Known.BEYOND
    assert window.service().p50.value_s == pytest.approx(0.1)


def test_errors_are_counted_by_kind_the_most_frequent_first():
    window = Window(
        samples(
            [
                answered(-0.5, 0.6, status=500),  # intended before the window
                *[answered(0.0, 0.1), UNANSWERED, *[UNSENT] * 4, REFUSED, REFUSED, RESET, MALFORMED],
            ]
        )
    )
    assert [(error.kind, error.count) for error in window.errors()] == [
        ("unsent", 4),
        ("refused", 2),
        ("malformed", 1),
        ("reset", 1),
        ("unanswered", 1),
    ]
    assert window.failures == 4  # neither the unanswered nor the unsent failed: nobody knows


def test_lag_is_how_late_each_was_sent():
    window = Window(samples([answered(0.1, 0.2, lag_s=lag / 1000) for lag in range(101)] + [UNSENT]))
    assert window.lag_s(0.5) == pytest.approx(0.050)
    assert window.lag_s(0.99) == pytest.approx(0.099)


def test_the_share_sent_is_of_what_was_due_by_the_schedule_or_the_samples():
    window = Window(samples([answered(0.0, 0.1)] * 9 + [UNSENT]))
    assert window.sent_share(0) == 0.9
    assert window.sent_share(12) == 0.75
    assert window.sent_share(5) == 0.9


def test_a_wait_is_short_when_the_servers_own_clock_says_so():
    window = Window(
        samples(
            [answered(0.0, 0.1, io_s=io_s) for io_s in (0.1, 0.1002, 0.09899, 0.0989, 0.01)]
            + [answered(0, 1)]
        )
    )
    assert window.short_waits_share(0.1) == pytest.approx(2 / 5)  # 98.99 ms may be 99.0 rounded
    assert np.isnan(Window(samples([answered(0, 1)])).short_waits_share(0.1))
    others = [answered(-0.5, 0.9, io_s=0.01), answered(0.0, 0.1, status=500, io_s=0.01)]
    assert Window(samples([answered(0.0, 0.1, io_s=0.1), *others])).short_waits_share(0.1) == 0


def test_in_flight_counts_what_of_each_request_lies_in_the_window():
    window = Window(
        samples(
            [
                answered(-0.5, 0.7),
                answered(0.2, 0.3),
                answered(0.8, 5.0),
                (0.9, NAN, NAN, SampleStatus.UNSENT, NAN),
            ]
        )
    )
    assert window.in_flight_s == pytest.approx(0.2 + 0.3 + 0.2 + 0.1)
    assert [window.in_flight_at(at) for at in (0.0, 0.3, 0.6, 0.95)] == [1, 1, 0, 2]
    assert window.in_flight_peak == 2


def test_the_peak_in_flight_is_reached_where_most_overlap():
    window = Window(
        samples([answered(0.0, 1.5), answered(0.1, 0.2), answered(0.2, 0.2), answered(0.45, 0.1)])
    )
    assert window.in_flight_peak == 3
    assert Window(samples([answered(0.0, 0.1), answered(0.1, 0.1)])).in_flight_peak == 1


def test_a_closed_loop_has_its_connections_in_flight_all_the_time():
    window = Window(closed_loop(7, 0.13))
    assert window.in_flight_s == pytest.approx(7.0)
    assert window.successes == pytest.approx(7 / 0.13, abs=7)


def test_the_mean_response_counts_what_the_censored_waited():
    window = Window(samples([answered(0.0, 0.5), UNANSWERED], end_s=2.0))
    assert window.response_mean_s == pytest.approx((0.5 + 1.5) / 2)


def test_a_freeze_shows_in_the_percentiles_as_arithmetic_has_it():
    """200/s for 5 s against 5 ms, frozen once for 1 s: what was due meanwhile is sent at the thaw and waited for it."""
    rows = []
    for number in range(1000):
        due = number / 200
        sent = 2.0 if 1.0 <= due < 2.0 else due
        rows.append(answered(due, sent + 0.005 - due, lag_s=sent - due))
    window = Window(samples(rows, window_s=5.0, end_s=6.0))
    found = window.response()
    told = [found.p50.value_s, found.p90.value_s, found.p97_5.value_s, found.p99.value_s]
    assert told == pytest.approx([0.005, 0.505, 0.880, 0.955], rel=0.01)
    assert window.service().p99.value_s == pytest.approx(0.005)  # which is not what a user waits


def test_what_was_expected_is_a_success_and_nothing_else():
    rows = [answered(0.1, 0.1, status=status) for status in (200, 200, 404, 503)]
    assert Window(samples(rows), {404}).successes == 1
    assert Window(samples(rows), {404, 503}).errors() == (ErrorCount("HTTP 200", 2),)


def test_what_was_unanswered_when_the_window_began_is_counted_apart():
    before = (-0.1, -0.1, NAN, SampleStatus.UNANSWERED, NAN)
    at_its_start = (0.0, 0.0, NAN, SampleStatus.UNANSWERED, NAN)
    window = Window(samples([before, before, before, at_its_start, UNANSWERED, answered(-0.1, 0.2)]))
    assert window.unanswered_before == 3
    assert window.errors() == (
        ErrorCount("unanswered from before the window", 3),
        ErrorCount("unanswered", 2),
    )


def test_the_mean_of_the_answered_is_of_those_that_came_in_the_window():
    rows = [answered(-0.5, 1.0), answered(0.25, 0.5, status=503), answered(0.75, 0.5), REFUSED, UNANSWERED]
    assert Window(samples(rows)).answered_mean_s == pytest.approx(0.75)
    assert np.isnan(Window(samples([REFUSED, UNANSWERED])).answered_mean_s)


def test_the_halves_of_a_window_part_in_its_middle():
    rows = [answered(-0.5, 0.6), answered(0.25, 0.25), answered(0.5, 0.1), answered(0.5, 0.9, status=503)]
    assert Window(samples([*rows, answered(0.1, 0.1)])).halves == (2, 2)
    assert Window(samples(rows, window_s=4.0)).halves == (3, 0)


def test_a_request_is_in_flight_from_its_intended_moment_to_its_end_and_at_neither():
    window = Window(samples([answered(0.25, 0.5)]))
    assert [window.in_flight_at(at) for at in (0.25, 0.5, 0.75)] == [0, 1, 0]


def test_what_is_not_in_the_window_is_not_in_its_peak():
    outside = [answered(-0.5, 0.25), answered(-0.5, 0.5), answered(1.0, 0.5), answered(1.25, 0.5)]
    assert Window(samples(outside)).in_flight_peak == 0
    assert Window(samples(outside)).in_flight_s == 0
    assert Window(samples([*outside, answered(-0.5, 0.75), answered(0.5, 1.0)])).in_flight_peak == 1


def test_a_percentile_of_the_lag_is_one_of_the_lags():
    assert Window(samples([answered(0.0, 0.5, lag_s=lag) for lag in (0.0, 0.125)])).lag_s(0.5) == 0.125


def test_of_nothing_nothing_is_known():
    window = Window(samples([answered(-1.0, 0.5)]))
    nothing = [window.median_s, window.lag_s(0.5), window.sent_share(0), window.response_mean_s]
    assert all(np.isnan(each) for each in nothing)
    assert (window.intended, window.answers, window.failures, window.errors()) == (0, 0, 0, ())


def test_an_unanswered_request_that_was_not_sent_has_no_service_time():
    lost = (0.5, NAN, NAN, SampleStatus.UNANSWERED, NAN)
    assert Window(samples([*[answered(0.0, 0.25)] * 10, *[lost] * 30])).service().max.value_s == 0.25
