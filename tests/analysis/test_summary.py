import pytest
from made import CALLBACK, NATIVE, answered, cell, closed_loop, measurement, run, samples
from msgspec.structs import replace

from compare.analysis.intervals import NOT_MEASURED, Spread
from compare.analysis.metrics import METRICS, P90, THROUGHPUT
from compare.analysis.quantiles import UNKNOWN, Known, Latency, Percentile
from compare.analysis.rounds import with_figures
from compare.analysis.summary import ErrorCount, Summary, Warning, _ascending, summarise  # noqa: A004 - see there
from compare.records import Closed, Open


def at(rate_rps: float, round_: int = 0, contestant=NATIVE, **more):
    """A round of ten connections that are answered `rate_rps` times a second."""
    return measurement(cell(contestant, round_=round_), closed_loop(10, 10 / rate_rps, 1.0), **more)


def failed(round_: int = 0):
    return replace(at(100, round_), failure="The server died.", samples=None)


INVALID = closed_loop(10, 0.05)  # twice what a wait of 0.1 allows


def test_a_row_is_one_experiment_contestant_and_load_over_its_rounds():
    made = [at(80, 0), at(50, 0, CALLBACK), at(60, 1, CALLBACK), at(90, 1), at(70, 2), at(70, 2, CALLBACK)]
    native, callback = summarise(run(made))
    assert (native.contestant, callback.contestant) == (NATIVE, CALLBACK)
    assert native.throughput_rps.value == pytest.approx(80, abs=1)
    assert native.throughput_rps.low == pytest.approx(70, abs=1)
    assert native.throughput_rps.kind is Spread.RANGE
    assert callback.throughput_rps.value == pytest.approx(60, abs=1)
    assert [one.cell.round for one in native.rounds] == [0, 1, 2]


def test_every_estimate_lands_under_its_own_name():
    (row,) = summarise(run([at(100, number) for number in range(3)]))
    (one, *_) = row.rounds
    for metric in METRICS.values():
        assert row.of(metric).value == pytest.approx(one.of(metric), nan_ok=True), metric.name
    for latency in ("response", "service"):
        for percentile in ("p50", "p90", "max"):
            assert getattr(getattr(row, latency), percentile).value_s == pytest.approx(0.1)
    assert row.response.p99.text == "n/a"
    assert row.bystander.p50.text == "n/a"


def test_percentiles_are_medians_over_rounds_and_never_pooled_or_averaged():
    rounds = [at(rate, number) for number, rate in enumerate((100, 50, 20))]
    (row,) = summarise(run(rounds))
    assert row.response.p50.value_s == pytest.approx(0.2)
    assert (row.response.p50.low_s, row.response.p50.high_s) == (pytest.approx(0.1), pytest.approx(0.5))


def test_five_rounds_give_an_interval():
    (row,) = summarise(run([at(rate, number) for number, rate in enumerate((90, 80, 70, 60, 50))]))
    assert row.throughput_rps.kind is Spread.INTERVAL
    assert row.response.p50.kind is Spread.INTERVAL


def test_the_two_sides_of_an_aa_run_are_two_rows():
    made = [measurement(cell(side=side)) for side in ("a", "b")]
    assert [row.side for row in summarise(run(made))] == ["a", "b"]


@pytest.mark.parametrize("later", [True, False])
def test_of_a_noisy_cell_measured_again_the_one_not_superseded_counts(later):
    tries = [
        at(80, noisy=later, superseded=later),
        at(80 if not later else 50, rerun=True, superseded=not later),
    ]
    made = tries if later else [at(50), tries[1]]
    (row,) = summarise(
        run([replace(one, environment=None) for one in made])
    )  # both on the machine of the run
    assert row.throughput_rps.value == pytest.approx(50, abs=1)
    assert row.throughput_rps.rounds == 1
    assert row.with_collapses == row.throughput_rps
    assert row.reliability.servers == 2
    assert Warning.NOISY not in row.warnings


def test_noise_is_told_and_invalidates_nothing():
    (row,) = summarise(run([at(80, noisy=True)]))
    assert row.warnings == (Warning.TOO_SHORT, Warning.NOISY)
    assert row.valid


def test_a_busy_machine_is_told_by_its_rounds():
    (row,) = summarise(run([at(80, number, noisy=number < 2) for number in range(3)]))
    assert row.words(Warning.NOISY) == "the machine was busy with something else in 2 of 3 rounds"
    (row,) = summarise(run([at(80, number, noisy=number < 1) for number in range(2)]))
    assert row.words(Warning.NOISY) == "the machine was busy with something else in 1 of 2 rounds"


def test_a_round_that_was_found_busy_afterwards_says_so_without_its_samples_too():
    made = [with_figures(at(80, number), run([at(80)]).environment) for number in range(3)]
    marked = [replace(one, noise=replace(one.noise, noisy=one.cell.round < 2)) for one in made]
    light = [replace(one, samples=None) for one in marked]
    (whole,), (row,) = summarise(run(marked)), summarise(run(light))
    assert row.words(Warning.NOISY) == "the machine was busy with something else in 2 of 3 rounds"
    assert row.warnings == whole.warnings


def test_a_server_that_fell_silent_counts_though_the_numbers_of_its_round_are_invalid():
    made = [at(80, 0), at(80, 1), at(80, 2)]
    kept = with_figures(made[2], run(made).environment).figures
    mute = replace(kept, outcome="stalled", warnings=("late_sends", "no_success", "stalled"))
    (row,) = summarise(run([*made[:2], replace(made[2], samples=None, figures=mute)]))
    assert row.valid
    assert len(row.rounds) == 2
    assert (row.reliability.servers, row.reliability.stalled) == (3, 1)


def test_an_invalid_round_is_left_out_while_most_are_valid():
    made = [at(80, 0), at(80, 1), measurement(cell(round_=2), INVALID)]
    (row,) = summarise(run(made))
    assert row.valid
    assert row.throughput_rps.high == pytest.approx(80, abs=1)
    assert row.throughput_rps.rounds == 2
    assert row.warnings == (Warning.ROUND_INVALID, Warning.TOO_SHORT)


def test_a_row_is_invalid_when_half_of_its_rounds_are():
    (row,) = summarise(run([at(80, 0), measurement(cell(round_=1), INVALID)]))
    assert not row.valid
    assert Warning.WAIT_SKIPPED in row.warnings
    assert row.throughput_rps.rounds == 2  # kept for inspection


def test_a_failed_round_is_told_and_a_row_of_failures_has_no_number():
    (row,) = summarise(run([at(80, 0), at(80, 1), failed(2)]))
    assert row.valid
    assert row.warnings == (Warning.ROUND_FAILED, Warning.TOO_SHORT)
    assert row.failure == "The server died."
    (row,) = summarise(run([failed(0), failed(1)]))
    assert not row.valid
    assert row.rounds == ()
    assert not row.dead
    assert not row.throughput_rps.measured
    assert row.response.p50.text == "n/a"


def test_failed_rounds_count_against_the_majority():
    (row,) = summarise(run([at(80, 0), failed(1)]))
    assert not row.valid


def test_errors_add_up_over_rounds_by_kind():
    bad = [answered(n / 100, 0.1, status=status) for n in range(-10, 100) for status in (200, 503)]
    made = [measurement(cell(round_=number), samples(sorted(bad))) for number in range(2)]
    (row,) = summarise(run(made))
    assert row.errors == (ErrorCount("HTTP 503", 200),)
    assert (row.errors_total, row.intended) == (200, 400)
    assert Warning.ERRORS in row.warnings


def test_a_row_knows_whether_the_wait_limits_it():
    limited, free = summarise(run([at(100), at(50, contestant=CALLBACK)]))
    assert (limited.limited_by_the_wait, free.limited_by_the_wait) == (True, False)
    assert limited.in_flight == 10


def test_rows_are_comparable_by_wait_in_flight_and_rate_whatever_their_duration():
    loads = [
        Closed(10, 0.1),
        Closed(10, 0.1, duration_s=9),
        Closed(10, 0.2),
        Closed(11, 0.1),
        Open(10, 0.1, rate_rps=5),
    ]
    levels = [Summary("x", NATIVE, load).level for load in loads]
    assert levels[0] == levels[1]
    assert len(set(levels)) == 4
    assert levels[4] == (0.1, 10, 5)
    assert levels[0] == (0.1, 10, 0)


def test_an_empty_run_has_no_rows():
    assert summarise(run([])) == []


def test_a_bound_on_p99_is_never_below_that_on_p50():
    over = {"p50": Percentile(Known.BEYOND, 3.81), "p90": UNKNOWN, "p99": Percentile(Known.BEYOND, 3.15)}
    assert {field: one.text for field, one in _ascending(over).items()} == {
        "p50": "> 3.81 s",
        "p90": "n/a",
        "p99": "> 3.81 s",
    }


def test_a_busy_machine_is_told_of_one_round_without_counting():
    (row,) = summarise(run([at(80, noisy=True)]))
    assert row.words(Warning.NOISY) == "the machine was busy with something else"


def test_a_pool_that_limits_is_called_by_its_size():
    row = Summary("x", NATIVE, Closed(10), limit=1000, warnings=(Warning.LIMITED_BY_WAIT,))
    assert row.words(Warning.LIMITED_BY_WAIT) == "limited by the pool of 1,000, not by the paradigm"
    assert row.words(Warning.ERRORS) == Warning.ERRORS.words


def test_a_face_that_blocks_is_told_with_the_ping_that_is_known():
    pings = Latency(p50=Percentile(Known.EXACTLY, 0.5), max=Percentile(Known.EXACTLY, 2.0))
    row = Summary("x", NATIVE, Closed(10), bystander=pings)
    assert row.words(Warning.BLOCKS_LOOP) == "this native face blocks the loop: ping waited 500 ms"
    few = replace(row, bystander=replace(pings, p50=UNKNOWN))
    assert few.words(Warning.BLOCKS_LOOP) == "this native face blocks the loop: ping waited 2.00 s"
    none = replace(row, bystander=Latency(p50=UNKNOWN, max=UNKNOWN))
    assert none.words(Warning.BLOCKS_LOOP) == "this native face blocks the loop"


def test_a_number_is_a_percentile_where_it_may_be_a_bound():
    row = Summary("x", NATIVE, Closed(10), response=Latency(p90=Percentile(Known.BEYOND, 2.0)))
    assert row.number(P90) == Percentile(Known.BEYOND, 2.0)
    assert row.number(THROUGHPUT) == row.of(THROUGHPUT) == NOT_MEASURED


def test_a_row_knows_its_ceiling_its_limit_and_its_rate():
    crowded = cell(load=Closed(20, delay_s=0.1, duration_s=1.0))
    (row,) = summarise(run([measurement(crowded, closed_loop(20, 0.2, io_s=0.1), limit=10)]))
    assert (row.ceiling_rps, row.limit, row.rate_rps) == (pytest.approx(100), 10, None)
    (row,) = summarise(run([failed()]))
    assert (row.ceiling_rps, row.limit, row.intended) == (None, 0, 0)
    assert Summary("x", NATIVE, Open(10, 0.1, rate_rps=5)).rate_rps == 5


def test_the_most_frequent_error_comes_first():
    rows = [answered(n / 100, 0.1, status=503 if n % 3 else 500) for n in range(90)]
    few, many = summarise(run([measurement(cell(), samples(rows))]))[0].errors
    assert (few.kind, few.count, many.kind, many.count) == ("HTTP 503", 60, "HTTP 500", 30)


def test_a_bound_rises_with_those_before_it_and_an_exact_value_stays():
    over = {
        "p50": Percentile(Known.EXACTLY, 2.0),
        "p90": Percentile(Known.BEYOND, 1.0),
        "p97_5": UNKNOWN,
        "p99": Percentile(Known.BEYOND, 1.5),
        "max": Percentile(Known.BEYOND, 3.0),
    }
    found = _ascending(over)
    assert [one.value_s for one in found.values() if one.known is not Known.TOO_FEW] == [2.0, 2.0, 2.0, 3.0]
    assert found["p90"].known is Known.BEYOND
    assert _ascending({"p50": Percentile(Known.BEYOND, 0.5)})["p50"].value_s == 0.5


def test_a_failed_and_an_invalid_round_beside_valid_ones_are_both_told():
    made = [at(80, number) for number in range(3)]
    (row,) = summarise(run([*made, failed(3), measurement(cell(round_=4), INVALID)]))
    assert row.valid
    assert {Warning.ROUND_FAILED, Warning.ROUND_INVALID} <= set(row.warnings)
    (row,) = summarise(run([failed(0), failed(1), measurement(cell(round_=2), INVALID)]))
    assert not row.valid
    assert Warning.ROUND_INVALID not in row.warnings


def test_rounds_come_in_their_order_whatever_the_order_of_measuring():
    (row,) = summarise(run([at(70, 2), at(80, 0), at(90, 1)]))
    assert [one.cell.round for one in row.rounds] == [0, 1, 2]


def test_rows_of_two_experiments_loads_and_contestants_are_apart():
    other = replace(cell(), experiment="another")
    wide = cell(load=Closed(20, delay_s=0.1, duration_s=1.0))
    made = [at(80), measurement(other), measurement(wide, closed_loop(20, 0.2)), at(50, 0, CALLBACK)]
    assert len(summarise(run(made))) == 4
