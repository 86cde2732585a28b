"""Experiments in which contestants differ in one thing: which rows stand against which, in words and ratios. Pure."""

from collections.abc import Callable, Iterable, Sequence

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.records import Contestant
from compare.report.verdict import Pair, match
from compare.report.words import versus

Sides = tuple[Contestant, Contestant]  # what is compared, and what it is compared with


def contestants(summaries: Iterable[Summary], experiment: str) -> list[Contestant]:
    """Return those of `experiment`, each once, by server and then in Paradigm order; else as they came."""
    order = list(Paradigm)
    mine = dict.fromkeys(one.contestant for one in summaries if one.experiment == experiment)
    return sorted(mine, key=lambda one: (one.server, order.index(one.paradigm)))


def rows(summaries: Iterable[Summary], experiment: str, contestant: Contestant) -> list[Summary]:
    """Return the rows of one contestant of `experiment`."""
    return [one for one in summaries if one.experiment == experiment and one.contestant == contestant]


def pairs(summaries: Sequence[Summary], experiment: str, sides: Sides) -> list[Pair]:
    """Return the rows of both sides that were measured under the same load."""
    ours, theirs = (rows(summaries, experiment, side) for side in sides)
    return match(ours, theirs)


def said(
    summaries: Sequence[Summary],
    experiment: str,
    compared: Iterable[Sides],
    names: Callable[[Contestant], tuple[str, str]],
) -> list[str]:
    """Return a sentence for each comparison that there are rows for; `names` calls both sides by the first."""
    return [
        sentence
        for sides in compared
        for sentence in versus(pairs(summaries, experiment, sides), names(sides[0]))
    ]


def found(
    summaries: Sequence[Summary],
    experiment: str,
    compared: Iterable[Sides],
    called: Callable[[Contestant], str],
) -> list[tuple[str, Decision]]:
    """Return each comparison's decision on answers per second, and its label: the level too where there are several."""
    every = [pair for sides in compared for pair in pairs(summaries, experiment, sides)]
    several = len({ours.in_flight for ours, _ in every}) > 1
    return [
        (called(one.a.contestant) + (f", {one.a.in_flight:,}" if several else ""), one)
        for one in decisions(every, THROUGHPUT)
    ]
