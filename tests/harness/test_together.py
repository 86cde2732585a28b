"""A load in parts: how it is split, and a real generator that waits for its start."""

import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import made
import numpy as np
import pytest
from ahead import needs_leave
from msgspec.structs import replace

from compare.harness import reference
from compare.harness.load import LoadError
from compare.harness.together import Part, Prepared, generator_cpu, split
from compare.loadgen import pace
from compare.records import Arrivals, Closed

LOAD = made.opened(Closed(40, delay_s=0.0, duration_s=0.4, warmup_s=0.1, timeout_s=60.0), 500.0)


@pytest.fixture(scope="module")
def url():
    with reference.serving() as url:
        yield url


def part(url, **more):
    return Part(url, replace(LOAD, **more))


def test_the_slots_of_a_constant_rate_are_dealt_out_one_by_one():
    parts = split(Part("http://x/", replace(LOAD, rate_rps=90.0)), 3)
    dealt = [
        at_s
        for one in parts
        for at_s in itertools.islice(pace.shifted(pace.constant(one.load.rate_rps), one.first_s, 9.0), 4)
    ]
    assert sorted(dealt) == pytest.approx([number / 90 for number in range(12)])


def test_poisson_arrivals_are_independent_and_add_up_to_the_rate():
    whole = Part("http://x/", replace(LOAD, rate_rps=9000.0, arrivals=Arrivals.POISSON), seed=7)
    parts = split(whole, 3)
    assert len({one.seed for one in parts}) == 3
    assert [one.seed for one in split(whole, 3)] == [one.seed for one in parts]
    assert {one.first_s for one in parts} == {0.0}
    times = sorted(
        at_s
        for one in parts
        for at_s in itertools.takewhile(lambda at_s: at_s < 10, pace.poisson(one.load.rate_rps, one.seed))
    )
    gaps = np.diff(times) * 9000
    assert np.mean(gaps) == pytest.approx(1.0, rel=0.02)
    assert np.std(gaps) == pytest.approx(1.0, rel=0.02)  # as of one exponential distribution


@pytest.mark.parametrize(("whole", "machines", "each"), [(10, 2, 5), (10, 3, 4), (1, 4, 1)])
def test_connections_are_split_and_each_machine_has_one(whole, machines, each):
    parts = split(Part("http://x/", replace(LOAD, concurrency=whole)), machines)
    assert {one.load.concurrency for one in parts} == {each}


def test_nothing_is_sent_before_the_start_that_was_told(url):
    with closing(Prepared(part(url))) as prepared:
        start_s = time.monotonic() + 1.0
        result = prepared.begin(start_s)
    assert result.window[0] == pytest.approx(start_s + LOAD.warmup_s, abs=1e-6)
    assert set(result.samples.status.tolist()) == {200}
    assert len(result.samples.status) == pytest.approx(LOAD.rate_rps * LOAD.duration_s, abs=1)


@needs_leave
def test_its_generator_runs_ahead_of_others_while_it_sends_and_not_before_or_after(url):
    with closing(Prepared(part(url))) as prepared, ThreadPoolExecutor(1) as threads:
        pid = prepared._generator._child.pid
        assert os.sched_getscheduler(pid) == os.SCHED_OTHER
        beginning = threads.submit(prepared.begin, time.monotonic() + 0.3)
        seen = set()
        while not beginning.done():
            seen.add(os.sched_getscheduler(pid))
        beginning.result()
        assert os.SCHED_RR in seen
        assert os.sched_getscheduler(pid) == os.SCHED_OTHER


def test_a_part_begins_at_its_own_slot(url):
    with closing(Prepared(replace(part(url, rate_rps=10.0, warmup_s=0.0), first_s=0.05))) as prepared:
        result = prepared.begin(time.monotonic() + 1.0)
    assert result.samples.intended_s.tolist() == pytest.approx([0.05, 0.15, 0.25, 0.35], abs=1e-6)


def test_a_start_that_has_passed_is_refused_because_all_would_leave_at_once(url):
    with (
        closing(Prepared(part(url))) as prepared,
        pytest.raises(LoadError, match=r"was told .* ms after its moment"),
    ):
        prepared.begin(time.monotonic() - 0.01)


def test_a_target_that_cannot_be_loaded_is_said_before_anything_is_sent():
    with pytest.raises(LoadError, match=r"must begin with http:// or https://"):
        Prepared(part("ftp://x/"))


def test_a_load_that_is_cut_before_its_start_measures_nothing(url):
    with closing(Prepared(part(url))) as prepared:
        prepared.cut()
        assert prepared.begin(time.monotonic() + 30).cut


def test_a_generator_that_was_ended_begins_nothing(url):
    prepared = Prepared(part(url))
    prepared.close()
    assert not prepared.waits
    with pytest.raises(LoadError, match="had nothing prepared"):
        prepared.begin(time.monotonic() + 1)


@pytest.mark.parametrize(
    ("cpus", "number", "crowd", "cpu"),
    [([0, 1], 0, 1, 1), ([2, 5, 7], 1, 2, 7), ([0, 1], 0, 2, None), ([0], 0, 1, None), ([], 0, 1, None)],
)
def test_generators_on_one_host_have_a_cpu_each_where_there_are_enough(cpus, number, crowd, cpu):
    assert generator_cpu(cpus, number, crowd) == cpu
