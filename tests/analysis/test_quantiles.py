import math

import numpy as np
import pytest

from compare.analysis import quantiles
from compare.analysis.intervals import Estimate, Spread
from compare.analysis.quantiles import UNKNOWN, Known, Latency, Percentile, over_rounds

NOBODY = np.empty(0)


def exactly(value_s):
    return Percentile(Known.EXACTLY, value_s)


def beyond(value_s):
    return Percentile(Known.BEYOND, value_s)


def test_percentiles_of_a_thousand_samples_are_those_one_can_count():
    found = quantiles.latency(np.random.default_rng(0).permutation(np.arange(1001) / 1000), NOBODY)
    told = [found.p50, found.p90, found.p97_5, found.p99, found.max]
    assert [one.value_s for one in told] == pytest.approx([0.5, 0.9, 0.975, 0.99, 1.0])
    assert {one.known for one in told} == {Known.EXACTLY}


def test_a_percentile_between_two_samples_is_interpolated_as_numpy_does():
    values = np.random.default_rng(1).exponential(size=1234)
    found = quantiles.latency(values, NOBODY)
    assert [found.p50.value_s, found.p97_5.value_s] == pytest.approx(np.quantile(values, [0.5, 0.975]))


@pytest.mark.parametrize(
    ("samples", "known"),
    [
        (0, ""),
        (1, "max"),
        (19, "max"),
        (20, "p50 max"),
        (99, "p50 max"),
        (100, "p50 p90 max"),
        (399, "p50 p90 max"),
        (400, "p50 p90 p97_5 max"),
        (999, "p50 p90 p97_5 max"),
        (1000, "p50 p90 p97_5 p99 max"),
    ],
)
def test_a_percentile_needs_ten_samples_above_it(samples, known):
    found = quantiles.latency(np.ones(samples), NOBODY)
    told = [name for name in ("p50", "p90", "p97_5", "p99", "max") if getattr(found, name).text != "n/a"]
    assert told == known.split()


def test_censored_samples_count_towards_the_ten():
    assert quantiles.latency(np.ones(90), np.ones(10)).p90.known is not Known.TOO_FEW
    assert quantiles.latency(np.ones(89), np.ones(10)).p90.known is Known.TOO_FEW


def test_a_percentile_that_falls_among_the_unanswered_is_beyond_what_they_waited():
    found = quantiles.latency(np.full(60, 0.1), np.full(40, 2.0))
    assert found.p50 == exactly(0.1)
    assert found.p90 == beyond(2.0)
    assert found.p90.text == "> 2.00 s"
    assert math.isnan(found.p90.exact_s)
    assert found.max == beyond(2.0)


def test_the_unanswered_rank_above_all_answered_however_short_they_were_waited_for():
    found = quantiles.latency(np.full(30, 1.0), np.full(30, 0.2))
    assert found.p50.known is Known.BEYOND  # between the last answered and the first unanswered
    assert quantiles.latency(np.full(32, 1.0), np.full(28, 0.2)).p50 == exactly(1.0)


def test_the_bound_of_what_is_beyond_is_what_it_would_be_had_all_been_answered_then():
    waited = np.linspace(1.0, 2.0, 101)
    assert quantiles.latency(NOBODY, waited).p50 == beyond(pytest.approx(1.5))


def test_no_samples_say_nothing():
    assert quantiles.latency(NOBODY, NOBODY) == Latency()


def estimate(*values):
    return Estimate(float(np.median(values)), min(values), max(values), len(values), Spread.RANGE)


@pytest.mark.parametrize(
    ("rounds", "exact", "text"),
    [
        ([exactly(1.0), exactly(3.0), exactly(2.0)], (1.0, 3.0, 2.0), "2.00 s"),
        ([exactly(1.0), exactly(3.0), beyond(2.5)], (1.0, 3.0), "3.00 s"),  # beyond ranks above 3
        ([exactly(1.0), beyond(9.0), beyond(7.0)], (1.0,), "> 7.00 s"),
        ([exactly(1.0), beyond(3.0)], (1.0,), "> 2.00 s"),
        ([exactly(1.0), UNKNOWN, UNKNOWN], (1.0,), "n/a"),
        ([exactly(1.0), exactly(2.0), UNKNOWN], (1.0, 2.0), "1.50 s"),
        ([exactly(1.0), UNKNOWN], (1.0,), "n/a"),
    ],
)
def test_over_rounds_the_median_ranks_what_is_beyond_above_and_leaves_out_what_is_unknown(
    rounds, exact, text
):
    assert over_rounds(rounds, estimate(*exact)).text == text


def test_over_rounds_the_spread_is_that_of_the_rounds():
    found = over_rounds([exactly(1.0), exactly(3.0), exactly(2.0)], estimate(1.0, 3.0, 2.0))
    assert found == Percentile(Known.EXACTLY, 2.0, 1.0, 3.0, 3, Spread.RANGE)
    found = over_rounds([exactly(1.0), exactly(3.0), beyond(2.5)], estimate(1.0, 3.0))
    assert found == Percentile(Known.EXACTLY, 3.0, 1.0, math.inf, 3, Spread.RANGE)


def test_over_rounds_a_bound_says_of_how_many_rounds_it_is_and_has_no_spread():
    found = over_rounds([exactly(1.0), beyond(9.0), beyond(7.0), UNKNOWN], estimate(1.0))
    assert (found.known, found.value_s, found.rounds, found.kind) == (Known.BEYOND, 7.0, 3, Spread.NONE)
    assert math.isnan(found.low_s)
    assert math.isnan(found.high_s)


def test_over_rounds_the_spread_is_of_the_rounds_that_say_something():
    found = over_rounds([exactly(1.0), exactly(3.0), beyond(2.5), UNKNOWN], estimate(1.0, 3.0))
    assert (found.value_s, found.rounds, found.kind) == (3.0, 3, Spread.RANGE)
    found = over_rounds([exactly(1.0), exactly(3.0), UNKNOWN], estimate(1.0, 3.0))
    assert (found.rounds, found.kind) == (2, Spread.RANGE)


def test_no_round_says_nothing():
    assert over_rounds([], estimate(1.0)) == UNKNOWN
