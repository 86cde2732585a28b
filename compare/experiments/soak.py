"""Does a server keep what it should have let go? Everything at once for minutes, then everybody leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments import schedule
from compare.experiments.options import Options, Preset
from compare.late import Late
from compare.records import Cell, Measurement, Mixed, Run, Soak
from compare.report.figures import sheets
from compare.report.figures.drawing import Panel
from compare.report.figures.sheets import Words
from compare.report.words import footer, servers

if TYPE_CHECKING:
    import numpy as np
    from scipy import stats
else:
    np = Late("numpy")
    stats = Late("scipy.stats")

NAME = "soak"
QUESTION = "Does anything leak?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 1, Preset.FULL: 1}
WINDOW_S = {Preset.QUICK: 15.0, Preset.DEFAULT: 90.0, Preset.FULL: 600.0}
WARM_SHARE = 0.1
WARM_LEAST_S = 5.0
RATE_RPS = 25.0  # of each of the streams: about 135 requests a second in all
WAIT_S = 0.05
CONNECTIONS = 50
MOST_MB_PER_MINUTE = 1.0
TELLING_S = 120.0  # a shorter course is the allocator's, not the server's
MB = 1e6


class Slope(msgspec.Struct, frozen=True):
    """How fast memory grows, in MB a minute, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """The slope with its interval, signs included."""
        return f"{self.value:+.2f} ({self.low:+.2f} to {self.high:+.2f}) MB a minute"


def plan(options: Options) -> list[Cell]:
    window_s = options.duration_s or WINDOW_S[options.preset]
    load = Mixed(
        CONNECTIONS,
        options.wait_or(WAIT_S),
        window_s,
        warmup_s=max(WARM_LEAST_S, WARM_SHARE * window_s),
        rate_rps=RATE_RPS,
        timeout_s=schedule.MIXED_PATIENCE_S,
    )
    return [Cell(NAME, options.contestant(server, Paradigm.NATIVE), load) for server in options.servers]


def slope(soak: Soak) -> Slope | None:
    """Return the median of the slopes between all pairs of readings (Theil-Sen); None below three readings.

    A server's memory moves in steps; of a line by least squares one late step would make a trend.
    """
    if len(soak.course) < 3:
        return None
    minutes = np.array([one.at_s for one in soak.course]) / 60
    memory_mb = np.array([one.rss_bytes for one in soak.course]) / MB
    value, _, low, high = stats.theilslopes(memory_mb, minutes)
    return Slope(float(value), float(low), float(high))


def leaks(soak: Soak) -> list[str]:
    """Return what `soak` shows to leak, in a few words each; none is what is hoped for."""
    found = slope(soak)
    long = bool(soak.course) and soak.course[-1].at_s >= TELLING_S
    before, after = soak.before, soak.after
    return [
        *(["memory"] if found and long and found.value > MOST_MB_PER_MINUTE else []),
        *(["threads"] if after.threads > before.threads else []),
        *(["files"] if after.open_files > before.open_files else []),
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    mine = _mine(run)
    if not mine:
        return []
    names = servers([one for one in summaries if one.experiment == NAME])
    note = "Points: memory at rest, before and after. Dashed: the slope, as the median over all pairs of readings."
    words = Words(QUESTION, answer(summaries, run), footer(run), note)
    with sheets.look():
        figure, panels = sheets.sheet(words, sheets.Grid(columns=len(names), label=0.6))
        for panel, server in zip(panels, names, strict=True):
            _panel(panel, [soak for one, soak in mine if one.cell.contestant.server is server])
            panel.set_title(str(server), loc="left", weight="bold")
        return sheets.save(figure, folder, NAME)


def answer(_summaries: Sequence[Summary], run: Run) -> str:
    mine = _mine(run)
    if not mine:
        return "Nothing was measured."
    said = [f"{one.cell.contestant.server} {_verdict(leaks(soak))}" for one, soak in mine]
    return f"After {_lasted(mine[0][0])} of mixed load {', '.join(sorted(said))}."


def _lasted(one: Measurement) -> str:
    duration_s = one.cell.load.duration_s
    return f"{duration_s:g} seconds" if duration_s < TELLING_S else f"{duration_s / 60:.3g} minutes"


def _verdict(leaking: Sequence[str]) -> str:
    return f"leaks {' and '.join(leaking)}" if leaking else "leaks nothing"


def _mine(run: Run) -> list[tuple[Measurement, Soak]]:
    """Return the soaks, of a cell that was measured again the later one."""
    found = {one.cell: (one, one.finding) for one in run.measurements if isinstance(one.finding, Soak)}
    return list(found.values())


def _panel(panel: Panel, mine: Sequence[Soak]) -> None:
    panel.set(xlabel="minutes since the window began", ylabel="resident memory in MB")
    highest = 0.0
    for soak in mine:
        minutes = np.array([one.at_s for one in soak.course]) / 60
        memory_mb = np.array([one.rss_bytes for one in soak.course]) / MB
        panel.plot(minutes, memory_mb, color=Paradigm.NATIVE.colour, lw=1.4)
        rest = (soak.before, soak.after)
        rest_mb = [one.rss_bytes / MB for one in rest]
        panel.plot([one.at_s / 60 for one in rest], rest_mb, "o", color=sheets.INK, ms=5)
        highest = max(highest, *rest_mb, *memory_mb)
        if found := slope(soak):
            middle = np.median(memory_mb) + found.value * (minutes - np.median(minutes))
            panel.plot(minutes, middle, color=sheets.INK, lw=1.1, dashes=(5, 3))
            panel.annotate(
                found.text, (0.03, 0.05), xycoords="axes fraction", color=sheets.SOFT, size=9, va="bottom"
            )
    panel.set_ylim(0, 1.25 * highest)


def say_run(run: Run) -> list[str]:
    """Return what was left, a sentence per server; the course is in the run, not in a summary."""
    return [_sentence(one, soak) for one, soak in _mine(run)]


def _sentence(one: Measurement, soak: Soak) -> str:
    found, leaking = slope(soak), leaks(soak)
    wrong = sum(soak.wrong.values())
    short = one.cell.load.duration_s < TELLING_S
    verdict = _verdict(leaking)
    doubt = f"; under {TELLING_S / 60:g} minutes tell nothing of memory" if short else ""
    return (
        f"Under {_lasted(one)} of mixed load, {sum(soak.answers.values()):,} right answers, {wrong:,} wrong "
        f"ones and {soak.left:,} clients that left, {one.cell.contestant.server} {verdict}: "
        f"memory {found.text if found else 'read too rarely'}, "
        f"threads {soak.before.threads} before and {soak.after.threads} after, "
        f"open files {soak.before.open_files} and {soak.after.open_files}{doubt}."
    )


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [one for one in summaries if one.experiment == NAME and one.rounds]
    return ["The figure soak.png shows the memory of each server over time."] if rows else []
