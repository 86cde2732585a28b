import numpy as np
import pytest

from compare.analysis.observed import course_of
from compare.analysis.summary import summarise
from compare.contract import Loop, Paradigm, Server
from compare.harness import simulated
from compare.records import Abandoned, Arrivals, Cell, Closed, Contestant, Open

NATIVE = Contestant(Server.AIOHTTP, Paradigm.NATIVE)


def summary(contestant, load, rounds=1):
    run = simulated.run([Cell("any", contestant, load)], simulated.measurer(), rounds)
    return summarise(run)[0]


@pytest.mark.parametrize(
    ("paradigm", "in_flight", "expected"),
    [
        (Paradigm.NATIVE, 100, 1000),
        (Paradigm.BLOCKING, 100, 10),
        (Paradigm.EXECUTOR, 100, 60),
        (Paradigm.CALLBACK, 1000, 2600),
    ],
)
def test_a_closed_loop_gives_what_the_wait_the_threads_or_the_cpu_allow(paradigm, in_flight, expected):
    row = summary(Contestant(Server.AIOHTTP, paradigm), Closed(in_flight, duration_s=1.0))
    assert row.throughput_rps.value == pytest.approx(expected, rel=0.06)
    assert row.valid, row.warnings


def test_an_open_loop_below_capacity_waits_hardly_more_than_the_wait():
    load = Open(500, duration_s=2.0, rate_rps=500.0, arrivals=Arrivals.POISSON)
    row = summary(NATIVE, load)
    assert row.response.p50.value_s == pytest.approx(0.1, rel=0.05)
    assert row.valid, row.warnings


def test_a_limit_refuses_what_is_too_much():
    load = Open(2000, duration_s=2.0, rate_rps=2000.0)
    limited = Contestant(Server.AIOHTTP, Paradigm.NATIVE, max_in_flight=100)
    row = summary(limited, load)
    assert row.throughput_rps.value == pytest.approx(1000, rel=0.1)
    assert {error.kind for error in row.errors} == {"HTTP 503"}


def test_the_same_seed_gives_the_same_measurements():
    cell = Cell("any", NATIVE, Closed(10))
    one, other = (simulated.measurer(seed=3)(cell) for _ in range(2))
    assert np.array_equal(one.samples.done_s, other.samples.done_s, equal_nan=True)
    assert one.usage == other.usage


def test_drift_makes_each_cell_slower_than_the_one_before():
    measure = simulated.measurer(speed=lambda _: 1000.0, drift=0.2)
    load = Closed(1000, duration_s=1.0)
    rates = [np.sum(measure(Cell("any", NATIVE, load)).samples.done_s < 1.0) for _ in range(5)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 1.5 * rates[-1]


def test_uvloop_is_faster_in_the_model():
    on = [simulated.capacity(Contestant(Server.AIOHTTP, Paradigm.NATIVE, loop=loop)) for loop in Loop]
    assert on[1] > on[0]


def test_threads_wait_on_for_clients_that_left_and_native_waits_do_not():
    load = Abandoned(50, delay_s=1.0, duration_s=1.5)
    left = {
        paradigm: course_of(simulated.measurer()(Cell("any", Contestant(Server.AIOHTTP, paradigm), load)))
        for paradigm in (Paradigm.CALLBACK, Paradigm.NATIVE)
    }
    assert left[Paradigm.CALLBACK][0] == (1.5, 50)
    assert left[Paradigm.CALLBACK][-1][1] == 0
    assert {count for _, count in left[Paradigm.NATIVE]} == {0}


def test_a_run_says_that_it_is_simulated_and_keeps_rounds_and_sides():
    cells = [Cell("any", NATIVE, Closed(10), side=side) for side in "ab"]
    run = simulated.run(cells, simulated.measurer(), rounds=3)
    assert run.environment.cpu_model == "simulated CPU"
    assert [(one.cell.round, one.cell.side) for one in run.measurements] == [
        (number, side) for number in range(3) for side in "ab"
    ]
