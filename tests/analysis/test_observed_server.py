"""What an observed round says of its server: pool, open files, loop, collector, and whether it lives."""

import math

import pytest
from made import ENVIRONMENT, NAN, NATIVE, answered, cell, closed_loop, measurement, samples, seen
from msgspec.structs import replace

from compare.analysis.observed import Observed
from compare.analysis.outcome import Outcome
from compare.contract import GcPauses, LoopLag, Paradigm
from compare.records import Closed, SampleStatus, Usage

TEN = Closed(10, delay_s=0.1, duration_s=1.0)


def test_a_server_near_its_limit_of_open_files_has_hit_it():
    thousand = replace(ENVIRONMENT, open_files_limit=1000)
    for most, hit in ((989, False), (990, True), (1000, True), (1001, False)):
        one = replace(measurement(usage=Usage(0.5, 1.0, 0, 0, 7, 0, 0, most)), environment=thousand)
        assert Observed(one, one.samples, ENVIRONMENT).limit_hit is hit


def test_a_pool_is_as_the_server_said_or_else_as_python_makes_it():
    crowd = cell(replace(NATIVE, paradigm=Paradigm.EXECUTOR), replace(TEN, concurrency=200))
    assert seen(crowd).ceiling_rps == pytest.approx(6 / 0.1)  # of two CPUs
    said = seen(crowd, pool_threads=20)
    assert said.ceiling_rps == pytest.approx(20 / 0.1)
    assert seen(crowd, pool_threads=20, limit=10).limit == 10
    assert seen(crowd, pool_threads=20, limit=30).limit == 0


def test_a_pool_of_many_threads_needs_a_longer_window():
    load = Closed(200, delay_s=0.1, duration_s=2.5)
    executor = cell(replace(NATIVE, paradigm=Paradigm.EXECUTOR), load)
    stamps = closed_loop(10, 0.1, 2.5)
    assert not seen(executor, stamps, pool_threads=100).too_short
    assert seen(executor, stamps, pool_threads=101).too_short


def test_a_window_in_which_nobody_succeeded_is_long_enough():
    assert not seen(
        cell(load=replace(TEN, duration_s=4.0)), samples([answered(0.1, 0.1, 500)], 4.0)
    ).too_short


def test_what_the_server_said_of_its_loop_and_its_collector_is_taken_over():
    told = seen(loop_lag_s=LoopLag(0.001, 0.004, 0.01), gc=GcPauses(3, 0.05, 0.02))
    assert (told.loop_lag_p99_s, told.gc_longest_s) == (0.004, 0.02)
    bare = seen(loop_lag_s=None, gc=None)
    assert math.isnan(bare.loop_lag_p99_s)
    assert math.isnan(bare.gc_longest_s)


def test_answers_to_the_bystander_are_life():
    mute = (0.1, 0.1, NAN, SampleStatus.UNANSWERED, NAN)
    stamps = samples([*[answered(-0.05, 0.1)] * 10, *[mute] * 10], end_s=3.5)
    pings = samples([answered(n / 50, 0.002) for n in range(150)], window_s=3.0, end_s=3.5)
    assert seen(stamps=stamps).silence.outcome is Outcome.COLLAPSED
    assert seen(stamps=stamps, bystander=pings).silence.outcome is not Outcome.COLLAPSED
