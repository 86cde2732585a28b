import math

import pytest
from made import CALLBACK, NAN, NATIVE, figures, run, summary
from scipy import stats as scipy_stats

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.metrics import (
    BYSTANDER_P50,
    BYSTANDER_P90,
    CEILING_SHARE,
    CPU,
    METRICS,
    P50,
    P90,
    P99,
    RSS_EACH,
    THREADS,
    THROUGHPUT,
    Better,
)
from compare.analysis.paired import Outcome, differences, holm, noise_floor, outcome, sides
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.summary import Summary, summarise
from compare.harness import simulated
from compare.records import Cell, Closed


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04], [0.02, 0.04]),
        ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06]),  # monotone: 0.04 x 1 becomes 0.03 x 2
        ([0.5, 0.6], [1.0, 1.0]),
        ([NAN, 0.01, NAN, 0.02], [NAN, 0.02, NAN, 0.02]),
    ],
)
def test_holm_multiplies_the_smallest_by_how_many_are_left(p_values, corrected):
    assert holm(p_values) == pytest.approx(corrected, nan_ok=True)


def one(a, b, metric=THROUGHPUT, **more):
    (found,) = differences([(a, b)], metric, **more)
    return found


def test_a_ratio_is_the_median_of_the_rounds_ratios_not_the_ratio_of_their_medians():
    found = one(summary([100, 220, 330]), summary([50, 100, 300], CALLBACK))
    assert found.ratio.value == pytest.approx(2.0)
    assert (found.ratio.low, found.ratio.high) == (pytest.approx(1.1), pytest.approx(2.2))
    assert found.ratio.kind is Spread.RANGE


def test_the_p_value_is_of_the_paired_test_on_log_ratios():
    ours, theirs = [100, 220, 330, 150], [90, 180, 300, 100]
    logs = [math.log(a / b) for a, b in zip(ours, theirs, strict=True)]
    found = one(summary(ours), summary(theirs, CALLBACK))
    assert found.p_value == pytest.approx(scipy_stats.ttest_1samp(logs, 0).pvalue)


def test_what_the_machine_did_to_both_cancels():
    slow_and_fast = [100, 50, 200, 80, 120]
    found = one(
        summary([1.2 * rate * (1 + n / 1000) for n, rate in enumerate(slow_and_fast)]), summary(slow_and_fast)
    )
    assert found.named
    assert found.ratio.value == pytest.approx(1.2, rel=0.01)


def test_a_difference_is_named_when_it_is_sure_and_large_enough():
    noise = (1.0, 1.002, 0.998, 1.001, 0.999)
    base = summary([100.0] * 5)
    assert one(summary([106 * n for n in noise]), base).outcome is Outcome.DIFFERENT
    assert one(summary([94 * n for n in noise]), base).outcome is Outcome.DIFFERENT
    assert one(summary([104 * n for n in noise]), base).outcome is Outcome.NONE  # sure, but below 5 %
    assert (
        one(summary([106 * n for n in noise]), base, floor=0.08).outcome is Outcome.NONE
    )  # below the A/A floor
    assert (
        one(summary([104 * n for n in noise]), base, floor=0.01).outcome is Outcome.NONE
    )  # no floor under 5 %
    assert one(summary([150, 80, 160, 70, 140]), base).outcome is Outcome.NONE  # large, but anything but sure


@pytest.mark.parametrize(
    ("ratio", "p_value", "said"),
    [
        (Estimate(1.2, 1.1, 1.3, 5, Spread.INTERVAL), 0.01, Outcome.DIFFERENT),
        (Estimate(1.2, 0.99, 1.3, 5, Spread.INTERVAL), 0.01, Outcome.NONE),  # the interval holds 1
        (Estimate(0.8, 0.7, 1.0, 5, Spread.INTERVAL), 0.01, Outcome.NONE),
        (Estimate(1.2, 1.1, 1.3, 5, Spread.INTERVAL), 0.06, Outcome.NONE),  # the test is not sure
        (Estimate(1.04, 1.03, 1.05, 5, Spread.INTERVAL), 0.001, Outcome.NONE),
        (Estimate(0.96, 0.95, 0.97, 5, Spread.INTERVAL), 0.001, Outcome.NONE),
        (Estimate(0.94, 0.93, 0.95, 5, Spread.INTERVAL), 0.001, Outcome.DIFFERENT),
        (Estimate(2.0, 2.0, 2.0, 1, Spread.SINGLE), NAN, Outcome.UNTESTED),
        (Estimate(NAN, NAN, NAN, 0, Spread.NONE), NAN, Outcome.INVALID),
    ],
)
def test_interval_test_and_size_must_all_agree(ratio, p_value, said):
    assert outcome(ratio, p_value, 0.05) is said


def test_more_pairs_make_each_harder_to_name():
    pair = (summary([110, 120, 113]), summary([100, 100, 100], CALLBACK))
    assert differences([pair], THROUGHPUT)[0].named
    among = differences([pair] + [(summary([100, 101, 99]), summary([100, 100, 101]))] * 9, THROUGHPUT)
    assert not among[0].named


def test_one_round_is_told_apart_from_no_difference():
    found = one(summary([300]), summary([100]))
    assert (found.outcome, found.ratio.value) == (Outcome.UNTESTED, pytest.approx(3.0))


def test_two_rounds_are_the_fewest_that_can_be_tested():
    found = one(summary([200, 202]), summary([100, 101]))
    assert (found.outcome, found.ratio.rounds) == (Outcome.DIFFERENT, 2)
    assert math.isnan(one(summary([200]), summary([100])).p_value)


def test_a_round_without_the_metric_on_one_side_has_no_ratio():
    found = one(summary([0.5, 0.0, 0.5]), summary([0.25, 0.25, 0.0]))
    assert (found.ratio.value, found.ratio.rounds) == (pytest.approx(2.0), 1)


def test_rounds_are_paired_by_their_number():
    ours, theirs = summary([100, 200, 400]), summary([50, 100, 200])
    shuffled = Summary("x", NATIVE, Closed(10), rounds=theirs.rounds[::-1])
    assert one(ours, shuffled).ratio.low == pytest.approx(2.0)
    lacking = Summary("x", NATIVE, Closed(10), rounds=theirs.rounds[1:])
    assert one(ours, lacking).ratio.rounds == 2


def test_an_invalid_row_is_compared_with_nothing():
    good, bad = summary([100, 100, 100]), summary([300, 300, 300], valid=False)
    assert one(bad, good).outcome is Outcome.INVALID
    assert one(good, bad).outcome is Outcome.INVALID


def test_what_is_not_known_exactly_is_compared_with_nothing():
    beyond = Latency(p50=Percentile(Known.BEYOND, 2.0))
    censored = Summary("x", NATIVE, Closed(10), rounds=(figures(response=beyond),))
    assert one(censored, censored, P50).outcome is Outcome.INVALID


def test_every_metric_reads_its_own_number():
    latencies = {
        name: Latency(*(Percentile(Known.EXACTLY, value + step) for step in range(5)))
        for name, value in (("response", 10.0), ("bystander", 20.0))
    }
    found = figures(7.0, cpu_s_per_request=1.0, rss_per_in_flight_bytes=2.0, threads_peak=3.0, **latencies)
    metrics = (THROUGHPUT, P50, P90, P99, CPU, RSS_EACH, THREADS, BYSTANDER_P50, BYSTANDER_P90)
    assert [found.of(metric) for metric in metrics] == [7.0, 10.0, 11.0, 13.0, 1.0, 2.0, 3.0, 20.0, 21.0]
    assert {one for one in METRICS.values() if one.better is Better.MORE} == {THROUGHPUT, CEILING_SHARE}


def test_the_noise_floor_is_what_an_aa_run_shows_and_never_below_5_percent():
    a = summary([100, 100, 100], side="a")
    assert noise_floor([a, summary([92, 92, 92], side="b")]) == pytest.approx(100 / 92 - 1)
    assert noise_floor([a, summary([109, 109, 109], side="b")]) == pytest.approx(0.09)
    assert noise_floor([a, summary([101, 101, 101], side="b")]) == 0.05
    assert noise_floor([a]) == 0.05


def test_sides_are_paired_within_their_contestant_and_load():
    made = [
        summary([1], c, level, side=side) for side in "ab" for c in (NATIVE, CALLBACK) for level in (1, 10)
    ]
    found = sides(made)
    assert len(found) == 4
    assert all(
        a.contestant == b.contestant and a.load == b.load and (a.side, b.side) == ("a", "b") for a, b in found
    )


LEVELS = (100, 400)


def aa_run(seed, rounds):
    """Both sides of two loads, mirrored from round to round, on a machine that gets 0.2 % slower each cell."""
    cells = [
        Cell("aa", NATIVE, Closed(level, duration_s=0.4, timeout_s=0.3), round_, side)
        for round_ in range(rounds)
        for level, side in [(level, side) for level in LEVELS for side in "ab"][:: -1 if round_ % 2 else 1]
    ]
    measure = simulated.measurer(seed, speed=lambda _: 2000.0, drift=0.002)
    return run([measure(cell) for cell in cells])


@pytest.mark.parametrize("rounds", [3, 10])
def test_an_aa_run_finds_no_difference_in_19_of_20_seeds_though_the_machine_drifts(rounds):
    alarms = 0
    for seed in range(20):
        summaries = summarise(aa_run(seed, rounds))
        alarms += any(
            difference.named
            for metric in (THROUGHPUT, P50, CPU)
            for difference in differences(sides(summaries), metric)
        )
    assert alarms <= 1
