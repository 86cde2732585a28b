"""Where names and lines go in a figure so that none hides another, and how its numbers are written. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions at least `gap` apart, in the order given, as near to `wanted` as least squares allows.

    `wanted` ascends. Subtracting i * gap makes this isotonic regression, which pooling adjacent violators
    solves exactly. The result is then shifted into [low, high]; a stack taller than that starts at `low`.
    """
    pools: list[tuple[float, int]] = []  # (mean, how many)
    for index, value in enumerate(wanted):
        mean, count = value - index * gap, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    level = [mean for mean, count in pools for _ in range(count)]
    top = high - (len(level) - 1) * gap
    return [max(low, min(top, mean)) + index * gap for index, mean in enumerate(level)]


def flat_lanes(paths: Sequence[NDArray[np.float64]], near: float = 2.5) -> list[int]:
    """Return a lane for each path of (x, y) pixels, so that no two in one lane run flat along each other.

    Two paths do where they share two neighbouring x, are `near` in y at both and rise by less than a third.
    """
    lanes: list[int] = []
    for index, path in enumerate(paths):
        taken = {lanes[other] for other in range(index) if _runs_along(path, paths[other], near)}
        lanes.append(next(lane for lane in (0, -1, 1, -2, 2, *range(3, len(paths))) if lane not in taken))
    return lanes


def _runs_along(one: NDArray[np.float64], other: NDArray[np.float64], near: float) -> bool:
    heights = {round(float(x)): float(y) for x, y in other}
    close = [round(float(x)) in heights and abs(heights[round(float(x))] - y) < near for x, y in one]
    rise = np.abs(np.diff(one[:, 1])) < np.diff(one[:, 0]) / 3
    return any(first and second and flat for first, second, flat in zip(close, close[1:], rise, strict=False))


def short(value: float) -> str:
    """Return a number as a person would write it on an axis: 0.5, 60, 1,300, 10k."""
    if value >= 10_000:
        return f"{value / 1000:,.4g}k"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
