import pytest

from compare.analysis.ceiling import threads_of
from compare.contract import Paradigm, Server
from compare.experiments import catalogue, schedule
from compare.experiments.options import Options, Preset
from compare.records import Abandoned, Cell, Closed, Contestant, rate_rps


def is_closed(cell):
    return rate_rps(cell.load) is None


def who(paradigm, threads=None):
    return Contestant(Server.AIOHTTP, paradigm, threads=threads)


@pytest.mark.parametrize(
    ("contestant", "in_flight", "threads"),
    [
        (who(Paradigm.NATIVE), 1000, 0),
        (who(Paradigm.CALLBACK), 1000, 1000),
        (who(Paradigm.GENERATOR), 10, 10),
        (who(Paradigm.EXECUTOR, 1000), 100, 100),
        (who(Paradigm.EXECUTOR), 1000, 0),
    ],
)
def test_threads_are_as_many_as_wait_or_the_pool_has(contestant, in_flight, threads):
    assert schedule.threads_of(contestant, in_flight) == threads


def test_rows_with_over_a_hundred_threads_are_measured_for_three_seconds_at_least():
    for preset in (Preset.DEFAULT, Preset.FULL):
        assert schedule.window_s(preset, who(Paradigm.CALLBACK), 1000) >= 3
        assert schedule.window_s(preset, who(Paradigm.CALLBACK), 100) >= 2
        assert schedule.window_s(preset, who(Paradigm.NATIVE), 1000) >= 2
    assert schedule.window_s(Preset.QUICK, who(Paradigm.CALLBACK), 10) < 1


def test_every_experiment_observes_past_its_window_and_measures_long_enough():
    """But for where clients leave, and for the recovery that is the question of `overload`."""
    for experiment in catalogue.EXPERIMENTS.values():
        for cell in experiment.plan(Options()):
            if not isinstance(cell.load, Abandoned):
                many = threads_of(cell.contestant, cell.load.concurrency) > 100
                queues = (
                    cell.contestant.threads is not None and cell.contestant.threads < cell.load.concurrency
                )
                assert cell.load.timeout_s >= 2, experiment.NAME
                assert cell.load.duration_s >= (3 if many and not queues and is_closed(cell) else 2), (
                    experiment.NAME
                )


@pytest.mark.parametrize(("wait_s", "observed_s"), [(0.0, 2.0), (0.1, 2.0), (0.5, 5.0), (60.0, 10.0)])
def test_a_cell_is_observed_for_two_seconds_and_ten_waits(wait_s, observed_s):
    assert schedule.observe_s(Preset.DEFAULT, wait_s) == pytest.approx(observed_s)
    assert schedule.observe_s(Preset.QUICK, wait_s) == pytest.approx(observed_s / 2)


@pytest.mark.parametrize(
    ("in_flight", "queues", "preset", "rounds"),
    [
        (100, False, Preset.DEFAULT, 1),
        (1000, False, Preset.DEFAULT, 3),
        (1000, True, Preset.DEFAULT, 1),
        (100, False, Preset.FULL, 3),
        (1000, True, Preset.FULL, 3),
        (1000, False, Preset.FULL, 3),
    ],
)
def test_time_goes_where_it_decides(in_flight, queues, preset, rounds):
    cell = Cell("x", who(Paradigm.NATIVE), Closed(in_flight))
    assert schedule.rounds_of(cell, preset, 3, queues=queues) == rounds
