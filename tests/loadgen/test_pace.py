"""Schedules, by rows: no test here waits for anything."""

import itertools
import statistics

import pytest

from compare.loadgen import pace


def first(schedule, count):
    return list(itertools.islice(schedule, count))


@pytest.mark.parametrize(
    ("rate_rps", "number", "at_s"),
    [(1.0, 0, 0.0), (1.0, 5, 5.0), (50.0, 50, 1.0), (1000.0, 1, 0.001), (3.0, 3_000, 1000.0), (0.5, 2, 4.0)],
)
def test_a_constant_schedule_is_a_function_of_the_number_alone(rate_rps, number, at_s):
    assert next(itertools.islice(pace.constant(rate_rps), number, None)) == at_s


def test_poisson_arrivals_come_at_the_rate_with_gaps_as_spread_as_their_mean():
    times = first(pace.poisson(1000.0, seed=1), 5001)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps) >= 0
    assert statistics.mean(gaps) == pytest.approx(1e-3, rel=0.05)
    assert 0.95 <= statistics.stdev(gaps) / statistics.mean(gaps) <= 1.05


def test_a_seed_decides_all_arrivals():
    assert first(pace.poisson(10.0, seed=3), 20) == first(pace.poisson(10.0, seed=3), 20)
    assert first(pace.poisson(10.0, seed=3), 20) != first(pace.poisson(10.0, seed=4), 20)


def test_a_ramp_has_one_connection_in_each_slot_and_none_in_step_with_the_next():
    times = pace.ramp(100, 2.0, seed=7)
    assert [int(at_s / 0.02) for at_s in times] == list(range(100))
    offsets = [at_s % 0.02 for at_s in times]
    assert statistics.stdev(offsets) > 0.004
    assert times == pace.ramp(100, 2.0, seed=7)
    assert times != pace.ramp(100, 2.0, seed=8)


def test_a_schedule_is_moved_to_its_start_and_ends_before_its_end():
    assert list(pace.shifted(pace.constant(2.0), 10.0, 12.0)) == [10.0, 10.5, 11.0, 11.5]
    assert list(pace.shifted(pace.constant(2.0), 10.0, 10.0)) == []
