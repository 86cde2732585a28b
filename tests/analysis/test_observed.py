import math

import pytest
from made import ENVIRONMENT, NAN, abandoned, answered, cell, closed_loop, measurement, samples, seen
from msgspec.structs import astuple, replace

from compare.analysis.metrics import BYSTANDER_LATE, ORPHANED
from compare.analysis.observed import Observed, littles_law, orphaned_thread_s, scheduled
from compare.analysis.rounds import figures
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.analysis.window import Window
from compare.records import (
    Arrivals,
    Closed,
    GeneratorReport,
    Mixed,
    Open,
    Orphans,
    SampleStatus,
    Usage,
)

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
    assert littles_law(Window(closed_loop(10, 0.15)), TEN).tolerance == math.inf


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
    window = Window(open_loop())
    edges = 3 * math.sqrt(window.in_flight_at(0.0) + window.in_flight_at(1.0) + 1)  # about 50 at either
    tolerance = 0.03 + 1 / 500 + edges * 0.1 / 50  # each of 0.1 s, of 50 request-seconds in all
    assert littles_law(window, OPEN).tolerance == pytest.approx(tolerance, rel=1e-6)


@pytest.mark.parametrize(("more", "steady"), [(10, True), (60, False)])
def test_a_queue_may_grow_by_what_chance_and_3_percent_allow(more, steady):
    # nobody in flight at the start, `more` at the end: allowed are 15 of 500 and 3 x sqrt(more + 1)
    rows = [answered(n / 500, 0.001 if n < 500 - more else 3.0) for n in range(500)]
    assert littles_law(Window(samples(rows, end_s=5.0)), OPEN).steady is steady


def test_a_queue_that_grows_by_all_that_is_allowed_is_steady():
    rows = [
        answered(n / 300, 0.001 if n < 276 else 3.0) for n in range(300)
    ]  # 24 = 3 % of 300 and 3 x sqrt(24 + 1)
    assert littles_law(Window(samples(rows, end_s=5.0)), replace(OPEN, rate_rps=300.0)).steady


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


def test_littles_law_is_asked_of_short_answers_too():
    _, ratio, _ = astuple(littles_law(Window(open_loop(took=0.001)), OPEN))
    assert ratio == pytest.approx(1.0, abs=0.01)


def test_littles_law_is_silent_where_nothing_was_due_or_answered():
    nobody = Window(samples([answered(-1.0, 0.5)]))
    assert astuple(littles_law(nobody, OPEN)) == (
        True,
        pytest.approx(NAN, nan_ok=True),
        0.03 + 1 / 500 + 3 / 500,
    )
    assert math.isnan(littles_law(nobody, TEN).ratio)
    at_once = Window(samples([answered(0.5, 0.0)]))
    assert math.isnan(littles_law(at_once, OPEN).ratio)
    assert math.isnan(littles_law(at_once, TEN).ratio)


def test_littles_law_is_asked_of_a_window_of_ten_responses():
    ten = Window(samples([answered(0.0, 0.125)], window_s=1.25))
    assert littles_law(ten, TEN).tolerance == pytest.approx(0.03 + 0.1)


@pytest.mark.parametrize(
    ("load", "due"),
    [
        (OPEN, 999),
        (replace(OPEN, arrivals=Arrivals.POISSON), 0),
        (Mixed(10, delay_s=0.1, duration_s=2.0, rate_rps=500.0, arrivals=Arrivals.CONSTANT), 999),
        (TEN, 0),
    ],
)
def test_an_even_schedule_says_how_many_are_due_except_for_one_at_the_edge(load, due):
    assert scheduled(load, 2.0) == due


@pytest.mark.parametrize(("course", "thread_s"), [((), 0), (((1.0, 4),), 0), (((1.0, 4), (2.0, 2)), 3)])
def test_a_course_of_orphans_needs_two_readings(course, thread_s):
    one = measurement(cell(load=abandoned(TEN)), finding=Orphans(course))
    assert orphaned_thread_s(one) == thread_s


@pytest.mark.parametrize("blank", [0.5, 0.6])
def test_a_server_that_uses_no_more_than_without_a_load_has_no_cost(blank):
    assert math.isnan(seen(blank_cpu_share=blank).cpu_s_per_answer)


def test_the_cost_of_an_answer_is_per_second_of_either_window():
    usage = Usage(1.2, 3.0, 0, 0, 1, 0, 0)
    twice = seen(
        cell(load=replace(TEN, duration_s=2.0)), closed_loop(10, 0.1, 2.0), usage=usage, blank_cpu_share=0.1
    )
    assert twice.cpu_s_per_answer == pytest.approx((0.4 - 0.1) * 2.0 / 200)
    assert math.isnan(seen(usage=None, blank_cpu_share=0.1).cpu_s_per_answer)


def test_a_wave_is_as_many_as_wait_at_a_time():
    assert seen().wave == pytest.approx(10)
    assert seen(cell(load=OPEN)).wave == 0


def test_halves_and_length_are_judged_where_the_load_stays_as_it_is():
    assert seen().halves == (50, 50)
    assert seen().too_short
    leaving = seen(cell(load=abandoned(TEN)))
    assert (leaving.halves, leaving.too_short) == (None, False)
    assert seen(cell(load=OPEN)).halves is None


def test_the_share_of_the_ceiling_is_of_answers_a_second():
    twice = seen(cell(load=replace(TEN, duration_s=2.0)), closed_loop(5, 0.1, 2.0))
    assert (twice.ceiling_rps, twice.ceiling_share) == (pytest.approx(100), pytest.approx(0.5))
    assert math.isnan(seen(cell(load=OPEN)).ceiling_share)


def test_a_crowd_is_what_was_asked_for_in_a_closed_loop_and_what_came_together_in_an_open_one():
    assert seen().in_flight == 10
    assert seen(cell(load=OPEN), open_loop()).in_flight == pytest.approx(50, abs=1)


def test_an_open_loop_may_have_fewer_connections_than_it_is_allowed():
    few = GeneratorReport(0.2, 9, 0)
    assert seen(generator=few).limit_hit
    assert not seen(cell(load=OPEN), open_loop(), generator=few).limit_hit
    assert not seen(generator=None, usage=None).limit_hit


def test_pings_outside_the_window_are_not_among_the_late_ones():
    before = samples([answered(-0.5, 0.9), answered(1.5, 0.9)])
    assert math.isnan(seen(bystander=before).bystander_over(0.1))
    assert math.isnan(seen().bystander_over(0.1))


def test_pings_as_long_as_the_limit_are_not_among_the_late_ones_whenever_they_were_sent():
    pings = samples([answered(0.0, 0.125), answered(0.5, 0.0625)])
    assert seen(bystander=pings).bystander_over(0.125) == 0


def test_a_round_that_was_made_elsewhere_is_judged_by_the_machine_it_was_made_on():
    usage = Usage(0.5, 1.0, 0, 0, 7, 0, 0, 1024)
    elsewhere = replace(ENVIRONMENT, open_files_limit=4096)
    one = measurement(usage=usage)
    for environment, hit in ((elsewhere, False), (ENVIRONMENT, True), (None, True)):
        found = Observed(replace(one, environment=environment), one.samples, ENVIRONMENT)
        assert found.limit_hit is hit


def test_answers_a_second_are_those_of_either_window():
    pings = samples([answered(n / 50, 0.001) for n in range(100)], window_s=2.0)
    assert seen(bystander=pings).answers_rps == pytest.approx(150)
