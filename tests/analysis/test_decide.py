import math

import numpy as np
import pytest
from made import CALLBACK, NAN, NATIVE, figures, summary
from msgspec.structs import replace
from scipy import stats

from compare.analysis.decide import LOOK_P, Decision, Word, decide, decide_apart, decisions
from compare.analysis.intervals import Spread
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.analysis.outcome import Outcome
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.summary import Summary
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.records import Closed

QUIET = (1.0, 1.002, 0.998, 1.001, 0.999)
BASE = summary([1000.0] * 5, CALLBACK)


def rows(ratio, noise=QUIET, **more):
    return summary([1000 * ratio * each for each in noise], **more)


def test_what_is_sure_and_large_enough_differs_in_both_directions():
    assert decide(rows(1.06), BASE).word is Word.DIFFERS
    assert decide(rows(0.94), BASE).word is Word.DIFFERS


def test_what_is_sure_and_small_is_the_same_within_ten_per_cent_where_the_cpu_limits_and_five_where_the_wait_does():
    found = decide(rows(1.04), BASE)
    assert (found.word, found.margin) == (Word.SAME, 0.10)
    waits = (Warning.LIMITED_BY_WAIT,)
    limited = decide(rows(1.02, warnings=waits), summary([1000.0] * 5, CALLBACK, warnings=waits))
    assert (limited.word, limited.margin) == (Word.SAME, 0.05)


def test_what_is_large_but_unsure_cannot_be_told():
    found = decide(rows(1.0, (1.5, 0.8, 1.6, 0.7, 1.4)), BASE)
    assert found.word is Word.CANNOT_TELL
    assert found.ratio.low < 1 < found.ratio.high


@pytest.mark.parametrize("rounds", [1, 2])
def test_nobody_wins_after_one_round_or_two(rounds):
    found = decide(summary([3000.0, 3010.0][:rounds]), summary([1000.0, 1001.0][:rounds], CALLBACK))
    assert found.word is Word.CANNOT_TELL
    assert found.ratio.rounds == rounds
    assert found.ratio.value == pytest.approx(3.0, rel=0.01)
    assert found.ratio.kind is (Spread.SINGLE if rounds == 1 else Spread.RANGE)


def test_a_look_spends_less_than_the_usual_five_per_cent():
    logs = [0.5, 0.6, 0.7]  # t = 10.4, p = 0.009
    found = decide(summary([1000 * math.exp(each) for each in logs]), summary([1000.0] * 3))
    assert LOOK_P < found.p_value < 0.05
    assert found.word is Word.CANNOT_TELL


@pytest.mark.parametrize("side", ["a", "b"])
def test_below_the_floor_of_an_aa_run_nothing_is_named(side):
    ours, theirs = rows(1.3), BASE
    ours, theirs = (replace(ours, floor=0.35), theirs) if side == "a" else (ours, replace(theirs, floor=0.35))
    assert decide(ours, theirs).word is Word.CANNOT_TELL
    assert decide(rows(1.3), BASE, floor=0.35).word is Word.CANNOT_TELL
    assert decide(rows(1.4), replace(BASE, floor=0.35)).word is Word.DIFFERS
    assert decide(rows(1.04), BASE, floor=0.01).word is not Word.DIFFERS  # never below 5 %


def test_below_the_resolution_of_a_cell_nothing_is_named():
    few = Closed(1, delay_s=0.1, duration_s=0.4)  # four answers against three
    four, three = (replace(summary([rate] * 5), load=few) for rate in (10.0, 7.5))
    assert decide(four, three).word is Word.CANNOT_TELL
    assert decide(
        replace(four, load=Closed(1, duration_s=4.0)), replace(three, load=Closed(1, duration_s=4.0))
    ).named


def test_where_the_larger_side_sits_at_its_ceiling_the_ratio_is_a_lower_bound():
    fast = rows(2.2, warnings=(Warning.LIMITED_BY_WAIT,))
    assert decide(fast, BASE).at_least
    assert decide(BASE, fast).at_least
    assert not decide(rows(2.2), BASE).at_least
    dear = rows(2.2, warnings=(Warning.LIMITED_BY_WAIT,), cpu=[2.0] * 5)
    costs = decide(dear, summary([1000.0] * 5, CALLBACK, cpu=[1.0] * 5), CPU)
    assert (costs.ratio.value, costs.at_least) == (pytest.approx(2.0), False)


def dead(round_, rate):
    return replace(figures(rate, round_), outcome=Outcome.COLLAPSED)


def test_only_rounds_in_which_both_answered_are_compared():
    ours = rows(2.0)
    theirs = replace(BASE, rounds=(dead(0, 10.0), *BASE.rounds[1:]))
    found = decide(ours, theirs)
    assert found.ratio.rounds == 4
    assert found.ratio.value == pytest.approx(2.0, rel=0.01)
    never = replace(BASE, rounds=tuple(dead(n, 10.0) for n in range(5)))
    assert decide(ours, never).word is Word.NOT_COMPARABLE
    ratio = decide(ours, never).ratio
    assert (ratio.rounds, ratio.kind) == (0, Spread.NONE)
    assert all(math.isnan(each) for each in (ratio.value, ratio.low, ratio.high))


def test_ratio_interval_and_p_value_are_of_one_test_and_never_contradict_each_other():
    rng = np.random.default_rng(0)
    for _ in range(200):
        logs = rng.normal(0.3, 0.15, 5)
        found = decide(summary(list(1000 * np.exp(logs))), BASE)
        assert (found.p_value < 0.05) == (not found.ratio.low <= 1 <= found.ratio.high)
        assert found.ratio.value == pytest.approx(math.exp(np.mean(logs)))


def test_what_the_machine_did_to_both_cancels():
    slow_and_fast = [100, 50, 200, 80, 120]
    ours = summary([1.2 * rate * (1 + n / 1000) for n, rate in enumerate(slow_and_fast)])
    assert decide(ours, summary(slow_and_fast)).named


def test_rounds_are_paired_by_their_number():
    ours, theirs = summary([100, 200, 400]), summary([50, 100, 200])
    shuffled = Summary("x", NATIVE, Closed(10), rounds=theirs.rounds[::-1])
    assert decide(ours, shuffled).ratio.low == pytest.approx(2.0)
    lacking = Summary("x", NATIVE, Closed(10), rounds=theirs.rounds[1:])
    assert decide(ours, lacking).ratio.rounds == 2


def test_an_invalid_row_and_a_metric_that_is_not_known_are_compared_with_nothing():
    bad = summary([300, 300, 300], valid=False)
    assert decide(bad, BASE).word is decide(BASE, bad).word is Word.NOT_COMPARABLE
    beyond = Latency(p50=Percentile(Known.BEYOND, 2.0))
    censored = Summary("x", NATIVE, Closed(10), rounds=(figures(response=beyond),))
    assert decide(censored, censored, P50).word is Word.NOT_COMPARABLE
    assert math.isnan(decide(censored, censored, P50).ratio.value)


def test_pairs_do_not_make_each_other_harder_to_name():
    pair = (rows(1.3), BASE)
    assert all(one.named for one in decisions([pair] * 50))


def test_rows_of_two_runs_are_told_apart_without_pairing():
    assert decide_apart(rows(1.3), BASE, THROUGHPUT).word is Word.DIFFERS
    assert decide_apart(rows(1.01), BASE, THROUGHPUT).word is Word.SAME
    assert decide_apart(rows(1.3, (1.0, 0.5, 2.0)), BASE, THROUGHPUT).word is Word.CANNOT_TELL
    assert not decide_apart(rows(1.3), BASE, THROUGHPUT).at_least
    limited = rows(1.3, warnings=(Warning.LIMITED_BY_WAIT,))
    assert decide_apart(limited, BASE, THROUGHPUT).at_least
    assert decide_apart(BASE, limited, THROUGHPUT).at_least
    once = decide_apart(summary([200.0]), summary([100.0]), THROUGHPUT)
    assert (once.word, once.ratio.value, math.isnan(once.p_value)) == (
        Word.CANNOT_TELL,
        pytest.approx(2.0),
        True,
    )
    assert decide_apart(summary([NAN]), BASE, THROUGHPUT).word is Word.NOT_COMPARABLE


def test_a_decision_says_whether_more_rounds_would_help():
    assert [
        Decision(BASE, BASE, THROUGHPUT, BASE.throughput_rps, 1.0, word, 0.1).decided for word in Word
    ] == [
        True,
        True,
        False,
        False,
    ]


def test_rows_of_two_runs_give_the_geometric_mean_with_welchs_interval():
    ours, theirs = rows(1.3), rows(1.0, (1.01, 0.99, 1.0))
    found = decide_apart(ours, theirs, CPU)
    assert (found.a, found.b, found.metric, found.word) == (ours, theirs, CPU, Word.NOT_COMPARABLE)
    found = decide_apart(ours, theirs, THROUGHPUT)
    assert (found.a, found.b, found.metric, found.margin) == (ours, theirs, THROUGHPUT, 0.10)
    assert found.ratio.value == pytest.approx(math.sqrt(found.ratio.low * found.ratio.high))
    assert found.ratio.value == pytest.approx(1.3, rel=0.01)
    assert 1.2 < found.ratio.low < 1.3 < found.ratio.high < 1.4
    assert (found.ratio.rounds, found.ratio.kind) == (3, Spread.INTERVAL)
    assert found.p_value < LOOK_P


@pytest.mark.parametrize(("rounds", "kind"), [(1, Spread.SINGLE), (2, Spread.RANGE)])
def test_rows_of_two_runs_with_fewer_than_three_rounds_give_the_widest_range(rounds, kind):
    ours, theirs = summary([2000.0, 3000.0][:rounds]), summary([1000.0, 1250.0][:rounds], CALLBACK)
    found = decide_apart(ours, theirs, THROUGHPUT)
    assert (found.a, found.b, found.metric, found.word) == (ours, theirs, THROUGHPUT, Word.CANNOT_TELL)
    low, high = (2.0, 2.0) if rounds == 1 else (2000 / 1250, 3000 / 1000)
    assert (found.ratio.low, found.ratio.high) == pytest.approx((low, high))
    assert (found.ratio.rounds, found.ratio.kind, found.margin) == (rounds, kind, 0.10)
    assert math.isnan(found.p_value)


def test_a_row_of_two_runs_that_is_wide_on_one_side_is_not_the_same():
    ours = rows(1.08, (1.0, 0.96, 1.04))
    assert decide_apart(ours, BASE, THROUGHPUT).word is Word.CANNOT_TELL
    assert decide_apart(BASE, ours, THROUGHPUT).word is Word.CANNOT_TELL


THREE = [0.10, 0.14, 0.11]  # logs of ratios


def of_logs(logs, **more):
    return summary([1000 * math.exp(each) for each in logs], **more)


@pytest.mark.parametrize("logs", [THREE, [0.10, 0.14, 0.11, 0.02, 0.3]])
def test_ratio_interval_and_p_value_are_those_of_a_paired_t_test_on_the_logs(logs):
    test = stats.ttest_1samp(logs, 0)
    low, high = np.exp(test.confidence_interval(0.95))
    found = decide(of_logs(logs), BASE)
    assert (found.ratio.low, found.ratio.high, found.p_value) == pytest.approx((low, high, test.pvalue))
    assert (found.ratio.rounds, found.ratio.kind) == (len(logs), Spread.INTERVAL)


def test_two_rounds_give_their_range_and_a_p_value_and_one_round_none():
    found = decide(of_logs(THREE[:2]), BASE)
    assert (found.ratio.low, found.ratio.high) == pytest.approx((math.exp(0.10), math.exp(0.14)))
    assert found.p_value == pytest.approx(stats.ttest_1samp(THREE[:2], 0).pvalue)
    assert math.isnan(decide(of_logs(THREE[:1]), BASE).p_value)


def test_rounds_all_alike_leave_the_ratio_certain():
    same, other = decide(summary([1000.0] * 3), BASE), decide(summary([1100.0] * 3), BASE)
    assert (same.p_value, same.word) == (1.0, Word.SAME)
    assert (other.p_value, other.word) == (0.0, Word.DIFFERS)


@pytest.mark.parametrize(("share", "word"), [(0.999, Word.SAME), (1.001, Word.CANNOT_TELL)])
def test_the_same_is_what_two_one_sided_tests_find_within_the_margin(share, word):
    """Each at a third of 5 %, as there are three looks: of these logs mean and bound together are `reach`."""
    logs = np.array([0.01, 0.03, -0.02, 0.04, 0.02])
    bound = stats.t.ppf(1 - 0.05 / 3, 4) * np.std(logs, ddof=1) / math.sqrt(5)
    reach = np.mean(logs) + bound
    for sign in (1, -1):
        found = decide(of_logs(sign * logs * share * math.log1p(0.10) / reach), BASE)
        assert found.word is word


@pytest.mark.parametrize("limits", ["a", "b"])
def test_where_the_wait_limits_one_side_alone_the_wider_margin_holds(limits):
    waits = (Warning.LIMITED_BY_WAIT,)
    ours, theirs = (rows(1.02, warnings=waits), BASE) if limits == "a" else (BASE, rows(1.02, warnings=waits))
    assert decide(ours, theirs).margin == 0.10


def test_a_round_without_an_answer_has_no_ratio_and_a_rate_below_one_has():
    ours = summary([0.6, 0.0, 0.6, 0.6])
    found = decide(ours, replace(summary([0.3, 0.3, 0.0, 0.3]), load=ours.load))
    assert (found.ratio.rounds, found.ratio.value) == (2, pytest.approx(2.0))
    apart = decide_apart(ours, summary([0.3, 0.0, 0.3, 0.3]), THROUGHPUT)
    assert (apart.ratio.rounds, apart.ratio.value) == (3, pytest.approx(2.0))


def test_apart_too_neither_an_invalid_row_nor_a_round_that_collapsed_is_compared():
    assert decide_apart(rows(1.3, valid=False), BASE, THROUGHPUT).word is Word.NOT_COMPARABLE
    theirs = replace(BASE, rounds=(dead(0, 10.0), *BASE.rounds[1:]))
    assert decide_apart(rows(1.3), theirs, THROUGHPUT).ratio.rounds == 4
    nothing = decide_apart(summary([NAN]), BASE, THROUGHPUT)
    assert (nothing.ratio.rounds, nothing.ratio.kind) == (0, Spread.NONE)
    assert all(math.isnan(each) for each in (nothing.ratio.value, nothing.ratio.low, nothing.ratio.high))
    assert not nothing.at_least


@pytest.mark.parametrize(("ratio", "named"), [(1.12, True), (1.08, False)])
@pytest.mark.parametrize("rate", [10.0, 0.5])
def test_a_cell_that_holds_ten_answers_moves_in_steps_of_a_tenth(rate, ratio, named):
    load = Closed(1, duration_s=10 / rate)
    theirs = replace(summary([rate] * 5), load=load)
    ours = replace(summary([rate * ratio] * 5), load=load)
    slow = replace(ours, rounds=(dead(9, rate / 100), *ours.rounds))  # which takes no part
    idle = replace(ours, rounds=(*ours.rounds, figures(0.0, 9)))
    for one in (ours, slow, idle):
        assert decide(one, theirs).named is named
        assert decide_apart(one, theirs, THROUGHPUT).named is named
    assert decide(replace(ours, rounds=(dead(0, rate),)), replace(theirs, rounds=(dead(0, rate),))).word is (
        Word.NOT_COMPARABLE
    )


def test_the_resolution_of_a_cell_is_one_of_its_answers_alone():
    load = Closed(1, duration_s=1.0)
    ours = replace(summary([10.0] * 5, cpu=[1.08] * 5), load=load)
    theirs = replace(summary([10.0] * 5, cpu=[1.0] * 5), load=load)
    assert decide(ours, theirs, CPU).named
    assert decide_apart(ours, theirs, CPU).named


def test_all_pairs_are_decided_by_the_metric_and_above_the_floor_that_was_asked_for():
    ours, theirs = rows(1.3, cpu=[2.0] * 5), summary([1000.0] * 5, CALLBACK, cpu=[1.0] * 5)
    (found,) = decisions([(ours, theirs)], CPU)
    assert (found.metric, found.effect) == (CPU, pytest.approx(1.0))
    (found,) = decisions([(ours, theirs)], floor=0.35)
    assert (found.metric, found.named) == (THROUGHPUT, False)
    (found,) = decisions([(theirs, ours)])
    assert (found.a, found.b, found.effect) == (theirs, ours, pytest.approx(0.3, rel=0.01))
    assert decide_apart(ours, theirs, THROUGHPUT, floor=0.35).word is Word.CANNOT_TELL
