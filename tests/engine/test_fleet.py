"""The driving loop over made-up machines: what is kept, what is marked, what is said."""

import contextlib
import itertools
import threading

import pytest
from watching import Notes, Quiet

from compare.contract import Paradigm, Server
from compare.engine import plan
from compare.engine.fleet import Fleet, NoMachineError
from compare.engine.machine import UnreadyError
from compare.engine.many import MachineLostError
from compare.engine.ready import Seen
from compare.harness import environment
from compare.records import Cell, Closed, Contestant, Measurement, Run

CELLS = [Cell("concurrency", Contestant(server, Paradigm.NATIVE), Closed(10)) for server in Server]
ROUNDS = plan.order(CELLS, 4, seed=1)
EMPTY = Run("a run", "2025-01-01T00:00:00+00:00", "compare bench", 0, environment.read())

NOTHING = Seen()


class Machine:
    """A machine that measures once `after` has happened, and is lost when its `dies_at`th cell begins.

    `seen` is what it sees before it measures, or the error that it gives instead.
    """

    def __init__(self, name, dies_at=None, after=None, seen=NOTHING):
        self.name, self.dies_at, self.cells, self.seen = name, dies_at, 0, seen
        self.lost, self._after = threading.Event(), after
        self.turn = contextlib.nullcontext()

    def prepare(self):
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen

    def measure(self, cell, attempt):
        if self._after is not None:
            self._after.wait()
        if self.cells == self.dies_at:
            self.lost.set()
            raise MachineLostError(f"{self.name} was lost while it measured.")
        self.cells += 1
        return Measurement(cell)


class Site:
    def __init__(self, *machines):
        self.machines, self.dropped = machines, False

    def find(self):
        return self.machines

    def drop(self):
        self.dropped = True


def fleet(site, notes=None, kept=None, whole=lambda one: one):
    return Fleet(
        EMPTY,
        site,
        whole,
        sentry=Quiet(),
        keep=(lambda _: None) if kept is None else kept.append,
        watcher=notes or Notes(),
        expected_s=lambda _: 1.0,
        clock=itertools.count().__next__,
        patience_s=0.05,
    )


def results(run):
    return sorted(
        (one.cell.round, one.cell.contestant.server) for one in run.measurements if not one.superseded
    )


WHOLE = sorted((number, server) for number in range(4) for server in Server)


def test_every_round_is_kept_cell_by_cell_with_the_machine_that_made_it():
    kept = []
    made = fleet(Site(Machine("a"), Machine("b")), kept=kept)
    made.begin([cell for cells in ROUNDS for cell in cells])
    made.rounds(ROUNDS)
    assert results(made.run) == WHOLE
    assert [len(run.measurements) for run in kept] == list(range(1, 9))
    by_round = {one.cell.round: set() for one in made.run.measurements}
    for one in made.run.measurements:
        by_round[one.cell.round].add((one.machine, one.attempt))
    assert all(len(of_round) == 1 for of_round in by_round.values())


def test_a_lost_round_is_marked_told_and_made_again_as_attempt_two():
    notes = Notes()
    sick = Machine("sick", dies_at=1)
    made = fleet(Site(sick, Machine("well", after=sick.lost)), notes)
    made.rounds(ROUNDS)
    assert results(made.run) == WHOLE
    (lost,) = made.run.lost
    assert (lost.machine, lost.attempt, lost.reason) == ("sick", 1, "sick was lost while it measured.")
    assert [one.machine for one in made.run.measurements if one.superseded] == ["sick"]
    again = [one for one in made.run.measurements if one.attempt == 2]
    assert {one.cell.round for one in again} == {lost.round}
    assert (
        f"sick was lost while it measured. Its round {lost.round + 1} is made again elsewhere."
        in notes.remarks
    )
    assert notes.grown == len(CELLS)


def test_rounds_that_no_machine_is_left_for_are_said():
    notes = Notes()
    made = fleet(Site(Machine("only", dies_at=3)), notes)
    made.rounds(ROUNDS)
    assert len(results(made.run)) == 2
    assert "Round 4 was not made: there is no machine left for it." in notes.remarks


def test_what_is_computed_here_is_added_to_each_measurement():
    made = fleet(Site(Machine("a")), whole=lambda one: Measurement(one.cell, failure="seen"))
    made.rounds(ROUNDS[:1])
    assert {one.failure for one in made.run.measurements} == {"seen"}


def test_an_interrupt_keeps_what_came_and_ends_the_cells_that_run():
    def interrupting(_):
        raise KeyboardInterrupt

    site = Site(Machine("a"))
    made = fleet(site)
    made._watcher.measured = interrupting
    with pytest.raises(KeyboardInterrupt):
        made.rounds(ROUNDS)
    assert len(made.run.measurements) == 1
    assert site.dropped


def test_a_round_that_loses_three_machines_is_given_up_and_said_and_not_promised_again():
    notes = Notes()
    made = fleet(Site(*(Machine(name, dies_at=0) for name in "abc")), notes)
    made.rounds(ROUNDS[:1])
    assert [one.attempt for one in made.run.lost] == [1, 2, 3]
    last = made.run.lost[-1]
    assert f"{last.reason} Its round 1 is given up." in notes.remarks
    assert f"{last.reason} Its round 1 is made again elsewhere." not in notes.remarks
    assert "Round 1 was not made: there is no machine left for it." in notes.remarks
    assert notes.grown == 2 * len(CELLS)


GONE = MachineLostError("gone was lost (KilledWorker).")


def test_what_machines_see_before_they_measure_holds_for_all_and_a_lost_one_is_told():
    notes = Notes()
    slow, blocked = Seen(took_s=2.0), Seen(took_s=1.0, blocking=("my:work",))
    site = Site(Machine("a", seen=slow), Machine("gone", seen=GONE), Machine("b", seen=blocked))
    assert fleet(site, notes).prepare() == Seen(took_s=2.0, blocking=("my:work",))
    assert notes.remarks == ["gone was lost (KilledWorker). It had measured nothing."]


@pytest.mark.parametrize(
    ("machines", "error"),
    [
        ([Machine("gone", seen=GONE)], NoMachineError("No machine is left to measure on")),
        ([Machine("a"), Machine("b", seen=UnreadyError("b: no database."))], UnreadyError("b: no database.")),
    ],
)
def test_without_a_machine_that_is_ready_nothing_begins(machines, error):
    with pytest.raises(type(error), match=str(error)):
        fleet(Site(*machines)).prepare()


def test_an_interrupt_while_machines_get_ready_ends_what_they_do(monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("compare.engine.fleet.futures.wait", interrupted)
    site = Site(Machine("a"))
    with pytest.raises(KeyboardInterrupt):
        fleet(site).prepare()
    assert site.dropped
