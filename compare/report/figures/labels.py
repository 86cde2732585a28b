"""Where names go in a figure so that none hides another, and how its numbers are written. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compare.late import Late

if TYPE_CHECKING:
    import numpy as np
    from scipy import optimize
else:
    np, optimize = Late("numpy"), Late("scipy.optimize")


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions at least `gap` apart, in the order given, as near to `wanted` as least squares allows.

    Subtracting i * gap makes this isotonic regression. The result is then shifted into [low, high]; a stack taller
    than that starts at `low`.
    """
    if not wanted:
        return []
    steps = gap * np.arange(len(wanted))
    level = optimize.isotonic_regression(np.asarray(wanted) - steps).x
    placed = np.maximum(low, np.minimum(high - steps[-1], level)) + steps
    return [float(one) for one in placed]


def short(value: float) -> str:
    """Return a number as a person would write it on an axis: 0.5, 60, 1,300, 10k."""
    if value >= 10_000:
        return f"{value / 1000:,.4g}k"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
