"""What the benchmark promises of its words, simulated with the noise that real runs had."""

import numpy as np
import pytest

from benchmarks.decisions import BUDGET, outcomes, shares, smallest_p
from compare.analysis.decide import LOOK_P, Word

REPEATS = 1200


@pytest.mark.parametrize("spread", [0.06, 0.18])
def test_a_ratio_of_two_is_decided_in_97_of_100_runs(spread):
    words, rounds = outcomes(2.2, spread, REPEATS)
    assert words[Word.DIFFERS] >= 0.97 * REPEATS
    assert rounds < 5


@pytest.mark.parametrize("spread", [0.06, 0.18])
def test_equal_contestants_are_told_apart_in_at_most_one_and_a_quarter_of_a_hundred_runs(spread):
    found, _ = shares(1.0, spread, 200_000)
    assert found[Word.DIFFERS] <= 0.0125


@pytest.mark.parametrize("ratio", [1.0, 1.25])
def test_all_pairs_at_once_are_decided_as_one_by_one(ratio):
    words, rounds = outcomes(ratio, 0.1, 300)
    found, mean_rounds = shares(ratio, 0.1, 300)
    assert {word: words[word] / 300 for word in Word} == pytest.approx(found)
    assert mean_rounds == pytest.approx(rounds)


def test_equal_contestants_on_a_quiet_machine_are_called_the_same_in_85_of_100_runs():
    words, _ = outcomes(1.0, 0.06, REPEATS)
    assert words[Word.SAME] >= 0.85 * REPEATS


def test_the_looks_of_a_pair_keep_its_budget_without_any_help_from_the_smallest_effect():
    """400,000 equal pairs; by chance the rate moves by 0.035 %, twice its standard error."""
    assert np.mean(smallest_p(400_000) < LOOK_P) <= BUDGET + 0.00035
