import math

import pytest
from made import BLOCKING, CALLBACK, ENVIRONMENT, NATIVE, measurement, opened
from msgspec.structs import replace

from compare.analysis.ceiling import (
    ceiling_rps,
    default_pool,
    effective_limit,
    most_successes,
    threads_of,
)
from compare.contract import Paradigm
from compare.records import Closed

EXECUTOR = replace(NATIVE, paradigm=Paradigm.EXECUTOR)


TEN = Closed(10, delay_s=0.1, duration_s=1.0)


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
    assert ceiling_rps(contestant, load, pool=6) == (ceiling if ceiling is None else pytest.approx(ceiling))


def test_a_pool_of_the_work_lowers_the_ceiling_of_each_server_process():
    thousand = replace(TEN, concurrency=1000)
    assert ceiling_rps(NATIVE, thousand, pool=6, limit=100) == pytest.approx(1000)
    assert ceiling_rps(replace(NATIVE, workers=2), thousand, pool=6, limit=100) == pytest.approx(2000)
    assert ceiling_rps(BLOCKING, thousand, pool=6, limit=100) == pytest.approx(10)
    assert ceiling_rps(NATIVE, TEN, pool=6, limit=100) == pytest.approx(100)


def test_the_connections_of_an_open_loop_are_no_ceiling():
    rate = opened(replace(TEN, concurrency=2000), 500.0)
    assert ceiling_rps(NATIVE, rate, pool=6) is None
    assert ceiling_rps(replace(NATIVE, max_in_flight=100), rate, pool=6) == pytest.approx(1000)
    assert ceiling_rps(NATIVE, rate, pool=6, limit=100) == pytest.approx(1000)


def test_pythons_own_pool_never_exceeds_32_threads():
    assert ceiling_rps(EXECUTOR, replace(TEN, concurrency=100), pool=32) == pytest.approx(320)


def test_each_loop_of_a_server_has_its_own_ceiling_as_each_worker_has():
    assert ceiling_rps(replace(BLOCKING, loops=3), TEN, pool=6) == pytest.approx(30)


@pytest.mark.parametrize(
    ("contestant", "threads"),
    [
        (CALLBACK, 10),
        (replace(NATIVE, paradigm=Paradigm.GENERATOR), 10),
        (replace(EXECUTOR, threads=4), 4),
        (replace(EXECUTOR, threads=40), 10),
        (EXECUTOR, 6),
        (NATIVE, 0),
        (BLOCKING, 0),
    ],
)
def test_a_contestant_has_as_many_threads_as_wait_or_as_its_pool_has(contestant, threads):
    assert threads_of(contestant, 10, pool=6) == threads


def test_a_pool_of_unknown_size_counts_as_none():
    assert threads_of(EXECUTOR, 10) == 0


@pytest.mark.parametrize(
    ("said", "cpus", "threads"), [(7, 2, 7), (None, 2, 6), (None, 28, 32), (None, 64, 32)]
)
def test_pythons_own_pool_is_as_the_server_said_or_as_python_counts(said, cpus, threads):
    one = measurement() if said is None else measurement(pool_threads=said)
    assert default_pool(one, replace(ENVIRONMENT, cpus=cpus)) == threads


def test_a_limit_of_the_work_is_told_where_it_lowers_the_ceiling():
    assert effective_limit(NATIVE, TEN, 6, 9) == 9
    assert effective_limit(NATIVE, TEN, 6, 10) == 0
    assert [effective_limit(EXECUTOR, TEN, 6, limit) for limit in (5, 6)] == [5, 0]
    assert effective_limit(NATIVE, TEN, 6, 0) == 0
    assert effective_limit(NATIVE, opened(TEN, 500.0), 6, 100) == 100
    assert effective_limit(NATIVE, replace(TEN, delay_s=0.0), 6, 9) == 0


@pytest.mark.parametrize(
    ("wait_s", "window_s", "most"), [(0.1, 1.0, 100), (0.1, 0.25, 30), (0.7, 2.1, 210), (0.1, 0.3, 30)]
)
def test_a_window_has_room_for_the_waits_that_begin_in_it(wait_s, window_s, most):
    assert most_successes(100.0, wait_s, window_s) == pytest.approx(most)


def test_without_a_ceiling_there_is_no_most():
    assert most_successes(None, 0.1, 1.0) == math.inf
