"""What does a limit do when twice as much is asked as it allows? With the limit and without, and after the load stops.

With at most M waits in flight a server answers M / wait a second and no more: what the limit allows, the same for
every paradigm. Where a CPU can do more, a paradigm without the limit may answer all that is asked; where it cannot,
refusing a request costs CPU too, so that the limit may answer less. The words say which was so. A closed loop of M
measures what the limit allows, an open loop at twice that rate the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server
from compare.experiments import schedule
from compare.experiments.options import OFF_THE_LOOP, TRAMPOLINES, Options, Preset, whole_waits
from compare.late import Late
from compare.records import Arrivals, Cell, Closed, Contestant, Load, Measurement, Open, Run, rate_rps
from compare.report.figures import drawing, sheets
from compare.report.figures.drawing import End, Panel
from compare.report.figures.labels import short
from compare.report.figures.sheets import Words
from compare.report.verdict import name, wait_text
from compare.report.words import footer, servers

if TYPE_CHECKING:
    import numpy as np
    from matplotlib import ticker
    from numpy.typing import NDArray
else:
    np = Late("numpy")
    ticker = Late("matplotlib.ticker")

NAME = "overload"
QUESTION = "What does a limit do when twice as much is asked as it allows?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 2, Preset.FULL: 5}
WINDOW_S = {Preset.QUICK: 1.0, Preset.DEFAULT: 2.0, Preset.FULL: 10.0}
RECOVERY_S = {Preset.QUICK: 1.0, Preset.DEFAULT: 2.0, Preset.FULL: 5.0}
FROM_SAMPLES = ("overload",)
LIMIT = 100  # waits in flight
TIMES = 2
MOST_CONNECTIONS = 12_000  # fewer than there are local ports
BIN_S = 0.1


def plan(options: Options) -> list[Cell]:
    (limit,) = options.concurrency[:1] if options.concurrency else (LIMIT,)
    cells = [cell for one in _contestants(options, limit) for cell in _three(options, one, limit)]
    quick = options.preset is Preset.QUICK
    return [cell for cell in cells if not (quick and cell.contestant.paradigm in TRAMPOLINES)]


def _contestants(options: Options, limit: int) -> list[Contestant]:
    return [
        options.contestant(server, paradigm, threads=limit, max_in_flight=limit)
        for server in options.servers
        for paradigm in options.paradigms
        if paradigm
        in OFF_THE_LOOP  # a held loop has never more than one in flight: there is nothing to limit
    ]


def _three(options: Options, limited: Contestant, limit: int) -> list[Cell]:
    """Return one contestant at capacity, in overload with its limit, and in overload without."""
    warmup_s = schedule.warmup_s(options.wait_s, start_s=schedule.OPEN_START_S)
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], options.wait_s)
    at_capacity = Closed(
        limit,
        options.wait_s,
        window_s,
        warmup_s=warmup_s,
        timeout_s=schedule.observe_s(options.preset, options.wait_s),
    )
    offered_rps = TIMES * limit / max(options.wait_s, 0.001)
    over = Open(
        min(MOST_CONNECTIONS, math.ceil(offered_rps * (warmup_s + window_s))),  # if nobody were answered
        options.wait_s,
        window_s,
        warmup_s=warmup_s,
        rate_rps=offered_rps,
        arrivals=Arrivals.POISSON,
        timeout_s=RECOVERY_S[options.preset],
    )
    unlimited = options.contestant(limited.server, limited.paradigm, threads=limit)
    return [
        Cell(NAME, limited, at_capacity),
        Cell(NAME, limited, over),
        Cell(NAME, unlimited, over),
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    mine = [one for one in run.measurements if one.cell.experiment == NAME and one.samples is not None]
    over = [one for one in mine if isinstance(one.cell.load, Open)]
    if not over:
        return []
    rows = [one for one in summaries if one.experiment == NAME]
    doubtful = {(one.contestant, one.load) for one in rows if not one.valid}
    note = (
        f"Bins of {BIN_S:g} s, mean of the rounds. Vertical: the load stops. Dashed: what is asked, and what the limit "
        "allows (limit / wait)."
    )
    words = Words(QUESTION, answer(rows, run), footer(run), note)
    grid = sheets.grid_for(Paradigm, len(servers(rows)), 2)
    with sheets.look():
        figure, panels = sheets.sheet(words, grid)
        sides = [(server, limited) for limited in (True, False) for server in servers(rows)]
        for panel, (server, limited) in zip(panels, sides, strict=True):
            _title(panel, server, limited=limited)
            _courses(
                panel, [one for one in over if _side(one.cell.contestant) == (server, limited)], doubtful
            )
        return sheets.save(figure, folder, NAME)


def _side(contestant: Contestant) -> tuple[Server, bool]:
    return contestant.server, contestant.max_in_flight > 0


def _title(panel: Panel, server: Server, *, limited: bool) -> None:
    panel.set_title(
        f"{server}  {'with the limit' if limited else 'without a limit'}", loc="left", weight="bold"
    )
    panel.set(xlabel="" if limited else "seconds since the window began", ylabel="answers per second")
    panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: short(value)))


def _courses(panel: Panel, mine: Sequence[Measurement], doubtful: set[tuple[Contestant, Load]]) -> None:
    if not mine:
        drawing.empty(panel, "nothing measured here")
        return
    load = mine[0].cell.load
    capacity = (rate_rps(load) or 0.0) / TIMES
    panel.axvline(load.duration_s, color=sheets.SOFT, lw=1, ls=":")
    for rate_s, called in ((capacity, "the limit allows"), (TIMES * capacity, "asked")):
        panel.axhline(rate_s, color=sheets.INK, lw=1.1, dashes=(5, 3), zorder=1.5)
        end_s = load.duration_s + load.timeout_s
        panel.text(end_s, rate_s, called, ha="right", va="bottom", size=8, color=sheets.SOFT)
    drawn = {
        paradigm: [one for one in mine if one.cell.contestant.paradigm is paradigm] for paradigm in Paradigm
    }
    courses = {paradigm: [goodput(one) for one in each] for paradigm, each in drawn.items() if each}
    means = {paradigm: np.mean([rate for _, rate in each], axis=0) for paradigm, each in courses.items()}
    panel.set(xlim=(0, load.duration_s + load.timeout_s))
    panel.set_ylim(0, max(2.3 * capacity, *(1.1 * float(np.max(mean)) for mean in means.values())))
    ends = []
    for paradigm, mean in means.items():
        invalid = any((one.cell.contestant, load) in doubtful for one in drawn[paradigm])
        times, colour = courses[paradigm][0][0], paradigm.colour
        panel.plot(times, mean, color=colour, lw=1.5, ls=":" if invalid else "-")
        last = int(np.searchsorted(times, load.duration_s * 0.9))
        text = f"{paradigm} (invalid)" if invalid else str(paradigm)
        ends.append(End(float(times[last]), float(mean[last]), text, colour))
    near = max(end.y for end in ends) - min(end.y for end in ends) < 0.05 * capacity
    alike = len(ends) > 2 and near and not any("invalid" in end.text for end in ends)
    last_end = End(ends[0].x, ends[0].y, drawing.all_of(len(ends)), sheets.INK)
    drawing.label_ends(panel, [last_end] if alike else ends)


def goodput(one: Measurement) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middles of the bins in seconds, and the successes a second that ended in each."""
    samples, load = one.samples, one.cell.load
    if samples is None:
        raise ValueError("A measurement without samples has no course in time.")
    edges = np.arange(0, load.duration_s + load.timeout_s + BIN_S / 2, BIN_S)
    done = samples.done_s[samples.status == 200]
    counts, _ = np.histogram(done[np.isfinite(done)], bins=edges)
    return (edges[:-1] + edges[1:]) / 2, counts / BIN_S


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    """Return what the limit costs and saves, by the paradigm that stands for all: native where it was measured."""
    rows = [one for one in summaries if one.experiment == NAME and one.rounds and one.valid]
    over = [one for one in rows if one.rate_rps is not None]
    mine = [one for one in over if one.contestant.paradigm is Paradigm.NATIVE] or over
    limited = [one for one in mine if one.contestant.max_in_flight]
    free = [one for one in mine if not one.contestant.max_in_flight]
    if not limited or not free:
        return "No pair could be compared."
    paradigm = limited[0].contestant.paradigm
    return f"With the limit {paradigm} answers {_shares(limited)} of what is asked, else {_shares(free)}."


def _shares(rows: Sequence[Summary]) -> str:
    """Return what share of the requests each server answers: `95% (tornado) and 97% (aiohttp)`."""
    shares = {one.contestant.server: f"{_answered(one):.0%}" for one in rows}
    return " and ".join(f"{shares[server]} ({server})" for server in Server if server in shares)


def _answered(over: Summary) -> float:
    return over.throughput_rps.value / (over.rate_rps or 1)


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [one for one in summaries if one.experiment == NAME and one.rounds]
    closed = {one.contestant: one for one in rows if one.rate_rps is None and one.valid}
    over = [one for one in rows if one.rate_rps is not None and one.contestant.max_in_flight]
    order = sorted(
        over, key=lambda one: (one.contestant.paradigm is not Paradigm.NATIVE, one.contestant.server)
    )
    told = [_sentence(one, closed[one.contestant]) for one in order if one.valid and one.contestant in closed]
    free = [
        one for one in rows if one.rate_rps is not None and one.valid and not one.contestant.max_in_flight
    ]
    return told + [_without(one) for one in free]


def _without(over: Summary) -> str:
    return (
        f"Without a limit {name(over.contestant)} answers {_answered(over):.0%} of {over.rate_rps:,.0f} requests a "
        f"second, with a p50 of {over.response.p50.text}."
    )


def _sentence(over: Summary, at_capacity: Summary) -> str:
    share = over.throughput_rps.value / at_capacity.throughput_rps.value
    refused = sum(error.count for error in over.errors if error.kind == "HTTP 503") / max(1, over.intended)
    p50s = f"{over.response.p50.text} ({at_capacity.response.p50.text} within the limit)"
    return (
        f"At {TIMES} times what the limit allows ({over.rate_rps:,.0f}/s, {wait_text(over.load.delay_s)} wait), "
        f"{name(over.contestant)} answers {share:.0%} of what it answers within the limit and refuses {refused:.0%} of "
        f"the requests; the p50 of those it takes is {p50s}."
    )
