"""What the benchmark promises of its words, simulated with the noise that real runs had."""

import pytest

from benchmarks.decisions import outcomes
from compare.analysis.decide import Word

REPEATS = 1200


@pytest.mark.parametrize("spread", [0.06, 0.18])
def test_a_ratio_of_two_is_decided_in_97_of_100_runs(spread):
    words, rounds = outcomes(2.2, spread, REPEATS)
    assert words[Word.DIFFERS] >= 0.97 * REPEATS
    assert rounds < 5


@pytest.mark.parametrize("spread", [0.06, 0.18])
def test_equal_contestants_are_told_apart_in_at_most_one_and_a_quarter_of_a_hundred_runs(spread):
    words, _ = outcomes(1.0, spread, REPEATS)
    assert words[Word.DIFFERS] <= 0.0125 * REPEATS


def test_equal_contestants_on_a_quiet_machine_are_called_the_same_in_85_of_100_runs():
    words, _ = outcomes(1.0, 0.06, REPEATS)
    assert words[Word.SAME] >= 0.85 * REPEATS
