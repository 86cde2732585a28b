"""Rounds over many machines, with made-up machines: every round once, whatever dies."""

import contextlib
import random
import threading
import time

import pytest

from compare.contract import Paradigm, Server
from compare.engine.many import Began, Finished, MachineLostError, Made, Many, Turns
from compare.engine.spread import Lost
from compare.records import Cell, Closed, Contestant, Measurement


def cells(count, number):
    contestants = [Contestant(Server.AIOHTTP, paradigm) for paradigm in list(Paradigm)[:count]]
    return [Cell("concurrency", contestant, Closed(10), round=number) for contestant in contestants]


class MadeUp:
    """A machine that measures at once, and dies when its `dies_at`th cell begins."""

    def __init__(self, name, dies_at=None):
        self.name, self.dies_at, self.measured = name, dies_at, []
        self.turn = contextlib.nullcontext()

    def measure(self, cell, attempt):
        if self.dies_at is not None and len(self.measured) >= self.dies_at:
            raise MachineLostError(f"{self.name} is gone.")
        self.measured.append((cell, attempt))
        return Measurement(cell)


def many_of(rounds, find, **options):
    return Many(rounds, find, poll_s=0.01, **options)


def kept(events):
    """Return, by round, the cells of the attempts that finished."""
    made, finished = {}, {}
    for event in events:
        if isinstance(event, Made):
            made.setdefault(event.attempt, []).append(event.measurement.cell)
        if isinstance(event, Finished):
            assert event.attempt.round not in finished
            finished[event.attempt.round] = made[event.attempt]
    return finished


def test_every_round_is_made_once_whole_and_on_one_machine():
    rounds = [cells(3, number) for number in range(10)]
    machines = [MadeUp(f"m{number}") for number in range(4)]
    found = kept(many_of(rounds, lambda: machines).events())
    assert [found[number] for number in range(10)] == rounds
    assert sum(len(machine.measured) for machine in machines) == 30


def test_a_lost_machines_round_is_made_again_elsewhere_as_attempt_two_and_said():
    rounds = [cells(3, number) for number in range(4)]
    sick, well = MadeUp("sick", dies_at=1), MadeUp("well")
    begun = threading.Event()
    original = sick.measure

    def measure(cell, attempt):
        begun.set()
        return original(cell, attempt)

    sick.measure = measure
    events = list(many_of(rounds, lambda: [sick] if not begun.is_set() else [sick, well]).events())
    (lost,) = [event for event in events if isinstance(event, Lost)]
    assert (lost.attempt.machine, lost.attempt.number, lost.reason) == ("sick", 1, "sick is gone.")
    again = [event.attempt for event in events if isinstance(event, Began) and event.attempt.number == 2]
    assert [(one.round, one.machine) for one in again] == [(lost.attempt.round, "well")]
    assert sorted(kept(events)) == [0, 1, 2, 3]


def test_a_round_that_loses_every_machine_is_given_up_after_three():
    machines = [MadeUp(f"m{number}", dies_at=0) for number in range(5)]
    many = many_of([cells(1, 0)], lambda: machines, patience_s=0)
    events = list(many.events())
    assert sum(isinstance(event, Lost) for event in events) == 3
    assert many.spread.given_up == [0]


def test_without_any_machine_it_ends_and_the_rounds_are_unmade():
    many = many_of([cells(1, 0)], list, patience_s=0)
    assert list(many.events()) == []
    assert many.spread.unmade == [0]


def test_a_machine_that_comes_later_takes_part():
    arrived = []
    many = many_of([cells(1, number) for number in range(3)], lambda: arrived, patience_s=60)
    events = many.events()
    arrived.append(MadeUp("late"))
    assert sorted(kept(events)) == [0, 1, 2]


def test_stopping_begins_nothing_more():
    first, gate = MadeUp("m"), threading.Event()

    def measure(cell, attempt):
        if attempt.round == 1:
            gate.wait()  # until the first round's end was heard
        return Measurement(cell)

    first.measure = measure
    many = many_of([cells(2, number) for number in range(50)], lambda: [first])
    for event in many.events():
        if isinstance(event, Finished):
            many.stop()
            gate.set()
    assert [attempt.round for attempt in many.spread.done] == [0]
    assert many.spread.unmade == list(range(1, 50))


def test_a_fault_of_the_program_itself_is_raised_where_events_are_read():
    class Broken(MadeUp):
        def measure(self, cell, attempt):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(many_of([cells(1, 0)], lambda: [Broken("m")]).events())


@pytest.mark.parametrize("seed", range(20))
def test_with_random_deaths_every_round_is_made_exactly_once(seed):
    rng = random.Random(seed)
    rounds = [cells(3, number) for number in range(8)]
    machines = [MadeUp(f"m{number}", dies_at=rng.randrange(12) if number else None) for number in range(4)]
    found = kept(many_of(rounds, lambda: machines).events())
    assert sorted(found) == list(range(8))
    assert [found[number] for number in range(8)] == rounds


def test_machines_of_one_host_take_turns_round_by_round():
    rounds = [cells(2, number) for number in range(6)]
    machines, turns, inside, most = [MadeUp(f"m{number}") for number in range(2)], Turns(), [], []

    def measuring(machine):
        def measure(cell, attempt):
            while turns._came < 2:  # both stand in line
                time.sleep(0.001)
            inside.append(machine.name)
            most.append(len(set(inside)))
            machine.measured.append((cell, attempt))
            inside.remove(machine.name)
            return Measurement(cell)

        return measure

    for machine in machines:
        machine.turn, machine.measure = turns, measuring(machine)
    assert len(kept(many_of(rounds, lambda: machines).events())) == 6
    assert max(most) == 1
    assert all(machine.measured for machine in machines)
