"""How long a cell is measured, warmed up and observed, and in how many rounds. Pure, each rule with its reason."""

from compare.analysis.ceiling import threads_of
from compare.analysis.observed import LEAST_WINDOW_S, MANY_THREADS, MANY_THREADS_S
from compare.analysis.outcome import COLLAPSE_WAITS, OBSERVE_S
from compare.experiments.options import TRAMPOLINES, Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant

WARMUP_S = 0.5  # more than it takes a few hundred connections to open and to wait once
START_S = 0.1  # of a warm-up that is counted from its connections: for the server to run warm
OPEN_START_S = 0.2  # the same of an open loop, whose connections open as they are needed
CONNECTS_PER_S = 4000  # connections that a server takes
QUICK_S, QUICK_CROWD_S = 0.3, 0.8  # a look: its rows say that they are too short
CROWD = 1000  # from so many in flight on the CPU decides
LONGEST_WAIT_S = 10.0  # nobody is observed longer for the sake of ten waits
MIXED_PATIENCE_S = 5.0  # past a mixed load: an answer that comes later is missing
PREDICTED_ROUNDS = {Preset.DEFAULT: 1, Preset.FULL: 3}  # from three on "the same" can be said
TRAMPOLINE_ROUNDS = {Preset.DEFAULT: 1, Preset.FULL: 5}
PREDICTED = 100  # up to so many in flight arithmetic predicts the answers: one round shows that it does


def window_s(
    preset: Preset,
    contestant: Contestant,
    in_flight: int,
    quick_s: float = QUICK_S,
    quick_crowd_s: float = QUICK_CROWD_S,
) -> float:
    """Return the shortest window that raises no doubt: longer with many threads, whose servers may stop within it.

    Beyond a hundred threads a server's rate varies within its window more than between servers, too. `quick_s` and
    `quick_crowd_s` are the windows of a quick run.
    """
    if preset is Preset.QUICK:
        return quick_crowd_s if in_flight >= CROWD else quick_s
    return MANY_THREADS_S if threads_of(contestant, in_flight) > MANY_THREADS else LEAST_WINDOW_S


def warmup_s(
    wait_s: float, in_flight: int = 0, start_s: float = START_S, connects_per_s: float = CONNECTS_PER_S
) -> float:
    """Return a warm-up in which every connection is opened and has waited once."""
    return start_s + wait_s + in_flight / connects_per_s


def observe_s(preset: Preset, wait_s: float) -> float:
    """Return how long past its window an unanswered cell is observed: a collapse is ten waits of silence.

    A quick run gives half of it: a look, which may call a collapse a stall.
    """
    enough_s = max(OBSERVE_S, min(COLLAPSE_WAITS * wait_s, LONGEST_WAIT_S))
    return enough_s / 2 if preset is Preset.QUICK else enough_s


def cell(
    name: str,
    options: Options,
    contestant: Contestant,
    in_flight: int,
    *,
    wait_s: float | None = None,
    warmup_s: float = WARMUP_S,
    quick_s: float = QUICK_S,
    quick_crowd_s: float = QUICK_CROWD_S,
    full_s: float | None = None,
    side: str = "",
) -> Cell:
    """Return a cell of the experiment `name`: a closed loop as long as these rules or the options have it.

    `wait_s` is the options' own wait unless the experiment varies it, `full_s` the window of a full run.
    """
    if wait_s is None:
        wait_s = options.wait_s
    shortest_s = window_s(options.preset, contestant, in_flight, quick_s, quick_crowd_s)
    chosen_s = full_s if full_s is not None and options.preset is Preset.FULL else shortest_s
    load = Closed(
        in_flight,
        wait_s,
        options.duration_s or whole_waits(chosen_s, wait_s),
        warmup_s=warmup_s,
        timeout_s=observe_s(options.preset, wait_s),
    )
    return Cell(name, contestant, load, side=side)


def rounds_of(cell: Cell, preset: Preset, rounds: int, *, queues: bool) -> int:
    """Return in how many of `rounds` a cell is measured: time goes where it decides.

    Levels that arithmetic predicts and queues for threads are measured once, in a full run thrice; what nobody's error
    budget goes to in fewer rounds than what it does.
    """
    if preset is Preset.QUICK:
        return rounds
    if queues or cell.load.concurrency <= PREDICTED:
        return min(rounds, PREDICTED_ROUNDS[preset])
    return min(rounds, TRAMPOLINE_ROUNDS[preset]) if cell.contestant.paradigm in TRAMPOLINES else rounds
