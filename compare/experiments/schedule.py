"""How long a cell is measured, warmed up and observed, and in how many rounds. Pure, each rule with its reason."""

from compare.analysis.outcome import COLLAPSE_WAITS, OBSERVE_S
from compare.contract import Paradigm
from compare.experiments.options import Preset
from compare.records import Cell, Contestant

MANY_THREADS = 100  # beyond so many a server's rate varies within its window more than between servers
MANY_THREADS_S = {Preset.QUICK: 0.8, Preset.DEFAULT: 3.0, Preset.FULL: 3.0}
CROWD_S = {
    Preset.QUICK: 0.8,
    Preset.DEFAULT: 2.0,
    Preset.FULL: 2.0,
}  # as many in flight without as many threads
LONGEST_WAIT_S = 10.0  # nobody is observed longer for the sake of ten waits
PREDICTED = 100  # up to so many in flight arithmetic predicts the answers: one round shows that it does


def threads_of(contestant: Contestant, in_flight: int) -> int:
    """Return about how many threads a contestant has at a load: as many as wait, or as its pool has."""
    if contestant.paradigm in {Paradigm.CALLBACK, Paradigm.GENERATOR}:
        return in_flight
    return min(contestant.threads or 0, in_flight) if contestant.paradigm is Paradigm.EXECUTOR else 0


def crowd_window_s(preset: Preset, contestant: Contestant, in_flight: int) -> float:
    """Return the window of a crowd: longer with many threads, as their servers may stop within the first seconds."""
    many = threads_of(contestant, in_flight) > MANY_THREADS
    return (MANY_THREADS_S if many else CROWD_S)[preset]


def observe_s(preset: Preset, wait_s: float) -> float:
    """Return how long past its window an unanswered cell is observed: a collapse is ten waits of silence.

    A quick run gives half of it: a look, which may call a collapse a stall.
    """
    enough_s = max(OBSERVE_S, min(COLLAPSE_WAITS * wait_s, LONGEST_WAIT_S))
    return enough_s / 2 if preset is Preset.QUICK else enough_s


def rounds_of(cell: Cell, preset: Preset, rounds: int, *, queues: bool) -> int:
    """Return in how many of `rounds` a cell is measured: time goes where it decides.

    In a default run, levels that arithmetic predicts and queues for threads are measured once; a full run
    measures everything in every round.
    """
    once = preset is Preset.DEFAULT and (queues or cell.load.concurrency <= PREDICTED)
    return 1 if once else rounds
