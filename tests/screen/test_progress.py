import io
import re

import pytest
from msgspec.structs import replace
from rich.console import Console

from compare.contract import Paradigm, Server
from compare.records import Arrivals, Cell, Closed, Contestant, Measurement, Open
from compare.screen import progress
from compare.screen.progress import Bar, Lines, running

CELL = Cell("concurrency", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(1000), round=2)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (3600, "60 min"),
        (7800, "2 h 10 min"),
        (36060, "10 h 01 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert progress.duration_text(seconds) == text


def test_a_cell_is_called_by_contestant_load_and_round():
    assert progress.cell_text(CELL) == "concurrency: aiohttp native, 1,000 in flight, round 3"


def test_an_open_loop_is_called_by_its_rate():
    assert progress.load_text(Open(100, rate_rps=1500.0, arrivals=Arrivals.POISSON)) == "1,500/s poisson"


def show(kind, *, terminal):
    out = io.StringIO()
    watching = kind(Console(file=out, force_terminal=terminal, width=200))
    with watching:
        watching.begins(2, 100)
        watching.measuring(CELL, 0, 100)
        watching.measured(Measurement(CELL))
        watching.measuring(CELL, 1, 50)
        watching.measured(Measurement(CELL, failure="It [crashed]."))
        watching.remark("The machine was busy.")
    return out.getvalue()


def test_plain_lines_say_what_is_next_how_long_it_takes_and_what_failed():
    assert show(Lines, terminal=False).splitlines() == [
        "Measuring 2 cells, about 2 min.",
        "[1/2] concurrency: aiohttp native, 1,000 in flight, round 3; 2 min left",
        "[2/2] concurrency: aiohttp native, 1,000 in flight, round 3; 50 s left",
        "Failed: concurrency: aiohttp native, 1,000 in flight, round 3: It [crashed].",
        "The machine was busy.",
    ]


def test_the_bar_keeps_failures_and_remarks_above_itself():
    shown = show(Bar, terminal=True)
    for words in ("2 min left", "It [crashed].", "The machine was busy.", "round 3"):
        assert words in shown


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        (60, "aiohttp executor (1,000 threads)"),
        (80, "aiohttp executor (1,000 threads), 1,000 in flight"),
        (120, "concurrency: aiohttp executor (1,000 threads), 1,000 in flight, round 3"),
    ],
)
def test_the_contestant_and_the_time_left_are_whole_in_a_narrow_terminal(columns, named):
    out = io.StringIO()
    cell = replace(CELL, contestant=Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=1000))
    with Bar(Console(file=out, force_terminal=True, width=columns)) as watching:
        watching.begins(26, 100)
        watching.measuring(cell, 3, 70)
    last = re.sub("\x1b[^A-Za-z]*[A-Za-z]", "", out.getvalue()).rstrip().splitlines()[-1].strip()
    assert last.endswith(f" 3/26 70 s left {named}")
    assert last.startswith("━" * progress.BAR) or "╸" in last or "╺" in last


def test_more_cells_than_planned_make_the_bar_longer():
    watching = Bar(Console(file=io.StringIO(), force_terminal=True))
    watching.begins(1, 1)
    watching.grows(2)
    watching.measuring(CELL, 1, 0)
    assert watching._progress.tasks[0].total == 3


@pytest.mark.parametrize(("terminal", "kind"), [(True, Bar), (False, Lines)])
def test_a_terminal_gets_a_bar_and_a_log_gets_lines(terminal, kind):
    assert type(progress.watcher(Console(file=io.StringIO(), force_terminal=terminal))) is kind


@pytest.mark.parametrize("terminal", [True, False])
def test_a_load_shows_how_long_it_runs_in_a_terminal_and_is_silent_elsewhere(terminal):
    out = io.StringIO()
    with running("Asking for 5.5 s", Console(file=out, force_terminal=terminal, width=80)):
        pass
    assert ("Asking for 5.5 s" in out.getvalue()) is terminal
