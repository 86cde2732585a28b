"""A against A, and A against a slower B: how often a difference is invented, and how often a planted one found.

Rounds are looked at as those of a primary pair are, after 3, 5 and 8, and decided by `analysis.decide`.
"""

import math
import statistics
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from compare.analysis.decide import LOOKS, SMALLEST_EFFECT, Decision, Word, decided
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server
from compare.records import Closed, Contestant

ROW = Summary("planted", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(1))  # any: rounds alone decide

Rate = Callable[[bool], float]  # answers/s of one fresh server, which is slowed or not


class Tally(msgspec.Struct, frozen=True):
    """How many trials ended in which word."""

    trials: int
    found: int  # named, and the slowed side is the slower one
    wrong: int  # named, and it is the faster one
    same: int  # within 10 %
    ratio: float  # the median of all trials, the plain side over the slowed one

    @property
    def named(self) -> int:
        """How many named a difference, either way round."""
        return self.found + self.wrong

    @property
    def unsure(self) -> int:
        """How many could not tell."""
        return self.trials - self.named - self.same


def tally(rate: Rate, trials: int) -> Tally:
    """Return how `trials` trials ended."""
    found = [trial(rate) for _ in range(trials)]
    named = [one.ratio.value > 1 for one in found if one.named]
    same = sum(one.word is Word.SAME for one in found)
    ratio = statistics.median(one.ratio.value for one in found)
    return Tally(trials, sum(named), len(named) - sum(named), same, ratio)


def trial(rate: Rate) -> Decision:
    """Return the decision about a server and a slowed one, at the first look that decides or at the last.

    Which side goes first changes from round to round. A round in which a side answered nothing does not count.
    """
    logs: list[float] = []
    for number in range(1, LOOKS[-1] + 1):
        order = (False, True) if number % 2 else (True, False)
        rates = {slowed: rate(slowed) for slowed in order}
        logs += [math.log(rates[False] / rates[True])] if min(rates.values()) > 0 else []
        found = decided(ROW, replace(ROW), THROUGHPUT, logs, SMALLEST_EFFECT)
        if number in LOOKS and found.decided:
            break
    return found
