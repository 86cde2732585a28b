"""What a row of levels shows together: where two contestants cross, and where throughput would peak. Pure."""

import itertools
import math
import warnings
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy import stats as scipy_stats

from compare.analysis.intervals import CONFIDENCE, Estimate, Spread

ENOUGH_LEVELS = 6


class Scaling(msgspec.Struct, frozen=True):
    """The universal scalability law, X(N) = rate N / (1 + contention (N - 1) + coherence N (N - 1)).

    `contention` is the literature's sigma, `coherence` its kappa; their intervals come from the fit's covariance.
    Source: N. J. Gunther, Guerrilla Capacity Planning, 2007, chapter 4.
    """

    rate_rps: Estimate
    contention: Estimate
    coherence: Estimate

    @property
    def peak(self) -> float | None:
        """The requests in flight with the largest throughput; None unless coherence's interval excludes 0."""
        if not self.coherence.low > 0:
            return None
        return math.sqrt(max(0.0, 1 - self.contention.value) / self.coherence.value)


def scaling(in_flight: Sequence[float], throughput_rps: Sequence[float]) -> Scaling | None:
    """Fit the universal scalability law; None on fewer than six levels or when nothing fits.

    Relative errors are minimised: throughputs of a hundred and of ten thousand weigh alike.
    """
    n, x = np.asarray(in_flight, dtype=float), np.asarray(throughput_rps, dtype=float)
    n, x = n[np.isfinite(x) & (x > 0)], x[np.isfinite(x) & (x > 0)]
    if len(set(n.tolist())) < ENOUGH_LEVELS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", optimize.OptimizeWarning)
            values, covariance = optimize.curve_fit(_usl, n, x, p0=(x[0] / n[0], 0.0, 0.0), sigma=x)
    except (RuntimeError, optimize.OptimizeWarning):  # what curve_fit raises when it finds no fit
        return None
    reach = scipy_stats.t.ppf((1 + CONFIDENCE) / 2, len(n) - 3) * np.sqrt(np.diag(covariance))
    fitted = zip(values.tolist(), reach.tolist(), strict=True)
    return Scaling(*(Estimate(v, v - r, v + r, len(n), Spread.INTERVAL) for v, r in fitted))


def _usl(n: NDArray[np.float64], rate: float, contention: float, coherence: float) -> NDArray[np.float64]:
    return rate * n / (1 + contention * (n - 1) + coherence * n * (n - 1))


def crossings(levels: Sequence[float], ratios: Sequence[float]) -> list[float]:
    """Return where a ratio over ascending levels passes 1, interpolated on logarithmic axes; NaNs are skipped."""
    points = [
        (math.log(level), math.log(ratio))
        for level, ratio in zip(levels, ratios, strict=True)
        if level > 0 and ratio > 0
    ]
    return [
        math.exp(here - value * (after - here) / (following - value))
        for (here, value), (after, following) in itertools.pairwise(points)
        if value * following < 0 or (value == 0 and following != 0)
    ]
