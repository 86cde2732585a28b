"""Pairs of an A/A run, and the smallest effect they leave to be named on this machine. Pure."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from compare.analysis.decide import SMALLEST_EFFECT, decide
from compare.analysis.summary import Summary


def noise_floor(summaries: Sequence[Summary]) -> float:
    """Return the largest effect an A/A run among `summaries` shows, at least `SMALLEST_EFFECT`.

    An A/A run has the same contestant under the same load on two sides; what differs between them is noise.
    """
    found = [decide(a, b) for a, b in sides(summaries)]
    return max([SMALLEST_EFFECT, *(one.effect for one in found if math.isfinite(one.ratio.value))])


def with_floor(summaries: Sequence[Summary]) -> list[Summary]:
    """Return `summaries` with the floor of their run in each: no decision about them names less."""
    floor = noise_floor(summaries)
    return [replace(one, floor=floor) for one in summaries]


def sides(summaries: Sequence[Summary]) -> list[tuple[Summary, Summary]]:
    """Return the pairs of an A/A run: equal in all but `side`, each with the first of its group."""
    first: dict[tuple[object, ...], Summary] = {}
    pairs = []
    for summary in summaries:
        other = first.setdefault((summary.experiment, summary.contestant, summary.load), summary)
        if other is not summary:
            pairs.append((other, summary))
    return pairs
