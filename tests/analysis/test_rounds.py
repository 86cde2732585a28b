import math

import pytest
from made import CALLBACK, ENVIRONMENT, NATIVE, answered, cell, closed_loop, measurement, opened, samples
from msgspec.structs import replace

from compare.analysis.metrics import (
    CEILING_SHARE,
    CPU,
    GENERATOR_CPU,
    INVOLUNTARY,
    LITTLES,
    LOOP_LAG,
    RSS,
    RSS_EACH,
    SEND_LAG,
    THREADS,
    VOLUNTARY,
)
from compare.analysis.rounds import figures
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import Paradigm
from compare.records import Closed, GeneratorReport, Open, Usage

EXECUTOR = replace(NATIVE, paradigm=Paradigm.EXECUTOR)
TEN = Closed(10, delay_s=0.1, duration_s=1.0)


def test_a_skipped_wait_is_seen_in_an_open_loop_too():
    rate = cell(load=opened(TEN, 50.0))
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


def test_the_bystanders_answers_count_as_answers_the_server_worked_for():
    pings = samples([answered(n / 50, 0.003) for n in range(50)])
    found = figures(measurement(bystander=pings), ENVIRONMENT)
    assert found.of(CPU) == pytest.approx(0.5 / 150)


def test_a_round_has_one_number_per_metric():
    found = figures(measurement(), ENVIRONMENT)
    assert found is not None
    assert found.throughput_rps == pytest.approx(100)
    assert (found.ceiling_rps, found.of(CEILING_SHARE)) == (pytest.approx(100), pytest.approx(1.0))
    assert found.response.p90.value_s == pytest.approx(0.1)
    assert found.of(CPU) == pytest.approx(0.5 / 100)
    assert found.of(RSS) == 1_000_000
    assert found.of(RSS_EACH) == 100_000
    assert found.of(THREADS) == 7
    assert found.of(VOLUNTARY) == pytest.approx(2.0)
    assert found.of(INVOLUNTARY) == pytest.approx(0.5)
    assert found.of(LOOP_LAG) == 0.004
    assert found.of(GENERATOR_CPU) == 0.2
    assert found.of(LITTLES) == pytest.approx(1.0)
    assert found.warnings == (Warning.LIMITED_BY_WAIT, Warning.TOO_SHORT)
    assert found.valid


def test_usage_is_divided_as_a_rate_as_its_window_is_not_the_generators():
    watched = Usage(1.0, 2.0, 0, 0, 1, 400, 0)
    found = figures(measurement(usage=watched), ENVIRONMENT)
    assert found.of(CPU) == pytest.approx(0.5 / 100)
    assert found.of(VOLUNTARY) == pytest.approx(2.0)


def test_rates_are_per_second_of_a_window_of_any_length():
    where, watched = cell(load=replace(TEN, duration_s=2.0)), Usage(1.0, 2.0, 0, 0, 1, 400, 0)
    found = figures(measurement(where, closed_loop(10, 0.1, 2.0), usage=watched), ENVIRONMENT)
    assert found.throughput_rps == pytest.approx(100)
    assert found.of(CEILING_SHARE) == pytest.approx(1.0)
    assert found.of(CPU) == pytest.approx(1.0 / 200)
    assert found.of(LITTLES) == pytest.approx(1.0)
    assert found.valid


def test_the_server_is_charged_for_errors_it_answered_too():
    half_errors = [answered(n / 100, 0.1, status=200 if n % 2 else 503) for n in range(-10, 100)]
    found = figures(measurement(stamps=samples(half_errors)), ENVIRONMENT)
    assert found.throughput_rps == pytest.approx(50)
    assert found.of(CPU) == pytest.approx(0.5 / 100, rel=0.02)
    assert Warning.ERRORS in found.warnings


def test_a_failed_cell_and_one_without_samples_give_no_number():
    assert figures(replace(measurement(), failure="The server died."), ENVIRONMENT) is None
    assert figures(replace(measurement(), samples=None), ENVIRONMENT) is None


def test_what_was_not_watched_is_no_number():
    bare = measurement(usage=None, generator=None, loop_lag_s=None)
    found = figures(replace(bare, noise=None), ENVIRONMENT)
    assert math.isnan(found.of(CPU))
    assert math.isnan(found.of(THREADS))
    assert math.isnan(found.of(LOOP_LAG))
    assert math.isnan(found.of(GENERATOR_CPU))
    assert found.bystander.p50.text == "n/a"
    assert found.valid


def test_switches_the_kernel_did_not_tell_are_no_number():
    found = figures(measurement(usage=Usage(0.5, 1.0, 0, 0, 1, -1, -1)), ENVIRONMENT)
    assert math.isnan(found.of(VOLUNTARY))
    assert math.isnan(found.of(INVOLUNTARY))


def test_the_send_lag_of_an_open_loop_is_that_of_the_latest_in_a_hundred():
    late = samples([answered(n / 100, 0.1, lag_s=0.02 if n % 50 == 0 else 0.0) for n in range(100)])
    found = figures(measurement(cell(load=opened(TEN, 100.0)), late), ENVIRONMENT)
    assert found.of(SEND_LAG) == pytest.approx(0.02)


def test_beside_a_closed_loop_a_late_generator_shows_in_its_pings():
    pings = samples([answered(n / 50, 0.001, lag_s=0.02 if n % 5 == 0 else 0.0) for n in range(50)])
    found = figures(measurement(bystander=pings), ENVIRONMENT)
    assert found.of(SEND_LAG) == pytest.approx(0.02)
    assert Warning.LATE_SENDS in found.warnings
    assert math.isnan(figures(measurement(), ENVIRONMENT).of(SEND_LAG))


def test_what_a_server_uses_without_a_load_is_no_cost_of_its_answers():
    pings = samples([answered(n / 50, 0.001) for n in range(50)])
    watched = measurement(bystander=pings, blank_cpu_share=0.1)  # uses half a CPU for 100 answers a second
    assert figures(watched, ENVIRONMENT).of(CPU) == pytest.approx((0.5 - 0.1) / 100)
    unknown = measurement(bystander=pings)
    assert figures(unknown, ENVIRONMENT).of(CPU) == pytest.approx(0.5 / 150)


def test_below_a_hundred_answers_no_cost_of_one_is_told():
    few = measurement(stamps=closed_loop(9, 0.1), blank_cpu_share=0.1)
    assert math.isnan(figures(few, ENVIRONMENT).of(CPU))
    assert math.isnan(figures(few, ENVIRONMENT).of(VOLUNTARY))


@pytest.mark.parametrize(
    ("contestant", "in_flight", "took_s", "window_s", "too_short"),
    [
        (NATIVE, 10, 0.1, 1.9, True),
        (NATIVE, 10, 0.1, 2.0, False),
        (NATIVE, 10, 0.1, 0.999 * 2.0, False),
        (NATIVE, 10, 0.3, 2.7, True),  # below ten median responses
        (NATIVE, 10, 0.3, 3.3, False),
        (CALLBACK, 100, 0.1, 2.0, False),
        (CALLBACK, 101, 0.1, 2.9, True),
        (CALLBACK, 101, 0.1, 3.0, False),
    ],
)
def test_a_window_that_is_too_short_says_so(contestant, in_flight, took_s, window_s, too_short):
    load = Closed(in_flight, delay_s=0.1, duration_s=window_s)
    found = figures(
        measurement(cell(contestant, load), closed_loop(in_flight, took_s, window_s)), ENVIRONMENT
    )
    assert (Warning.TOO_SHORT in found.warnings) is too_short


def test_a_server_that_grows_faster_within_its_window_is_not_settled():
    load = Closed(10, delay_s=0.1, duration_s=2.0)
    early = [answered(start / 10, 0.4) for start in range(-3, 10) for _ in range(3)]
    late = [answered(1 + start / 10, 0.2) for start in range(-1, 10) for _ in range(5)]
    found = figures(measurement(cell(load=load), samples(early + late, 2.0, 3.0)), ENVIRONMENT)
    assert Warning.NOT_SETTLED in found.warnings
    even = figures(measurement(cell(load=load), closed_loop(10, 0.19, 2.0)), ENVIRONMENT)
    assert Warning.NOT_SETTLED not in even.warnings


def test_bystanders_are_reported_by_their_response():
    pings = samples([answered(n / 50, 0.003) for n in range(50)])
    found = figures(measurement(bystander=pings), ENVIRONMENT)
    assert found.bystander.p50.value_s == pytest.approx(0.003)
    assert found.bystander.p99.text == "n/a"


def test_a_skipped_wait_is_seen_by_the_ceiling():
    found = figures(measurement(stamps=closed_loop(10, 0.08)), ENVIRONMENT)
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
    assert found.of(CEILING_SHARE) == pytest.approx(1.2)
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
    refusing = samples([answered(n / 100, 0.1, status=500) for n in range(-10, 100)])
    found = figures(measurement(stamps=refusing), ENVIRONMENT)
    assert found.warnings == (Warning.NO_SUCCESS, Warning.TOO_SHORT, Warning.ERRORS)
    assert not found.valid


OPEN = Open(1000, delay_s=0.1, duration_s=1.0, rate_rps=500.0)


def open_loop(rate=500.0, took=0.1, before=0.5, window_s=1.0):
    """Requests leave at `rate` from `before` the window on; those answered before it are dropped."""
    count = round(rate * (window_s + before))
    rows = [answered(n / rate - before, took) for n in range(count) if n / rate - before + took > 0]
    return samples(rows, window_s, window_s + 1)


@pytest.mark.parametrize(("sent", "missed"), [(20, False), (19, False), (18, True)])
def test_the_one_request_at_the_edge_of_a_short_schedule_is_not_missed(sent, missed):
    rows = [answered(n / 20 + 0.01, 0.01) for n in range(sent)]
    found = figures(measurement(cell(load=replace(OPEN, rate_rps=20.0)), samples(rows)), ENVIRONMENT)
    assert (Warning.SENT_TOO_FEW in found.warnings) is missed


def test_an_even_schedule_that_lost_requests_before_they_became_samples_is_seen():
    found = figures(measurement(cell(load=OPEN), open_loop(rate=490.0)), ENVIRONMENT)
    assert Warning.SENT_TOO_FEW in found.warnings
    found = figures(measurement(cell(load=OPEN), open_loop()), ENVIRONMENT)
    assert found.warnings == (Warning.TOO_SHORT,)


def test_memory_in_an_open_loop_is_per_request_in_flight_at_the_peak():
    found = figures(measurement(cell(load=OPEN), open_loop()), ENVIRONMENT)
    assert found.of(RSS_EACH) == pytest.approx(1_000_000 / 50, rel=0.03)


def test_a_wave_at_the_edge_of_the_window_is_no_skipped_wait():
    took_s = 0.124  # each in step with the others, and a little shorter than it should be
    rows = [answered(0.001 + (n - 1) * took_s, took_s) for n in range(4) for _ in range(8)]
    load = Closed(8, delay_s=0.125, duration_s=0.375)
    found = figures(measurement(cell(load=load), samples(rows, window_s=0.375)), ENVIRONMENT)
    assert Warning.WAIT_SKIPPED not in found.warnings
