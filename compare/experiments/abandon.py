"""What is still running after the clients left? They leave in the middle of a wait; a thread cannot be called back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from compare.analysis.observed import course_of, orphaned_thread_s
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server
from compare.experiments.options import OFF_THE_LOOP, TRAMPOLINES, Options, Preset
from compare.late import Late
from compare.records import Abandoned, Cell, Measurement, Run
from compare.report.figures import drawing, sheets
from compare.report.figures.drawing import End, Panel
from compare.report.figures.sheets import Words
from compare.report.verdict import wait_text
from compare.report.words import footer, servers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Late("numpy")

NAME = "abandon"
QUESTION = "What is still running after the clients left?"
IN_FLIGHT = 100
WAIT_S = 1.0  # long enough that /stats, asked many times a second, sees what is left
WAITS = 1.5  # the window: each client is answered at least once and then leaves in the middle of a wait


def plan(options: Options) -> list[Cell]:
    wait_s = options.wait_or(WAIT_S)
    window_s = options.duration_s or WAITS * wait_s
    paradigms = OFF_THE_LOOP  # a held loop cannot even say what is left
    return [
        Cell(NAME, contestant, Abandoned(in_flight, wait_s, window_s, warmup_s=0.3))
        for in_flight, contestant in options.at((IN_FLIGHT,), paradigms)
        if options.preset is not Preset.QUICK or contestant.paradigm not in TRAMPOLINES
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    mine = [one for one in run.measurements if one.cell.experiment == NAME and one.failure is None]
    if not mine:
        return []
    names = servers([one for one in summaries if one.experiment == NAME])
    note = "Median of the rounds. Dotted: the clients leave."
    words = Words(QUESTION, answer(summaries, run), footer(run), note)
    with sheets.look():
        figure, panels = sheets.sheet(words, sheets.grid_for(Paradigm, len(names)))
        for panel, server in zip(panels, names, strict=True):
            _panel(panel, server, [one for one in mine if one.cell.contestant.server is server])
        return sheets.save(figure, folder, NAME)


def _panel(panel: Panel, server: Server, mine: Sequence[Measurement]) -> None:
    load = mine[0].cell.load
    grid = np.arange(0, load.duration_s + load.delay_s + 0.3, 0.02)
    panel.set_title(str(server), loc="left", weight="bold")
    panel.set(xlabel="seconds since the window began", ylabel="waits without a client")
    panel.set_ylim(-3, load.concurrency * 1.1)
    panel.set_xlim(load.duration_s - 0.3, float(grid[-1]))
    panel.axvline(load.duration_s, color=sheets.SOFT, lw=1, ls=":")
    ends = []
    for paradigm in Paradigm:
        rounds = [_course(one, grid) for one in mine if one.cell.contestant.paradigm is paradigm]
        if rounds:
            middle = np.median(rounds, axis=0)
            colour = paradigm.colour
            panel.plot(grid, middle, color=colour, lw=1.6)
            half = int(np.searchsorted(grid, load.duration_s + load.delay_s / 3))
            ends.append(End(float(grid[half]), float(middle[half]), str(paradigm), colour))
    drawing.label_ends(panel, ends)


def _course(one: Measurement, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """What `/stats` last said at each time; a server that never said anything left nothing."""
    left = course_of(one)
    times = np.array([at for at, _ in left])
    counts = np.array([0, *(count for _, count in left)], dtype=float)
    course: NDArray[np.float64] = counts[np.searchsorted(times, grid, side="right")]
    return course


def say_run(run: Run) -> list[str]:
    """Return what was left running, a sentence per paradigm; the stamps are in the run, not in a summary."""
    mine = [one for one in run.measurements if one.cell.experiment == NAME and one.failure is None]
    levels = sorted({(one.cell.load.concurrency, one.cell.load.delay_s) for one in mine})
    return [
        f"When {clients:,} clients leave a {wait_text(wait_s)} wait, {paradigm} leaves {_left(rounds)}."
        for clients, wait_s in levels
        for paradigm in reversed(Paradigm)
        if (rounds := [one for one in mine if _key(one) == (clients, wait_s, paradigm)])
    ]


def _key(one: Measurement) -> tuple[int, float, Paradigm]:
    return one.cell.load.concurrency, one.cell.load.delay_s, one.cell.contestant.paradigm


def _left(rounds: Sequence[Measurement]) -> str:
    """Return what one paradigm left at one level: the median of the thread-seconds for each server."""
    most = max((count for one in rounds for _, count in course_of(one)), default=0)
    if not most:
        return "nothing running"
    seconds = {
        server: [orphaned_thread_s(one) for one in rounds if one.cell.contestant.server is server]
        for server in Server
    }
    per_server = [f"{np.median(each):.3g} ({server})" for server, each in seconds.items() if each]
    return f"up to {most:,} threads waiting for nobody, {' and '.join(per_server)} thread-seconds in all"


def answer(_summaries: Sequence[Summary], run: Run) -> str:
    mine = [one for one in run.measurements if one.cell.experiment == NAME and one.failure is None]
    left = {
        paradigm: sum(orphaned_thread_s(one) for one in each) / len(each)
        for paradigm in Paradigm
        if (each := [one for one in mine if one.cell.contestant.paradigm is paradigm])
    }
    free = [str(paradigm) for paradigm, thread_s in left.items() if not thread_s]
    busy = sorted(thread_s for thread_s in left.values() if thread_s)
    told = [f"Nothing runs on with {' and '.join(free)}"] if free else []
    span = " to ".join(dict.fromkeys(f"{one:.3g}" for one in busy[:1] + busy[-1:]))
    told += [f"{'threads' if free else 'Threads'} run on for {span} thread-seconds"] if busy else []
    return f"{'; '.join(told)}." if told else "Nothing was measured."


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [one for one in summaries if one.experiment == NAME and one.rounds]
    return ["The figure abandon.png shows how many waits go on, and for how long."] if rows else []
