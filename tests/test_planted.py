"""How a planted difference is looked for: at the looks of a run, by its decision, and counted by its direction."""

import math

import numpy as np
import pytest

from compare.analysis.decide import Word
from compare.planted import Tally, tally, trial


class Servers:
    """Answers 1,000/s times what noise makes of it, slowed ones by a share less; remembers who was asked."""

    def __init__(self, slower, spread, seed=0):
        self.slower, self.spread, self.rng = slower, spread, np.random.default_rng(seed)
        self.asked = []

    def __call__(self, slowed):
        self.asked.append(slowed)
        return 1000 * math.exp(self.rng.normal(0, self.spread)) / (1 + self.slower * slowed)


@pytest.mark.parametrize(
    ("slower", "spread", "rounds", "word"),
    [(1.0, 0.001, 3, Word.DIFFERS), (0.0, 0.001, 3, Word.SAME), (0.0, 0.5, 8, Word.CANNOT_TELL)],
)
def test_a_trial_ends_at_the_first_look_that_decides_or_at_the_last(slower, spread, rounds, word):
    servers = Servers(slower, spread)
    found = trial(servers)
    assert found.word is word
    assert found.ratio.rounds == rounds
    assert len(servers.asked) == 2 * rounds


def test_sides_take_turns_at_going_first():
    servers = Servers(1.0, 0.001)
    trial(servers)
    assert servers.asked == [False, True, True, False, False, True]


def test_a_round_in_which_a_side_answered_nothing_is_compared_with_nothing():
    rates = iter([0.0, 50.0, 50.0, 100.0, 100.0, 50.0, 51.0, 100.0, 101.0, 50.0])
    found = trial(lambda _: next(rates))
    assert (found.ratio.rounds, found.word) == (4, Word.DIFFERS)
    assert trial(lambda _: 0.0).word is Word.NOT_COMPARABLE


def test_what_is_named_is_counted_by_its_direction_and_all_words_add_up():
    found = tally(Servers(0.3, 0.05), 20)
    assert found.found >= 18
    assert found.wrong == 0
    assert found.ratio == pytest.approx(1.3, rel=0.05)
    assert found.named + found.same + found.unsure == 20
    other = tally(Servers(-0.25, 0.02), 5)
    assert (other.found, other.wrong) == (0, 5)
    assert tally(Servers(0.0, 0.01), 5) == Tally(5, 0, 0, 5, pytest.approx(1.0, rel=0.05))
