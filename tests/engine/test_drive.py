import time
from itertools import count

import pytest
from msgspec.structs import replace
from watching import NOISY, QUIET, Notes, Quiet

from compare.contract import Paradigm, Server
from compare.engine import plan
from compare.engine.drive import Drive
from compare.harness import environment
from compare.records import Cell, Closed, Contestant, Measurement, Run

CELLS = [Cell("x", Contestant(server, p), Closed(10)) for server in Server for p in list(Paradigm)[:5]]
EMPTY = Run("a run", "2025-01-01T00:00:00+00:00", "compare bench", 0, environment.read())


def drive(measure=None, sentry=None, kept=None, notes=None, clock=None, **options):
    sentry = sentry or Quiet()
    return Drive(
        EMPTY,
        measure or sentry.measure,
        sentry=sentry,
        keep=(lambda _: None) if kept is None else kept.append,
        watcher=notes or Notes(),
        expected_s=lambda _: 2.0,
        clock=clock or time.monotonic,
        **options,
    )


def go(driving, rounds):
    driving.begin([cell for cells in rounds for cell in cells])
    driving.rounds(rounds)


def test_every_cell_of_every_round_is_measured_in_the_order_planned():
    rounds = plan.order(CELLS, 3, seed=1)
    driving = drive()
    go(driving, rounds)
    assert [m.cell for m in driving.run.measurements] == [cell for cells in rounds for cell in cells]
    assert driving.run.planned == 30


def test_each_cell_is_told_before_which_one_follows_and_the_last_of_a_round_that_none_does():
    """Between rounds nothing of ours may run: the machine's noise is looked at."""
    notes = []

    def measure(cell):
        notes.append(cell)
        return Measurement(cell, noise=QUIET)

    rounds = [CELLS[:2], [], CELLS[2:3]]
    go(drive(measure, upcoming=lambda cell: notes.append(("next", cell))), rounds)
    first, second, third = CELLS[:3]
    assert notes == [("next", second), first, ("next", None), second, ("next", None), third]


def test_the_run_is_kept_after_every_cell_with_all_that_was_measured_before():
    kept = []
    go(drive(kept=kept), [CELLS])
    assert [len(run.measurements) for run in kept] == list(range(1, 11))
    assert {run.planned for run in kept} == {10}


def test_a_failed_cell_is_kept_with_its_reason_and_the_run_goes_on():
    def measure(cell):
        failing = cell.contestant.paradigm is Paradigm.BLOCKING
        return Measurement(cell, failure="It crashed." if failing else None)

    driving = drive(measure)
    go(driving, [CELLS])
    assert [m.failure for m in driving.run.measurements] == ["It crashed.", None, None, None, None] * 2


def test_ctrl_c_passes_through_and_what_was_measured_stays():
    numbers = count()

    def measure(cell):
        if next(numbers) == 4:
            raise KeyboardInterrupt
        return Measurement(cell)

    driving = drive(measure)
    with pytest.raises(KeyboardInterrupt):
        go(driving, [CELLS])
    assert len(driving.run.measurements) == 4
    assert driving.run.planned == 10


@pytest.mark.parametrize(
    "sentry",
    [
        Quiet(calibrations=[NOISY]),
        Quiet(calibrations=[QUIET, NOISY]),
        Quiet(cells=[NOISY, NOISY]),
    ],
    ids=["before", "after", "two cells of ten"],
)
def test_a_noisy_round_is_marked_and_measured_once_more_and_both_are_kept(sentry):
    notes = Notes()
    driving = drive(sentry=sentry, notes=notes)
    go(driving, [CELLS])
    first, again = driving.run.measurements[:10], driving.run.measurements[10:]
    assert all(m.noise.noisy and not m.rerun for m in first)
    assert [m.cell for m in again] == CELLS
    assert all(m.rerun for m in again)
    assert notes.remarks == ["The machine was busy during round 1: measuring that round once more."]


def test_a_round_that_is_noisy_again_is_not_measured_a_third_time():
    driving = drive(sentry=Quiet(calibrations=[NOISY] * 99))
    go(driving, [CELLS])
    assert len(driving.run.measurements) == 20
    assert all(m.noise.noisy for m in driving.run.measurements)


def test_a_repeat_is_calibrated_afresh_and_the_quieter_try_is_the_result():
    driving = drive(sentry=Quiet(calibrations=[QUIET, NOISY, NOISY, NOISY]))
    go(driving, [CELLS])
    first, again = driving.run.measurements[:10], driving.run.measurements[10:]
    assert all(m.superseded and m.noise.noisy for m in first)
    assert not any(m.superseded or m.noise.noisy for m in again)


def test_a_repeat_that_is_noisier_is_kept_but_is_no_result():
    louder = replace(NOISY, spin_ratio=3.0)
    driving = drive(sentry=Quiet(calibrations=[NOISY] * 99, cells=[QUIET] * 10 + [louder] * 10))
    go(driving, [CELLS])
    first, again = driving.run.measurements[:10], driving.run.measurements[10:]
    assert not any(m.superseded for m in first)
    assert all(m.superseded for m in again)


def test_where_more_rounds_follow_a_noisy_round_is_marked_and_not_made_again():
    notes = Notes()
    driving = drive(sentry=Quiet(calibrations=[NOISY] * 99), notes=notes)
    driving.begin(CELLS)
    driving.rounds([CELLS], repeat=False)
    assert len(driving.run.measurements) == 10
    assert all(m.noise.noisy for m in driving.run.measurements)
    assert notes.remarks == ["The machine was busy during round 1."]


def test_a_single_noisy_cell_is_marked_alone():
    driving = drive(sentry=Quiet(cells=[NOISY]))
    go(driving, [CELLS])
    assert [m.noise.noisy for m in driving.run.measurements] == [True] + [False] * 9


@pytest.mark.parametrize(("most_s", "again"), [(39, False), (41, True)])
def test_a_noisy_round_is_marked_but_not_repeated_when_that_would_take_too_long(most_s, again):
    now, notes = [0.0], Notes()

    def measure(cell):
        now[0] += 2.0
        return Measurement(cell, noise=QUIET)

    driving = drive(measure, Quiet(calibrations=[NOISY]), notes=notes, clock=lambda: now[0], most_s=most_s)
    go(driving, [CELLS])
    assert len(driving.run.measurements) == (20 if again else 10)
    assert all(m.noise.noisy for m in driving.run.measurements[:10])
    assert ("no time to repeat it" in notes.remarks[0]) is not again
    assert notes.grown == (10 if again else 0)


def test_the_time_left_is_corrected_by_how_long_cells_really_took():
    now = [0.0]

    def measure(cell):
        now[0] += 3.0  # expected were 2
        return Measurement(cell)

    notes = Notes()
    go(drive(measure, notes=notes, clock=lambda: now[0]), [CELLS])
    assert notes.begun == (10, 20.0)
    assert [left_s for _, _, left_s in notes.next] == [20.0] + [3.0 * left for left in range(9, 0, -1)]
    assert [done for _, done, _ in notes.next] == list(range(10))


def test_cells_planned_later_are_counted_and_measured_with_the_others():
    notes = Notes()
    driving = drive(notes=notes)
    go(driving, [CELLS[:4]])
    driving.grow(CELLS[4:])
    driving.rounds([CELLS[4:]])
    assert driving.run.planned == 10
    assert [one.cell for one in driving.run.measurements] == CELLS
    assert (notes.begun, notes.grown) == ((4, 8.0), 6)
    assert [done for _, done, _ in notes.next] == list(range(10))


def test_a_thousand_cells_take_no_time_to_drive():
    start = time.process_time()
    driving = drive()
    go(driving, [[replace(cell, round=number) for cell in CELLS] for number in range(100)])
    assert len(driving.run.measurements) == 1000
    assert time.process_time() - start < 5  # it takes 0.05: this bound only catches quadratic work
