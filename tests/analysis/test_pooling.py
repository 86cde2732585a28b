"""Windows of several machines, cut to what is common to all."""

import math

import made
import numpy as np
import pytest

from compare.analysis import pooling
from compare.analysis.pooling import ApartError, Stretch
from compare.records import SampleStatus

NAN = math.nan


def every(step_s, took_s, *, first_s=0.0, window_s=1.0, end_s=2.0):
    """Requests at an even pace, each answered after `took_s`."""
    count = round(window_s / step_s)
    rows = [made.answered(first_s + number * step_s, took_s) for number in range(count)]
    return made.samples(rows, window_s, end_s)


def test_requests_of_two_machines_come_in_order_and_each_keeps_its_latency():
    pool = pooling.pooled([Stretch(every(0.1, 0.01), 50.0), Stretch(every(0.1, 0.03, first_s=0.05), 50.0)])
    assert pool.intended_s.tolist() == pytest.approx([number * 0.05 for number in range(20)])
    assert (pool.done_s - pool.intended_s).tolist() == pytest.approx([0.01, 0.03] * 10)
    assert pool.window_s == pytest.approx(1.0)


def test_a_percentile_of_the_pool_is_none_of_the_machines_percentiles():
    fast, slow = every(0.01, 0.001), every(0.01, 0.1)
    pool = pooling.pooled([Stretch(fast, 0.0), Stretch(slow, 0.0)])
    took = pool.done_s - pool.intended_s
    assert np.percentile(took, 49) == pytest.approx(0.001)
    assert np.percentile(took, 51) == pytest.approx(0.1)


def test_what_lies_outside_the_common_window_is_left_out():
    early, late = Stretch(every(0.1, 0.01), 10.0), Stretch(every(0.1, 0.01), 10.02)
    pool = pooling.pooled([early, late])
    assert pool.window_s == pytest.approx(0.98)
    # the early machine's first request was answered before the late one's window opened
    assert pool.intended_s.tolist() == pytest.approx(
        sorted([0.08 + number * 0.1 for number in range(9)] + [number * 0.1 for number in range(10)])
    )


def test_a_request_under_way_when_the_common_window_opens_is_kept_as_one_from_before_it():
    early, late = Stretch(every(0.1, 0.5), 10.0), Stretch(every(0.1, 0.5), 10.02)
    pool = pooling.pooled([early, late])
    assert pool.intended_s.min() == pytest.approx(-0.02)


def test_the_unanswered_count_as_waiting_until_the_first_machine_stopped():
    lost = made.samples([(0.5, 0.5, NAN, SampleStatus.UNANSWERED, NAN)], end_s=9.0)
    pool = pooling.pooled([Stretch(lost, 0.0), Stretch(every(0.1, 0.01, end_s=3.0), 0.0)])
    assert pool.end_s == pytest.approx(3.0)


def test_windows_with_less_than_95_percent_in_common_make_no_pool():
    one = every(0.1, 0.01)
    assert pooling.overlap([Stretch(one, 0.0), Stretch(one, 0.04)]) == pytest.approx(0.96)
    pooling.pooled([Stretch(one, 0.0), Stretch(one, 0.04)])
    with pytest.raises(ApartError, match=r"windows have 94\.0% in common, and no pool is made below 95%"):
        pooling.pooled([Stretch(one, 0.0), Stretch(one, 0.06)])


def test_windows_that_never_met_have_nothing_in_common():
    one = every(0.1, 0.01)
    assert pooling.overlap([Stretch(one, 0.0), Stretch(one, 700.0)]) == 0.0


def test_of_requests_due_at_the_same_moment_those_of_the_first_machine_come_first():
    pool = pooling.pooled([Stretch(every(0.01, 0.001), 0.0), Stretch(every(0.01, 0.1), 0.0)])
    assert (pool.done_s - pool.intended_s).tolist() == pytest.approx([0.001, 0.1] * 100)


def test_every_stamp_of_a_request_moves_and_what_was_said_of_it_stays():
    rows = [made.answered(0.2, 0.3, 503, 0.05, 0.01), made.answered(0.4, 0.1, 200, 0.02, 0.03)]
    pool = pooling.pooled([Stretch(made.samples(rows), 5.0), Stretch(every(1.0, 0.01), 5.03)])
    assert pool.intended_s.tolist() == pytest.approx([0.0, 0.17, 0.37])
    assert pool.sent_s.tolist() == pytest.approx([0.0, 0.22, 0.39])
    assert pool.done_s.tolist() == pytest.approx([0.01, 0.47, 0.47])
    assert pool.status.tolist() == [200, 503, 200]
    assert pool.io_s.tolist()[1:] == pytest.approx([0.01, 0.03])
    assert pool.end_s == pytest.approx(1.97)


def test_the_common_window_has_its_first_moment_and_not_its_last():
    rows = [
        made.answered(-0.5, 0.5),  # answered at the moment at which it opens
        made.answered(-0.5, 0.75),
        (-0.25, -0.25, NAN, SampleStatus.UNANSWERED, NAN),
        made.answered(0.0, 0.0),
        made.answered(0.5, 1.0),
        made.answered(1.0, 0.1),
    ]
    pool = pooling.pooled([Stretch(made.samples(rows), 8.0)])
    assert pool.intended_s.tolist() == [-0.5, -0.25, 0.0, 0.5]


def test_a_pool_is_made_from_95_percent_in_common_on():
    one = every(0.25, 0.01, window_s=20.0, end_s=21.0)
    assert pooling.overlap([Stretch(one, 0.0), Stretch(one, 1.0)]) == 0.95
    assert pooling.pooled([Stretch(one, 0.0), Stretch(one, 1.0)]).window_s == 19.0


def test_the_share_in_common_is_of_the_longest_window():
    long, short = every(0.1, 0.01, window_s=2.0), every(0.1, 0.01)
    assert pooling.overlap([Stretch(long, 0.0), Stretch(short, 0.5)]) == pytest.approx(0.5)
