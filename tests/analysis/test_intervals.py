import math
import warnings

import numpy as np
import pytest
from scipy import stats as scipy_stats

from compare.analysis.intervals import NOT_MEASURED, Estimate, Spread, estimates, spread_of, t_test


@pytest.mark.parametrize(
    ("rounds", "kind"),
    [(0, Spread.NONE), (1, Spread.SINGLE), (2, Spread.RANGE), (4, Spread.RANGE), (5, Spread.INTERVAL)],
)
def test_fewer_than_five_rounds_give_a_range_and_say_so(rounds, kind):
    assert spread_of(rounds) is kind
    assert estimates([list(range(rounds))])[0].kind is kind


def test_the_estimate_is_the_median_and_never_the_mean_or_the_best():
    assert estimates([[1.0, 2.0, 30.0]]) == [Estimate(2.0, 1.0, 30.0, 3, Spread.RANGE)]
    assert estimates([[5.0, 1.0, 2.0, 3.0, 100.0]])[0].value == 3.0


def test_rounds_without_the_metric_are_left_out():
    assert estimates([[1.0, math.nan, 3.0]]) == [Estimate(2.0, 1.0, 3.0, 2, Spread.RANGE)]
    assert estimates([[math.nan], []]) == [NOT_MEASURED, NOT_MEASURED]
    assert not NOT_MEASURED.measured


def test_rows_keep_their_places_whatever_their_lengths():
    found = estimates([[1.0], [2.0, 2.0], [3.0] * 6, [4.0], [5.0, 5.0]])
    assert [one.value for one in found] == [1, 2, 3, 4, 5]
    assert (found[2].low, found[2].high, found[2].kind) == (3.0, 3.0, Spread.INTERVAL)


def test_an_interval_lies_within_the_rounds_and_around_their_median():
    rows = np.random.default_rng(0).normal(100, 5, size=(200, 10))
    for row, one in zip(rows, estimates(rows.tolist()), strict=True):
        assert row.min() <= one.low <= one.value <= one.high <= row.max()
        assert one.low < one.high


def test_an_interval_is_the_same_in_every_report_and_in_every_company():
    rows = np.random.default_rng(0).normal(100, 5, size=(3, 7)).tolist()
    assert estimates(rows) == estimates(rows)
    assert estimates(rows)[0] == estimates(rows[:1])[0]


def test_intervals_cover_the_truth_about_as_often_as_they_claim():
    rows = np.random.default_rng(2).normal(100, 5, size=(300, 10)).tolist()
    hits = [one.low <= 100 <= one.high for one in estimates(rows)]
    assert np.mean(hits) > 0.88


def test_rounds_with_ties_still_have_an_interval():
    found = estimates([[1.0, 1.0, 1.0, 1.0, 2.0], [1.0, 1.0, 1.0, 1.0, 1.0 + 1e-15]])
    assert all(math.isfinite(one.low) and math.isfinite(one.high) for one in found)


def test_bounds_of_whole_numbers_may_lie_between_two_of_them():
    (found,) = estimates([[1, 2, 3, 4, 5, 6, 7, 8]])
    assert (found.value, found.low, found.high) == (4.5, 2.5, 7.0)


def test_the_width_is_relative():
    assert Estimate(100.0, 95.0, 105.0, 5, Spread.INTERVAL).width == pytest.approx(0.05)


def test_every_spread_words_itself():
    assert all(kind.words for kind in Spread)


def test_the_t_test_is_scipys():
    logs, others = [0.1, 0.2, 0.15, 0.11], [0.0, 0.01, -0.02]
    one, two = scipy_stats.ttest_1samp(logs, 0), scipy_stats.ttest_ind(logs, others, equal_var=False)
    assert t_test(logs) == pytest.approx((one.pvalue, *one.confidence_interval(0.95)))
    assert t_test(logs, others) == pytest.approx((two.pvalue, *two.confidence_interval(0.95)))


def test_rounds_all_alike_leave_no_doubt():
    assert t_test([0.0, 0.0]) == (1.0, 0.0, 0.0)
    assert t_test([0.5, 0.5, 0.5 + 1e-12]) == (0.0, pytest.approx(0.5), pytest.approx(0.5))
    assert t_test([0.5, 0.5], [0.2, 0.2]) == (0.0, pytest.approx(0.3), pytest.approx(0.3))
    assert t_test([1e-9, 1e-9]) == (0.0, 1e-9, 1e-9)  # more than rounding alone
    assert t_test([0.0, 1e-9])[0] == pytest.approx(0.5)


def test_the_same_rounds_have_the_same_interval_in_every_report():
    rounds = np.random.default_rng(1).lognormal(size=20).tolist()
    first = estimates([rounds])
    assert all(estimates([rounds]) == first for _ in range(5))


def test_a_round_that_is_infinite_lacks_the_metric_like_one_that_is_no_number():
    (found,) = estimates([[1.0, float("inf"), 3.0, float("nan")]])
    assert (found.value, found.rounds) == (2.0, 2)


@pytest.mark.parametrize("count", [5, 9])
def test_the_interval_is_the_bca_bootstrap_of_the_median_from_999_resamples_and_a_fixed_seed(count):
    rows = np.random.default_rng(5).lognormal(size=(130, count))
    for first in (0, 64, 128):  # rows are resampled 64 at once, each batch from the same seed
        batch = rows[first : first + 64]
        same = {"axis": -1, "confidence_level": 0.95, "n_resamples": 999, "method": "BCa"}
        known = scipy_stats.bootstrap((batch,), np.median, rng=np.random.default_rng(0), **same)
        found = estimates(rows.tolist())[first : first + 64]
        assert [one.low for one in found] == pytest.approx(known.confidence_interval.low)
        assert [one.high for one in found] == pytest.approx(known.confidence_interval.high)


def test_the_width_of_a_negative_number_is_positive_and_that_of_none_is_not_known():
    assert Estimate(-100.0, -105.0, -95.0, 5, Spread.INTERVAL).width == pytest.approx(0.05)
    assert math.isnan(Estimate(0.0, -1.0, 1.0, 5, Spread.INTERVAL).width)


def test_rounds_that_differ_in_one_group_alone_are_tested_without_a_warning():
    logs, others = [0.5, 0.5, 0.5], [0.2, 0.3, 0.25]
    with warnings.catch_warnings(action="ignore"):  # of precision that a group all alike does not need
        known = scipy_stats.ttest_ind(logs, others, equal_var=False)
    assert t_test(logs, others) == pytest.approx((known.pvalue, *known.confidence_interval(0.95)))
    assert t_test([0.5, 0.5], [0.5, 0.5]) == (1.0, 0.0, 0.0)
