import pytest
from made import CALLBACK, NATIVE, run, summary

from compare.analysis.decide import decisions
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.analysis.paired import noise_floor, sides, with_floor
from compare.analysis.summary import summarise
from compare.harness import simulated
from compare.records import Cell, Closed


def test_the_noise_floor_is_what_an_aa_run_shows_and_never_below_5_percent():
    a = summary([100, 100, 100], side="a")
    assert noise_floor([a, summary([92, 92, 92], side="b")]) == pytest.approx(100 / 92 - 1)
    assert noise_floor([a, summary([109, 109, 109], side="b")]) == pytest.approx(0.09)
    assert noise_floor([a, summary([101, 101, 101], side="b")]) == 0.05
    assert noise_floor([a]) == 0.05


def test_every_row_knows_the_floor_of_its_run():
    made = [summary([100, 100, 100], side="a"), summary([80, 80, 80], side="b"), summary([100] * 3, CALLBACK)]
    assert [one.floor for one in with_floor(made)] == pytest.approx([0.25] * 3)


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


@pytest.mark.parametrize("rounds", [3, pytest.param(10, marks=pytest.mark.full)])
def test_an_aa_run_finds_no_difference_in_19_of_20_seeds_though_the_machine_drifts(rounds):
    alarms = 0
    for seed in range(20):
        summaries = summarise(aa_run(seed, rounds))
        alarms += any(
            decision.named
            for metric in (THROUGHPUT, P50, CPU)
            for decision in decisions(sides(summaries), metric)
        )
    assert alarms <= 1
