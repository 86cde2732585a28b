"""An interrupt that Python drops ends a run all the same, before its next cell."""

import signal

import made
import pytest

from compare.commands.interrupts import Interrupts


class Watcher:
    def __init__(self):
        self.shown = []

    def begins(self, cells, expected_s):
        self.shown.append("begins")

    def grows(self, cells):
        self.shown.append("grows")

    def measuring(self, cell, done, left_s):
        self.shown.append("measuring")

    def measured(self, measurement):
        self.shown.append("measured")

    def remark(self, sentence):
        self.shown.append(sentence)


class Dropping:
    """A finalizer in which a signal arrives: what it raises is printed and dropped."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_interrupt_and_are_left_as_they_were(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), Interrupts().heard():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_one_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts().heard():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_was_dropped_stops_the_run_before_its_next_cell():
    interrupts, watcher = Interrupts(), Watcher()
    reminding = interrupts.beside(watcher)
    with interrupts.heard():
        reminding.measuring(made.cell(), 0, 1.0)
        Dropping()
        reminding.remark("still there")
        with pytest.raises(KeyboardInterrupt):
            reminding.measuring(made.cell(), 1, 1.0)
    assert watcher.shown == ["measuring", "still there"]
