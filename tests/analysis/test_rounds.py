import math

import pytest
from made import BLOCKING, ENVIRONMENT, NAN, NATIVE, answered, cell, closed_loop, measurement, samples
from msgspec.structs import replace

from compare.analysis.rounds import ceiling_rps, figures, littles_law, orphaned_thread_s
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.analysis.window import Window
from compare.contract import Paradigm
from compare.records import Arrivals, GeneratorReport, Load, SampleStatus, Usage

EXECUTOR = replace(NATIVE, paradigm=Paradigm.EXECUTOR)
TEN = Load(10, delay_s=0.1, duration_s=1.0)


@pytest.mark.parametrize(
    ("contestant", "load", "ceiling"),
    [
        (NATIVE, TEN, 100.0),
        (NATIVE, replace(TEN, delay_s=0.05), 200.0),
        (BLOCKING, TEN, 10.0),
        (replace(BLOCKING, workers=2), TEN, 20.0),
        (replace(BLOCKING, threads=8), TEN, 10.0),  # a pool that blocking does not use
        (replace(EXECUTOR, threads=4), TEN, 40.0),
        (replace(EXECUTOR, threads=40), TEN, 100.0),
        (EXECUTOR, TEN, 60.0),  # Python's own pool on two CPUs: six threads
        (replace(NATIVE, max_in_flight=3), TEN, 30.0),
        (replace(NATIVE, work="postgres"), TEN, 100.0),
        (replace(NATIVE, work="my.module:Work"), TEN, None),
        (NATIVE, replace(TEN, delay_s=0.0), None),
    ],
)
def test_the_ceiling_is_what_can_wait_at_once_over_the_wait(contestant, load, ceiling):
    assert ceiling_rps(contestant, load, cpus=2) == (ceiling if ceiling is None else pytest.approx(ceiling))


def test_a_pool_of_the_work_lowers_the_ceiling_of_each_server_process():
    thousand = replace(TEN, concurrency=1000)
    assert ceiling_rps(NATIVE, thousand, cpus=2, limit=100) == pytest.approx(1000)
    assert ceiling_rps(replace(NATIVE, workers=2), thousand, cpus=2, limit=100) == pytest.approx(2000)
    assert ceiling_rps(BLOCKING, thousand, cpus=2, limit=100) == pytest.approx(10)
    assert ceiling_rps(NATIVE, TEN, cpus=2, limit=100) == pytest.approx(100)


def test_the_connections_of_an_open_loop_are_no_ceiling():
    rate = replace(TEN, concurrency=2000, rate_rps=500.0)
    assert ceiling_rps(NATIVE, rate, cpus=2) is None
    assert ceiling_rps(replace(NATIVE, max_in_flight=100), rate, cpus=2) == pytest.approx(1000)
    assert ceiling_rps(NATIVE, rate, cpus=2, limit=100) == pytest.approx(1000)


def test_a_skipped_wait_is_seen_in_an_open_loop_too():
    rate = cell(load=replace(TEN, rate_rps=50.0))
    short = samples([answered(n / 50, 0.1, io_s=0.05) for n in range(50)])
    assert Warning.WAIT_SKIPPED in figures(measurement(rate, short), ENVIRONMENT).warnings


def test_a_limit_is_told_only_where_it_makes_the_ceiling():
    crowded = cell(load=replace(TEN, concurrency=20))
    found = figures(measurement(crowded, closed_loop(20, 0.2, io_s=0.1), limit=10), ENVIRONMENT)
    assert (found.limit, found.ceiling_rps) == (10, pytest.approx(100))
    assert Warning.LIMITED_BY_WAIT in found.warnings
    assert figures(measurement(limit=10), ENVIRONMENT).limit == 0


def test_a_work_of_ones_own_has_no_ceiling_and_may_be_faster_than_asked():
    where = cell(replace(NATIVE, work="my:work"))
    found = figures(measurement(where, closed_loop(10, 0.01, io_s=0.01)), ENVIRONMENT)
    assert found.ceiling_rps is None
    assert found.valid


def test_thread_seconds_without_a_client_are_counted_only_where_clients_leave():
    leaving = cell(load=replace(TEN, timeout_s=0.0))
    course = ((1.0, 0), (1.5, 10), (2.5, 10), (3.0, 0))
    assert orphaned_thread_s(measurement(leaving, orphaned_s=course)) == pytest.approx(2.5 + 10 + 2.5)
    assert orphaned_thread_s(measurement(leaving)) == 0
    assert math.isnan(orphaned_thread_s(measurement()))
    assert figures(measurement(leaving, orphaned_s=course), ENVIRONMENT).orphaned_thread_s == pytest.approx(
        15
    )


def test_the_bystanders_answers_count_as_answers_the_server_worked_for():
    pings = samples([answered(n / 50, 0.003) for n in range(50)])
    found = figures(measurement(bystander=pings), ENVIRONMENT)
    assert found.cpu_s_per_request == pytest.approx(0.5 / 150)


def test_pythons_own_pool_never_exceeds_32_threads():
    assert ceiling_rps(EXECUTOR, replace(TEN, concurrency=100), cpus=64) == pytest.approx(320)


def test_a_round_has_one_number_per_metric():
    found = figures(measurement(), ENVIRONMENT)
    assert found is not None
    assert found.throughput_rps == pytest.approx(100)
    assert (found.ceiling_rps, found.ceiling_share) == (pytest.approx(100), pytest.approx(1.0))
    assert found.response.p90.value_s == pytest.approx(0.1)
    assert found.cpu_s_per_request == pytest.approx(0.5 / 100)
    assert found.rss_over_idle_bytes == 1_000_000
    assert found.rss_per_in_flight_bytes == 100_000
    assert found.threads_peak == 7
    assert found.voluntary_switches_per_request == pytest.approx(2.0)
    assert found.involuntary_switches_per_request == pytest.approx(0.5)
    assert (found.loop_lag_p50_s, found.loop_lag_p99_s) == (0.001, 0.004)
    assert found.generator_cpu_share == 0.2
    assert found.littles_ratio == pytest.approx(1.0)
    assert found.warnings == (Warning.LIMITED_BY_WAIT,)
    assert found.valid


def test_usage_is_divided_as_a_rate_as_its_window_is_not_the_generators():
    watched = Usage(1.0, 2.0, 0, 0, 1, 400, 0)
    found = figures(measurement(usage=watched), ENVIRONMENT)
    assert found.cpu_s_per_request == pytest.approx(0.5 / 100)
    assert found.voluntary_switches_per_request == pytest.approx(2.0)


def test_rates_are_per_second_of_a_window_of_any_length():
    where, watched = cell(load=replace(TEN, duration_s=2.0)), Usage(1.0, 2.0, 0, 0, 1, 400, 0)
    found = figures(measurement(where, closed_loop(10, 0.1, 2.0), usage=watched), ENVIRONMENT)
    assert found.throughput_rps == pytest.approx(100)
    assert found.ceiling_share == pytest.approx(1.0)
    assert found.cpu_s_per_request == pytest.approx(1.0 / 200)
    assert found.littles_ratio == pytest.approx(1.0)
    assert found.valid


def test_the_server_is_charged_for_errors_it_answered_too():
    half_errors = [answered(n / 100, 0.1, status=200 if n % 2 else 503) for n in range(-10, 100)]
    found = figures(measurement(stamps=samples(half_errors)), ENVIRONMENT)
    assert found.throughput_rps == pytest.approx(50)
    assert found.cpu_s_per_request == pytest.approx(0.5 / 100, rel=0.02)
    assert Warning.ERRORS in found.warnings


def test_a_failed_cell_and_one_without_samples_give_no_number():
    assert figures(replace(measurement(), failure="The server died."), ENVIRONMENT) is None
    assert figures(replace(measurement(), samples=None), ENVIRONMENT) is None


def test_what_was_not_watched_is_no_number():
    bare = measurement(usage=None, generator=None, loop_lag_s=None)
    found = figures(replace(bare, noise=None), ENVIRONMENT)
    assert math.isnan(found.cpu_s_per_request)
    assert math.isnan(found.threads_peak)
    assert math.isnan(found.loop_lag_p99_s)
    assert math.isnan(found.generator_cpu_share)
    assert found.bystander.p50.text == "n/a"
    assert found.valid


def test_bystanders_are_reported_by_their_response():
    pings = samples([answered(n / 50, 0.003) for n in range(50)])
    found = figures(measurement(bystander=pings), ENVIRONMENT)
    assert found.bystander.p50.value_s == pytest.approx(0.003)
    assert found.bystander.p99.text == "n/a"


def test_a_skipped_wait_is_seen_by_the_ceiling():
    found = figures(measurement(stamps=closed_loop(10, 0.09)), ENVIRONMENT)
    assert Warning.WAIT_SKIPPED in found.warnings
    assert not found.valid


def test_a_skipped_wait_is_seen_by_the_servers_own_clock():
    found = figures(measurement(stamps=closed_loop(10, 0.1, io_s=0.001)), ENVIRONMENT)
    assert Warning.WAIT_SKIPPED in found.warnings


def test_a_window_of_two_and_a_half_waits_has_room_for_three_answers_each():
    # connections in step, as after a restart: each is answered at 10, 110 and 210 ms
    rows = [answered(start - 0.09, 0.1) for start in (0.0, 0.1, 0.2) for _ in range(10)]
    where = cell(load=replace(TEN, duration_s=0.25))
    found = figures(measurement(where, samples(rows, window_s=0.25)), ENVIRONMENT)
    assert found.ceiling_share == pytest.approx(1.2)
    assert Warning.WAIT_SKIPPED not in found.warnings


def test_connections_that_could_not_be_opened_are_a_limit_hit():
    found = figures(measurement(generator=GeneratorReport(0.2, 9, 0)), ENVIRONMENT)
    assert Warning.LIMIT_HIT in found.warnings


def test_a_server_at_its_limit_of_open_files_is_a_limit_hit():
    def at(open_files):
        return figures(measurement(usage=Usage(0.5, 1.0, 0, 0, 7, 0, 0, open_files)), ENVIRONMENT).warnings

    assert Warning.LIMIT_HIT in at(1020)
    assert Warning.LIMIT_HIT in at(1024)
    assert Warning.LIMIT_HIT not in at(900)
    assert Warning.LIMIT_HIT not in at(2000)  # it has raised its own


def test_no_success_is_no_throughput_of_zero_but_invalid():
    found = figures(measurement(stamps=samples([answered(0.1, 0.1, status=500)] * 30)), ENVIRONMENT)
    assert Warning.NO_SUCCESS in found.warnings
    assert not found.valid


def test_littles_law_holds_in_a_closed_loop_however_slow_the_server():
    steady, ratio, tolerance = littles_law(Window(closed_loop(10, 0.37)), TEN)
    assert (steady, tolerance) == (True, 0.03)
    assert ratio == pytest.approx(1.0)


def test_littles_law_holds_in_a_closed_loop_whose_queue_is_never_answered():
    stuck = samples([(-0.5, -0.5, NAN, SampleStatus.UNANSWERED, NAN)] * 10, end_s=1.5)
    assert littles_law(Window(stuck), TEN)[1] == pytest.approx(1.0)


def test_littles_law_finds_lost_samples_and_a_generator_that_pauses_between_requests():
    complete = closed_loop(10, 0.1)
    lost = samples(
        [row for index, row in enumerate(zip(*_columns(complete), strict=True)) if index % 20], window_s=1.0
    )
    assert littles_law(Window(lost), TEN)[1] == pytest.approx(0.95, abs=0.01)
    pausing = samples([answered(n * 0.11 - 0.11 + c / 100, 0.1) for n in range(12) for c in range(10)])
    assert littles_law(Window(pausing), TEN)[1] == pytest.approx(10 / 11, abs=0.02)


def _columns(stamps):
    return stamps.intended_s, stamps.sent_s, stamps.done_s, stamps.status, stamps.io_s


OPEN = Load(1000, delay_s=0.1, duration_s=1.0, rate_rps=500.0)


def open_loop(rate=500.0, took=0.1, before=0.5, window_s=1.0):
    """Requests leave at `rate` from `before` the window on; those answered before it are dropped."""
    count = round(rate * (window_s + before))
    rows = [answered(n / rate - before, took) for n in range(count) if n / rate - before + took > 0]
    return samples(rows, window_s, window_s + 1)


def test_littles_law_holds_in_an_open_loop_in_a_steady_state():
    steady, ratio, _ = littles_law(Window(open_loop()), OPEN)
    assert steady
    assert ratio == pytest.approx(1.0, abs=0.01)


def test_littles_law_in_an_open_loop_goes_by_the_rate_asked_for():
    _, ratio, tolerance = littles_law(Window(open_loop(rate=400.0)), OPEN)
    assert ratio == pytest.approx(0.8, abs=0.01)
    assert abs(ratio - 1) > tolerance


def test_littles_law_and_the_schedule_hold_in_an_open_loop_of_any_length():
    load = replace(OPEN, duration_s=4.0)
    steady, ratio, _ = littles_law(Window(open_loop(window_s=4.0)), load)
    assert (steady, ratio) == (True, pytest.approx(1.0, abs=0.01))
    found = figures(measurement(cell(load=load), open_loop(window_s=4.0)), ENVIRONMENT)
    assert found.warnings == ()
    found = figures(measurement(cell(load=load), open_loop(rate=496.0, window_s=4.0)), ENVIRONMENT)
    assert found.warnings == (Warning.SENT_TOO_FEW,)


@pytest.mark.parametrize(("sent", "missed"), [(20, False), (19, False), (18, True)])
def test_the_one_request_at_the_edge_of_a_short_schedule_is_not_missed(sent, missed):
    rows = [answered(n / 20 + 0.01, 0.01) for n in range(sent)]
    found = figures(measurement(cell(load=replace(OPEN, rate_rps=20.0)), samples(rows)), ENVIRONMENT)
    assert (Warning.SENT_TOO_FEW in found.warnings) is missed


def test_the_tolerance_of_littles_law_covers_what_is_in_flight_at_the_edges():
    # 50 in flight at either edge, each of 0.1 s, of 50 request-seconds in all
    _, _, tolerance = littles_law(Window(open_loop()), OPEN)
    assert tolerance == pytest.approx(0.03 + 1 / 500 + 3 * math.sqrt(101) * 0.1 / 50, rel=0.02)


@pytest.mark.parametrize(("more", "steady"), [(10, True), (60, False)])
def test_a_queue_may_grow_by_what_chance_and_3_percent_allow(more, steady):
    # nobody in flight at the start, `more` at the end: allowed are 15 of 500 and 3 x sqrt(more + 1)
    rows = [answered(n / 500, 0.001 if n < 500 - more else 3.0) for n in range(500)]
    assert littles_law(Window(samples(rows, end_s=5.0)), OPEN)[0] is steady


def test_random_arrivals_are_given_the_room_their_number_needs():
    even = littles_law(Window(open_loop()), OPEN)[2]
    random = littles_law(Window(open_loop()), replace(OPEN, arrivals=Arrivals.POISSON))[2]
    assert random - even == pytest.approx(3 / math.sqrt(500) - 1 / 500)


def test_a_queue_that_grows_is_not_steady_and_littles_law_is_not_asked():
    growing = samples([answered(n / 500, 0.1 + n / 500) for n in range(500)], end_s=3.0)
    steady, ratio, _ = littles_law(Window(growing), OPEN)
    assert not steady
    assert math.isnan(ratio)
    found = figures(measurement(cell(load=OPEN), growing), ENVIRONMENT)
    assert Warning.NOT_STEADY in found.warnings


def test_an_even_schedule_that_lost_requests_before_they_became_samples_is_seen():
    found = figures(measurement(cell(load=OPEN), open_loop(rate=490.0)), ENVIRONMENT)
    assert Warning.SENT_TOO_FEW in found.warnings
    found = figures(measurement(cell(load=OPEN), open_loop()), ENVIRONMENT)
    assert found.warnings == ()


def test_memory_in_an_open_loop_is_per_request_in_flight_at_the_peak():
    found = figures(measurement(cell(load=OPEN), open_loop()), ENVIRONMENT)
    assert found.rss_per_in_flight_bytes == pytest.approx(1_000_000 / 50, rel=0.03)
