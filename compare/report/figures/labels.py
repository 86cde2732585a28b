"""Where names go in a figure so that none hides another, and how its numbers are written. Pure."""

from collections.abc import Sequence


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


def short(value: float) -> str:
    """Return a number as a person would write it on an axis: 0.5, 60, 1,300, 10k."""
    if value >= 10_000:
        return f"{value / 1000:,.4g}k"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
