"""How long does a user wait at a given load? An open loop, whose schedule no answer can delay.

Two stages. First each contestant's capacity (a closed loop) and equal rates for all; then, with the capacities known,
the shares of its own capacity at which each contestant is asked. `then` makes those cells from what was measured.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.quantiles import Known, Percentile
from compare.analysis.summary import Summary
from compare.analysis.units import count_text
from compare.contract import Paradigm
from compare.experiments import schedule
from compare.experiments.options import TRAMPOLINES, Options, Preset, whole_waits
from compare.records import Arrivals, Cell, Closed, Contestant, Open, Run
from compare.report.figures import charts, drawing, sheets
from compare.report.figures.charts import Chart, View
from compare.report.figures.sheets import Words
from compare.report.series import Line, Point
from compare.report.verdict import name, wait_text
from compare.report.words import footer, legend, of, servers

NAME = "latency"
QUESTION = "How long does a user wait at a given load?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 2, Preset.FULL: 5}
SHARES = {Preset.QUICK: (0.5,), Preset.DEFAULT: (0.5, 0.8), Preset.FULL: (0.2, 0.5, 0.8)}
SECOND_STAGE = {preset: len(shares) / 2 for preset, shares in SHARES.items()}  # of the cells in the first
RATES_RPS = {Preset.QUICK: (500,), Preset.DEFAULT: (500,), Preset.FULL: (100, 500, 2000)}
WINDOW_S = {Preset.QUICK: 0.6, Preset.DEFAULT: 2.0, Preset.FULL: 10.0}
CLOSED = schedule.CROWD  # in flight, to find the capacity; the executor's pool is as large
CLOSED_START_S = 0.35  # in which so many connections are opened
CONNECTIONS = 2000  # at most, in the open loop
PERCENTILES: dict[str, Callable[[Summary], Percentile]] = {
    "p50": lambda s: s.response.p50,
    "p90": lambda s: s.response.p90,
    "p97.5": lambda s: s.response.p97_5,
    "p99": lambda s: s.response.p99,
}


def plan(options: Options) -> list[Cell]:
    contestants = _contestants(options)
    equal = [_open(options, one, float(rate)) for rate in RATES_RPS[options.preset] for one in contestants]
    return [_closed(options, one) for one in contestants] + equal


def then(options: Options, summaries: Sequence[Summary]) -> list[Cell]:
    """Return the cells at shares of the capacities in `summaries`; none for a contestant without a valid one."""
    known = _capacities(summaries)
    return [
        _open(options, one, float(f"{share * known[one]:.3g}"))
        for share in SHARES[options.preset]
        for one in _contestants(options)
        if one in known
    ]


def _contestants(options: Options) -> list[Contestant]:
    named = options.preset is Preset.FULL or options.singled_out
    found = options.contestants(threads=CLOSED)
    return [one for one in found if named or one.paradigm not in TRAMPOLINES]


def _closed(options: Options, contestant: Contestant) -> Cell:
    window_s = options.duration_s or schedule.window_s(options.preset, contestant, CLOSED)
    load = Closed(
        CLOSED,
        options.wait_s,
        whole_waits(window_s, options.wait_s),
        warmup_s=schedule.warmup_s(options.wait_s, start_s=CLOSED_START_S),
        timeout_s=schedule.observe_s(options.preset, options.wait_s),
    )
    return Cell(NAME, contestant, load)


def _open(options: Options, contestant: Contestant, rate_rps: float) -> Cell:
    window_s = options.duration_s or WINDOW_S[options.preset]
    load = Open(
        CONNECTIONS,
        options.wait_s,
        window_s,
        warmup_s=schedule.warmup_s(options.wait_s, start_s=schedule.OPEN_START_S),
        rate_rps=rate_rps,
        arrivals=Arrivals.POISSON,
        timeout_s=schedule.observe_s(options.preset, options.wait_s),
    )
    return Cell(NAME, contestant, load)


def _capacities(summaries: Sequence[Summary]) -> dict[Contestant, float]:
    return {
        one.contestant: one.throughput_rps.value
        for one in summaries
        if one.experiment == NAME and one.rate_rps is None and one.valid and one.throughput_rps.value > 0
    }


def share_of(summary: Summary, summaries: Sequence[Summary]) -> float | None:
    """Return the share of its own capacity a contestant was asked at, None at one of the equal rates."""
    capacity = _capacities(summaries).get(summary.contestant)
    if capacity is None or summary.rate_rps is None:
        return None
    shares = {share for each in SHARES.values() for share in each}
    return next((s for s in shares if summary.rate_rps == float(f"{s * capacity:.3g}")), None)


def beyond(row: Summary, response: Percentile) -> Percentile:
    """Return how long a response took on top of its wait: what the server, and not the I/O, made of it."""
    wait_s = row.load.delay_s
    return replace(
        response,
        value_s=response.value_s - wait_s,
        low_s=response.low_s - wait_s,
        high_s=response.high_s - wait_s,
    )


AGAINST_RATE = Chart(
    "latency-rate",
    QUESTION,
    (
        View("response beyond the wait, ms", lambda s: beyond(s, s.response.p50), 1e3, "p50"),
        View("response beyond the wait, ms", lambda s: beyond(s, s.response.p90), 1e3, "p90"),
    ),
    across=lambda summary: summary.rate_rps or 0.0,
    across_label="requests sent per second",
    line=lambda summary: str(summary.contestant.paradigm),
    note="Open loop, Poisson arrivals: response counts from the intended send. Triangle on top: known to be larger.",
)


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    rows = _open_rows(summaries)
    told = answer(summaries, run)
    return charts.draw(AGAINST_RATE, rows, told, run, folder) + _curves(summaries, run, folder)


def _open_rows(summaries: Sequence[Summary]) -> list[Summary]:
    mine = [one for one in summaries if one.experiment == NAME and one.rate_rps is not None]
    return [one for one in mine if one.rounds]


def _curves(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    """Draw the percentiles of the response at equal rates, one panel per server."""
    rows = [one for one in _open_rows(summaries) if share_of(one, summaries) is None]
    rates = sorted({one.rate_rps or 0.0 for one in rows})
    drawn = {s: [_curve(one) for one in of(rows, s) if one.rate_rps == rates[-1]] for s in servers(rows)}
    if not any(line.points for each in drawn.values() for line in each):
        return []
    question = f"How long does a user wait at {rates[-1]:,.0f} requests a second?"
    note = f"{legend(rows)} Triangle on top: known to be larger."
    words = Words(question, answer(summaries, run), footer(run), note)
    most = 1 + int(max(point.x for each in drawn.values() for line in each for point in line.points))
    with sheets.look():
        figure, panels = sheets.sheet(words, sheets.grid_for(Paradigm, len(drawn)))
        for panel, (server, each) in zip(panels, drawn.items(), strict=True):
            panel.set_title(str(server), loc="left", weight="bold")
            panel.set_xticks(range(most), list(PERCENTILES)[:most])
            panel.set(xlabel="percentile of the requests", xlim=(-0.3, most - 0.7))
            drawing.log_axis(panel, "y", "response beyond the wait, ms")
            drawing.share_y(panels, [line for lines in drawn.values() for line in lines])
            drawing.plot(panel, each)
        return sheets.save(figure, folder, "latency-percentiles")


def _curve(row: Summary) -> Line:
    found = [(x, beyond(row, of_(row))) for x, of_ in enumerate(PERCENTILES.values())]
    points = tuple(
        Point(x, one.value_s * 1e3, *_bounds(one), valid=row.valid, at_least=one.known is Known.BEYOND)
        for x, one in found
        if one.known is not Known.TOO_FEW and one.value_s > 0
    )
    return Line(str(row.contestant.paradigm), row.contestant.paradigm, points)


def _bounds(one: Percentile) -> tuple[float, float]:
    known = one.low_s > 0 and one.high_s > 0
    return (one.low_s * 1e3, one.high_s * 1e3) if known else (one.value_s * 1e3, one.value_s * 1e3)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    """Return the p90 of native and callback at the highest rate that all were asked at."""
    rows = [one for one in _open_rows(summaries) if one.valid and share_of(one, summaries) is None]
    top_rps = max((one.rate_rps or 0.0 for one in rows), default=0.0)
    told = [
        f"{paradigm} {_p90s([one for one in rows if _asked(one, paradigm, top_rps)])}"
        for paradigm in (Paradigm.NATIVE, Paradigm.CALLBACK)
        if any(_asked(one, paradigm, top_rps) for one in rows)
    ]
    if not told:
        return "Too few answers for a percentile."
    return f"p90 at {count_text(top_rps)} requests a second: {'; '.join(told)}."


def _asked(row: Summary, paradigm: Paradigm, rate_rps: float) -> bool:
    return row.contestant.paradigm is paradigm and row.rate_rps == rate_rps


def _p90s(rows: Sequence[Summary]) -> str:
    return ", ".join(f"{row.response.p90.text} ({row.contestant.server})" for row in rows)


def say(summaries: Sequence[Summary]) -> list[str]:
    return _sentences(_open_rows(summaries), summaries)


def _sentences(open_rows: Sequence[Summary], summaries: Sequence[Summary]) -> list[str]:
    told = (Paradigm.NATIVE, Paradigm.CALLBACK)
    rows = [one for one in open_rows if one.valid and one.contestant.paradigm in told]
    shares = {(one.contestant, one.load): share_of(one, summaries) for one in rows}

    def order(row: Summary) -> tuple[str, float, int]:
        share = shares[row.contestant, row.load]
        return row.contestant.server, -(share or 0), told.index(row.contestant.paradigm)

    return [_sentence(row, shares[row.contestant, row.load]) for row in sorted(rows, key=order)]


def _sentence(row: Summary, share: float | None) -> str:
    own = f" ({share:.0%} of its capacity)" if share else ""
    waits = [
        f"{of_(row).text.replace('> ', 'more than ')} ({key})"
        for key, of_ in PERCENTILES.items()
        if of_(row).known is not Known.TOO_FEW
    ]
    told = f"takes {', '.join(waits)} to answer" if waits else "gave too few answers for a percentile"
    rate = f"{count_text(row.rate_rps or 0)} requests a second{own}"
    return f"With a {wait_text(row.load.delay_s)} wait at {rate}, {name(row.contestant)} {told}."
