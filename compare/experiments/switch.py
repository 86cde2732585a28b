"""Why do many threads stop a server, and what cures it? The GIL's switch interval, fewer threads, more CPUs."""

import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.metrics import THROUGHPUT
from compare.analysis.outcome import OBSERVE_S
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server
from compare.experiments import schedule, sides
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Run
from compare.report import headline
from compare.report.figures import dots, maps, sheets
from compare.report.figures.drawing import Panel
from compare.report.figures.sheets import Words
from compare.report.headline import Strip
from compare.report.verdict import name
from compare.report.words import footer, of, servers

NAME = "switch"
QUESTION = "Why do many threads stop a server, and what cures it?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 3, Preset.FULL: 8}
PARADIGMS = (Paradigm.CALLBACK, Paradigm.EXECUTOR)
DEFAULT_S = 0.005  # Python's own interval
INTERVALS_S = {
    Preset.QUICK: (DEFAULT_S, 0.1),
    Preset.DEFAULT: (0.001, DEFAULT_S, 0.02, 0.1),
    Preset.FULL: (0.001, DEFAULT_S, 0.02, 0.1),
}
THREADS = {Preset.QUICK: (1000,), Preset.DEFAULT: (1000,), Preset.FULL: (100, 500, 1000, 2000)}
WINDOW_S = {Preset.QUICK: 2.0, Preset.DEFAULT: 3.0, Preset.FULL: 8.0}  # a server may stop at any second of it
ASKED_OF_THREADS = "With how many threads do servers stop, and what cures it?"
HOW_TO_READ = (
    "Each square: answers a second while the server answered, the darker the more. "
    "Cross: servers that stopped answering for good, of all that were started."
)


def plan(options: Options) -> list[Cell]:
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], options.wait_s)
    return [
        Cell(
            NAME,
            variant,
            Closed(threads, options.wait_s, window_s, warmup_s=schedule.WARMUP_S, timeout_s=OBSERVE_S),
        )
        for threads in options.concurrency or THREADS[options.preset]
        for contestant in options.contestants(threads=threads)
        if contestant.paradigm in PARADIGMS
        for variant in _variants(contestant, options.preset)
    ]


def _variants(contestant: Contestant, preset: Preset) -> list[Contestant]:
    """Return the contestant at each interval on one CPU, and at Python's own on all CPUs."""
    pinned = [replace(contestant, switch_interval_s=interval_s) for interval_s in INTERVALS_S[preset]]
    return [*pinned, replace(contestant, switch_interval_s=DEFAULT_S, pinned=False)]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    mine = [summary for summary in summaries if summary.experiment == NAME]
    rows = headline.at_level(mine)
    found = strips(rows, run)
    level = headline.level(rows)
    asked = f"What does the GIL's switch interval do to {level:,} threads?"
    words = Words(asked, answer(rows, run), footer(run), dots.note(found))
    ceiling_rps = max((row.ceiling_rps or 0.0 for row in rows), default=0.0)
    first = dots.draw(NAME, words, found, THROUGHPUT.axis_label, ceiling_rps, folder)
    return [*first, *_draw_threads(mine, run, folder)]


def _draw_threads(rows: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    """Write the map of threads and settings, a panel per server and paradigm; nothing for one number of threads."""
    measured = [row for row in rows if row.rounds]
    if len({row.in_flight for row in measured}) < 2:
        return []
    words = Words(ASKED_OF_THREADS, _by_threads(measured), footer(run), HOW_TO_READ)
    columns, paradigms = servers(rows), sorted({row.contestant.paradigm for row in rows}, key=PARADIGMS.index)
    with sheets.look():
        grid = sheets.Grid(len(columns), len(paradigms), width=5.4, height=2.7, label=0.4, left=1.5)
        figure, panels = sheets.sheet(words, grid)
        for panel, (paradigm, server) in zip(panels, product(paradigms, columns), strict=True):
            _map(panel, server, paradigm, rows)
        for panel in panels[: -len(columns)]:
            panel.set_xlabel("")
        return sheets.save(figure, folder, f"{NAME}-threads")


def _map(panel: Panel, server: Server, paradigm: Paradigm, rows: Sequence[Summary]) -> None:
    levels = sorted({row.in_flight for row in rows})
    settings = list(dict.fromkeys(_set(row) for row in sorted(rows, key=lambda row: _order(row)[1:])))
    most_rps = max(map(_rate, rows)) or 1.0
    maps.draw(
        panel,
        f"{server}  {paradigm}",
        maps.Side("threads, as many as requests in flight", tuple(f"{level:,}" for level in levels)),
        maps.Side("", tuple(settings)),
        [
            _square(row, levels.index(row.in_flight), settings.index(_set(row)), most_rps)
            for row in of(rows, server)
            if row.contestant.paradigm is paradigm
        ],
    )


def _square(row: Summary, x: int, y: int, most_rps: float) -> maps.Square:
    """Return what a row found, in its paradigm's colour: the more answers the more of it."""
    text, stopped = headline.in_words(row).replace(", ", "\n"), bool(row.reliability.collapsed)
    if not row.valid or not row.rounds:
        return maps.Square(x, y, text, stopped=stopped)
    strength = 0.1 + 0.6 * _rate(row) / most_rps
    return maps.Square(x, y, text, row.contestant.paradigm.colour, strength, stopped)


def _rate(row: Summary) -> float:
    """Return answers a second while the server answered; 0 where no server did to the end."""
    rate = row.throughput_rps.value
    return rate if row.valid and math.isfinite(rate) and not row.dead else 0.0


def _by_threads(rows: Sequence[Summary]) -> str:
    """Return how many servers stopped with how many threads: the fewest and, for 20 words, the three most."""
    levels = sorted({row.in_flight for row in rows})
    fewest, *more = (
        f"{level:,} threads: {_counted([row for row in rows if row.in_flight == level])}"
        for level in [levels[0], *levels[1:][-3:]]
    )
    return "; ".join([f"Stopped with {fewest}", *(one.replace(" threads", "") for one in more)]) + "."


def strips(summaries: Sequence[Summary], run: Run) -> dict[Server, list[Strip]]:
    """Return the rounds at the highest level that all have in common, by paradigm, CPUs and interval."""
    rows = headline.at_level([one for one in summaries if one.experiment == NAME])
    return headline.strips(rows, run, _called, order=_order)


def _called(row: Summary) -> str:
    """Return what varies: the paradigm, the interval, and whether all CPUs may be used."""
    return f"{row.contestant.paradigm}, {_set(row)}"


def _set(row: Summary) -> str:
    """Return the interval, and that all CPUs may be used where they may."""
    contestant = row.contestant
    where = "" if contestant.pinned else ", all CPUs"
    return f"{(contestant.switch_interval_s or 0) * 1e3:g} ms{where}"


def _order(row: Summary) -> tuple[int, bool, float]:
    contestant = row.contestant
    return list(Paradigm).index(contestant.paradigm), not contestant.pinned, contestant.switch_interval_s or 0


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    """Return how many servers stopped at each setting, over both servers and paradigms."""
    rows = [one for one in headline.at_level([o for o in summaries if o.experiment == NAME]) if one.rounds]
    if not rows:
        return "Nothing was measured."
    intervals_s = sorted({row.contestant.switch_interval_s or 0.0 for row in rows})
    settings = {
        f"at {each * 1e3:g} ms": [o for o in rows if _setting(o) == (each, True)] for each in intervals_s
    }
    settings["on all CPUs"] = [one for one in rows if not one.contestant.pinned]
    told = "; ".join(f"{where}: {_counted(those)}" for where, those in settings.items() if those)
    return f"Stopped {told}."


def _setting(row: Summary) -> tuple[float, bool]:
    return row.contestant.switch_interval_s or 0.0, row.contestant.pinned


def _counted(rows: Sequence[Summary]) -> str:
    stopped, whole = (
        sum(row.reliability.collapsed for row in rows),
        sum(row.reliability.servers for row in rows),
    )
    return f"{stopped} of {whole}"


def say(summaries: Sequence[Summary]) -> list[str]:
    return sides.said(
        summaries,
        NAME,
        [(variant, one) for one in _plain(summaries) for variant in _others(summaries, one)],
        lambda variant: (name(variant), "the same at Python's own 5 ms on one CPU"),
    )


def _plain(summaries: Sequence[Summary]) -> list[Contestant]:
    """Return the contestants at Python's own interval on one CPU."""
    mine = sides.contestants(summaries, NAME)
    return [one for one in mine if one.pinned and one.switch_interval_s == DEFAULT_S]


def _others(summaries: Sequence[Summary], contestant: Contestant) -> list[Contestant]:
    """Return what differs from `contestant` in its interval or its CPUs alone."""
    mine = sides.contestants(summaries, NAME)
    alike = [one for one in mine if replace(one, switch_interval_s=DEFAULT_S, pinned=True) == contestant]
    return sorted(
        (one for one in alike if one != contestant),
        key=lambda one: (not one.pinned, one.switch_interval_s or 0),
    )
