import math

import numpy as np
import pytest

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.scaling import Scaling, crossings, scaling

LEVELS = np.array([1, 3, 10, 30, 100, 300, 1000])


def law(n, rate=10.0, contention=0.01, coherence=1e-5):
    return rate * n / (1 + contention * (n - 1) + coherence * n * (n - 1))


def noisy(values, seed=0):
    return values * np.random.default_rng(seed).normal(1, 0.01, len(values))


def test_the_law_is_found_again_in_what_it_made():
    found = scaling(LEVELS, noisy(law(LEVELS)))
    assert found.rate_rps.value == pytest.approx(10, rel=0.05)
    assert found.contention.value == pytest.approx(0.01, rel=0.1)
    assert found.coherence.value == pytest.approx(1e-5, rel=0.1)
    assert found.peak == pytest.approx(math.sqrt(0.99 / 1e-5), rel=0.1)


def test_its_intervals_cover_the_truth_about_as_often_as_they_claim():
    fits = [scaling(LEVELS, noisy(law(LEVELS), seed)) for seed in range(100)]
    assert 88 <= sum(fit.coherence.low < 1e-5 < fit.coherence.high for fit in fits) <= 100


def test_five_levels_are_too_few_however_often_each_was_measured():
    assert scaling(LEVELS[:5], law(LEVELS[:5])) is None
    assert scaling(np.repeat(LEVELS[:5], 3), np.repeat(law(LEVELS[:5]), 3)) is None
    assert scaling(LEVELS[:6], noisy(law(LEVELS[:6]))) is not None


def test_levels_without_a_throughput_do_not_count():
    throughput = noisy(law(LEVELS))
    throughput[:2] = math.nan, 0.0
    assert scaling(LEVELS, throughput) is None


def test_no_peak_is_told_unless_the_interval_of_kappa_excludes_0():
    assert scaling(LEVELS, noisy(law(LEVELS, coherence=0.0))).peak is None

    def fitted(low):
        return Scaling(*[Estimate(0.01, low, 0.02, 7, Spread.INTERVAL)] * 3)

    assert fitted(-1e-9).peak is None
    assert fitted(1e-9).peak == pytest.approx(math.sqrt(0.99 / 0.01))


def test_contention_beyond_1_peaks_at_nothing_rather_than_failing():
    certain = Estimate(1.5, 1.4, 1.6, 7, Spread.INTERVAL)
    assert Scaling(certain, certain, certain).peak == 0.0


@pytest.mark.parametrize(
    ("ratios", "found"),
    [
        ([0.5, 2.0, 4.0], [math.sqrt(10)]),
        ([4.0, 2.0, 1.5], []),
        ([0.5, 1.0, 2.0], [10.0]),
        ([2.0, 0.5, 2.0], [math.sqrt(10), math.sqrt(1000)]),
        ([0.5, math.nan, 2.0], [10.0]),
        ([1.0, 1.0, 1.0], []),
        ([], []),
    ],
)
def test_lines_cross_where_their_ratio_passes_1_on_logarithmic_axes(ratios, found):
    assert crossings([1, 10, 100][: len(ratios)], ratios) == pytest.approx(found)
