"""How a ratio, a factor and a share are written."""

import pytest

from compare.analysis.intervals import Estimate, Spread
from compare.report.verdict import (
    factor_text,
    ratio_text,
    share_text,
)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Estimate(3.14, 2.91, 3.44, 10, Spread.INTERVAL), "3.1 (2.9-3.4)"),
        (Estimate(3.14, 2.91, 3.44, 3, Spread.RANGE), "3.1 (range 2.9-3.4)"),
        (Estimate(3.14, 3.14, 3.14, 1, Spread.SINGLE), "3.1"),
    ],
)
def test_a_ratio_says_what_its_brackets_are(ratio, text):
    assert ratio_text(ratio) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0213, "0.021"),
        (0.123, "0.12"),
        (1.0849, "1.08"),
        (1.96, "2.0"),
        (9.94, "9.9"),
        (9.96, "10"),
        (496.4, "496"),
    ],
)
def test_a_factor_has_the_digits_it_deserves(value, text):
    assert factor_text(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.2, "a fifth of"), (0.209, "a fifth of"), (0.22, "0.22 times"), (0.5, "half"), (0.87, "0.87 times")],
)
def test_a_share_is_said_as_people_say_it_when_it_is_near_enough(share, text):
    assert share_text(share) == text
