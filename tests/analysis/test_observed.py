import math

import pytest
from made import ENVIRONMENT, NAN, abandoned, answered, cell, closed_loop, measurement, samples
from msgspec.structs import astuple, replace

from compare.analysis.metrics import BYSTANDER_LATE, ORPHANED
from compare.analysis.observed import littles_law, orphaned_thread_s
from compare.analysis.rounds import figures
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.analysis.window import Window
from compare.records import Arrivals, Closed, Open, Orphans, SampleStatus

TEN = Closed(10, delay_s=0.1, duration_s=1.0)


def _columns(stamps):
    return stamps.intended_s, stamps.sent_s, stamps.done_s, stamps.status, stamps.io_s


OPEN = Open(1000, delay_s=0.1, duration_s=1.0, rate_rps=500.0)


def open_loop(rate=500.0, took=0.1, before=0.5, window_s=1.0):
    """Requests leave at `rate` from `before` the window on; those answered before it are dropped."""
    count = round(rate * (window_s + before))
    rows = [answered(n / rate - before, took) for n in range(count) if n / rate - before + took > 0]
    return samples(rows, window_s, window_s + 1)


def test_thread_seconds_without_a_client_are_counted_only_where_clients_leave():
    leaving = cell(load=abandoned(TEN))
    course = ((1.0, 0), (1.5, 10), (2.5, 10), (3.0, 0))
    assert orphaned_thread_s(measurement(leaving, finding=Orphans(course))) == pytest.approx(2.5 + 10 + 2.5)
    assert orphaned_thread_s(measurement(leaving)) == 0
    assert math.isnan(orphaned_thread_s(measurement()))
    assert figures(measurement(leaving, finding=Orphans(course)), ENVIRONMENT).of(ORPHANED) == pytest.approx(
        15
    )


def test_pings_that_were_never_answered_are_among_the_late_ones():
    rows = [answered(0.0, 0.09), answered(0.1, 0.11), answered(0.2, 0.9)]
    pings = samples([*rows, (0.3, 0.3, NAN, SampleStatus.UNANSWERED, NAN)])
    assert figures(measurement(bystander=pings), ENVIRONMENT).of(BYSTANDER_LATE) == 0.75
    assert math.isnan(figures(measurement(), ENVIRONMENT).of(BYSTANDER_LATE))


def test_littles_law_holds_in_a_closed_loop_however_slow_the_server():
    steady, ratio, tolerance = astuple(littles_law(Window(closed_loop(10, 0.37, 4.0)), TEN))
    assert (steady, tolerance) == (True, pytest.approx(0.03 + 0.37 / 4))
    assert ratio == pytest.approx(1.0, abs=0.01)


def test_littles_law_goes_by_rate_times_latency_and_not_by_what_is_in_flight():
    """Half of the connections are never answered: 10 are in flight all along, but only 5 of them are served."""
    half = list(zip(*_columns(closed_loop(5, 0.1, 2.0)), strict=True))
    stuck = samples([*half, *[(-0.5, -0.5, NAN, SampleStatus.UNANSWERED, NAN)] * 5], 2.0, 4.0)
    assert Window(stuck).in_flight_s / 2.0 == pytest.approx(10, rel=0.02)
    found = littles_law(Window(stuck), TEN)
    assert found.ratio == pytest.approx(2.0, rel=0.02)
    assert abs(found.ratio - 1) > found.tolerance


def test_littles_law_is_not_asked_of_a_window_of_fewer_than_ten_responses():
    assert littles_law(Window(closed_loop(10, 0.37)), TEN).tolerance == math.inf


def test_littles_law_finds_lost_samples_and_a_generator_that_pauses_between_requests():
    complete = closed_loop(10, 0.1)
    lost = samples(
        [row for index, row in enumerate(zip(*_columns(complete), strict=True)) if index % 20], window_s=1.0
    )
    assert littles_law(Window(lost), TEN).ratio == pytest.approx(1 / 0.95, abs=0.01)
    pausing = samples([answered(n * 0.11 - 0.11 + c / 100, 0.1) for n in range(12) for c in range(10)])
    assert littles_law(Window(pausing), TEN).ratio == pytest.approx(11 / 10, abs=0.02)


def test_littles_law_holds_in_an_open_loop_in_a_steady_state():
    steady, ratio, _ = astuple(littles_law(Window(open_loop()), OPEN))
    assert steady
    assert ratio == pytest.approx(1.0, abs=0.01)


def test_littles_law_in_an_open_loop_goes_by_the_rate_asked_for():
    _, ratio, tolerance = astuple(littles_law(Window(open_loop(rate=400.0)), OPEN))
    assert ratio == pytest.approx(0.8, abs=0.01)
    assert abs(ratio - 1) > tolerance


def test_littles_law_and_the_schedule_hold_in_an_open_loop_of_any_length():
    load = replace(OPEN, duration_s=4.0)
    steady, ratio, _ = astuple(littles_law(Window(open_loop(window_s=4.0)), load))
    assert (steady, ratio) == (True, pytest.approx(1.0, abs=0.01))
    found = figures(measurement(cell(load=load), open_loop(window_s=4.0)), ENVIRONMENT)
    assert found.warnings == ()
    found = figures(measurement(cell(load=load), open_loop(rate=496.0, window_s=4.0)), ENVIRONMENT)
    assert found.warnings == (Warning.SENT_TOO_FEW,)


def test_the_tolerance_of_littles_law_covers_what_is_in_flight_at_the_edges():
    # 50 in flight at either edge, each of 0.1 s, of 50 request-seconds in all
    tolerance = littles_law(Window(open_loop()), OPEN).tolerance
    assert tolerance == pytest.approx(0.03 + 1 / 500 + 3 * math.sqrt(101) * 0.1 / 50, rel=0.02)


@pytest.mark.parametrize(("more", "steady"), [(10, True), (60, False)])
def test_a_queue_may_grow_by_what_chance_and_3_percent_allow(more, steady):
    # nobody in flight at the start, `more` at the end: allowed are 15 of 500 and 3 x sqrt(more + 1)
    rows = [answered(n / 500, 0.001 if n < 500 - more else 3.0) for n in range(500)]
    assert littles_law(Window(samples(rows, end_s=5.0)), OPEN).steady is steady


def test_random_arrivals_are_given_the_room_their_number_needs():
    even = littles_law(Window(open_loop()), OPEN).tolerance
    random = littles_law(Window(open_loop()), replace(OPEN, arrivals=Arrivals.POISSON)).tolerance
    assert random - even == pytest.approx(3 / math.sqrt(500) - 1 / 500)


def test_a_queue_that_grows_is_not_steady_and_littles_law_is_not_asked():
    growing = samples([answered(n / 500, 0.1 + n / 500) for n in range(500)], end_s=3.0)
    steady, ratio, _ = astuple(littles_law(Window(growing), OPEN))
    assert not steady
    assert math.isnan(ratio)
    found = figures(measurement(cell(load=OPEN), growing), ENVIRONMENT)
    assert Warning.NOT_STEADY in found.warnings
