import math

import pytest
from msgspec.structs import replace

from compare.analysis.outcome import Outcome
from compare.analysis.validity import INVALID, Signs, Warning, judge  # noqa: A004 - see there

FINE = Signs(
    successes=1000,
    failures=0,
    ceiling_share=0.9,
    most_successes=1100.0,
    short_waits_share=0.0,
    median_s=0.1,
    lag_p99_s=0.0001,
    sent_share=1.0,
    generator_cpu_share=0.5,
    littles_ratio=1.0,
    littles_tolerance=0.03,
    steady=True,
    limit_hit=False,
    noisy=False,
)


def test_nothing_is_said_of_a_round_without_doubt():
    assert judge(FINE) == ()


@pytest.mark.parametrize(
    ("signs", "warning"),
    [
        ({"ceiling_share": 0.951}, Warning.LIMITED_BY_WAIT),
        ({"ceiling_share": 0.95}, None),
        ({"ceiling_share": 1.005, "most_successes": 995.0}, Warning.LIMITED_BY_WAIT),
        ({"ceiling_share": 1.02, "most_successes": 980.0}, Warning.WAIT_SKIPPED),
        ({"successes": 1012, "most_successes": 1000.0}, Warning.WAIT_SKIPPED),
        ({"successes": 1011, "most_successes": 1000.0}, None),  # 1 % and the one at the edge
        ({"successes": 5, "most_successes": 4.0}, None),
        ({"successes": 6, "most_successes": 4.0}, Warning.WAIT_SKIPPED),
        ({"most_successes": math.inf, "ceiling_share": math.nan}, None),
        ({"short_waits_share": 0.011}, Warning.WAIT_SKIPPED),
        ({"short_waits_share": 0.01}, None),
        ({"short_waits_share": math.nan}, None),
        ({"lag_p99_s": 0.0101}, Warning.LATE_SENDS),
        ({"lag_p99_s": 0.0099}, None),  # 10 % of the median of 0.1
        ({"lag_p99_s": 0.00101, "median_s": 0.001}, Warning.LATE_SENDS),
        ({"lag_p99_s": 0.00099, "median_s": 0.001}, None),
        ({"lag_p99_s": 0.001, "median_s": 0.001}, None),
        ({"lag_p99_s": 0.0011, "median_s": math.inf}, Warning.LATE_SENDS),
        ({"lag_p99_s": 0.0011, "median_s": math.nan}, Warning.LATE_SENDS),
        ({"lag_p99_s": math.nan}, None),
        ({"sent_share": 0.9949}, Warning.SENT_TOO_FEW),
        ({"sent_share": 0.995}, None),
        ({"generator_cpu_share": 0.701}, Warning.GENERATOR_BUSY),
        ({"generator_cpu_share": 0.7}, None),
        ({"generator_cpu_share": math.nan}, None),
        ({"littles_ratio": 0.969}, Warning.LITTLES_LAW),
        ({"littles_ratio": 1.031}, Warning.LITTLES_LAW),
        ({"littles_ratio": 0.971}, None),
        ({"littles_ratio": 1.05, "littles_tolerance": 0.06}, None),
        ({"littles_ratio": 1.25, "littles_tolerance": 0.25}, None),
        ({"littles_ratio": math.nan}, None),
        ({"limit_hit": True}, Warning.LIMIT_HIT),
        ({"successes": 0}, Warning.NO_SUCCESS),
        ({"successes": 0, "outcome": Outcome.COLLAPSED}, Warning.COLLAPSED),
        ({"littles_ratio": 1.5, "outcome": Outcome.COLLAPSED}, Warning.COLLAPSED),
        # six threads in step: five waves of six, the last of them cut off
        ({"successes": 30, "most_successes": 24.0, "wave": 6.0}, None),
        ({"successes": 31, "most_successes": 24.0, "wave": 6.0}, Warning.WAIT_SKIPPED),
        ({"too_short": True}, Warning.TOO_SHORT),
        ({"halves": (475, 525)}, None),
        ({"halves": (525, 475)}, None),
        ({"halves": (474, 526)}, Warning.NOT_SETTLED),
        ({"halves": (526, 474)}, Warning.NOT_SETTLED),
        ({"halves": (9, 10)}, None),  # one answer, which may fall on either side
        ({"halves": (8, 10)}, Warning.NOT_SETTLED),
        ({"halves": (0, 1)}, None),
        ({"halves": (474, 526), "ceiling_share": 0.96}, Warning.LIMITED_BY_WAIT),
        ({"halves": (1000, 0), "outcome": Outcome.COLLAPSED}, Warning.COLLAPSED),
        ({"failures": 1}, Warning.ERRORS),
        ({"steady": False}, Warning.NOT_STEADY),
        ({"noisy": True}, Warning.NOISY),
    ],
)
def test_each_rule_warns_beyond_its_bound_and_not_within(signs, warning):
    assert judge(replace(FINE, **signs)) == (() if warning is None else (warning,))


def test_more_than_the_wait_allows_is_never_called_limited_by_the_wait():
    assert Warning.LIMITED_BY_WAIT not in judge(replace(FINE, ceiling_share=1.5, most_successes=600.0))


def test_doubts_that_only_comment_invalidate_nothing():
    assert set(Warning) - INVALID == {
        Warning.COLLAPSED,
        Warning.STALLED,
        Warning.ROUND_FAILED,
        Warning.ROUND_INVALID,
        Warning.LIMITED_BY_WAIT,
        Warning.NOT_STEADY,
        Warning.TOO_SHORT,
        Warning.NOT_SETTLED,
        Warning.ERRORS,
        Warning.NOISY,
    }
    assert all(warning.invalid for warning in INVALID)


def test_every_warning_words_itself_in_its_own_words():
    assert len({warning.words for warning in Warning}) == len(Warning)
    assert Warning.LIMITED_BY_WAIT.words == "limited by the wait, not by the paradigm"
