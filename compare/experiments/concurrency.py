"""How many waits overlap, and at what cost? Closed loop over the number of requests in flight."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.analysis import ceiling
from compare.analysis.decide import decisions
from compare.analysis.metrics import BYSTANDER_P50, CPU, METRICS, P50, THROUGHPUT, Figure, Metric
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server, WaitThread
from compare.contract.settings import default_threads
from compare.experiments import schedule
from compare.experiments.options import TRAMPOLINES, Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Run
from compare.report import headline
from compare.report.figures import charts, dots
from compare.report.figures.charts import Chart, view
from compare.report.figures.sheets import Words
from compare.report.headline import Strip
from compare.report.verdict import a_wait, limited, match, pooled
from compare.report.words import alone, footer, label, of, servers, versus

NAME = "concurrency"
QUESTION = "How many waits overlap, and at what cost?"

LEVELS = {
    Preset.QUICK: (10, 100, 1000),
    Preset.DEFAULT: (1, 10, 100, 1000),
    Preset.FULL: (1, 10, 100, 1000, 3000, 10000),
}
# Each trampoline is `callback` or `native` and a little more: the levels at which it has to show what that is.
TRAMPOLINE_LEVELS = {Preset.QUICK: (1000,), Preset.DEFAULT: (1000,), Preset.FULL: (10, 100, 1000)}
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 3, Preset.FULL: 8}  # as many as the looks of a full run
CROWD = schedule.CROWD
ALONE = {Paradigm.BLOCKING, Paradigm.NATIVE}  # with one request in flight nothing can overlap
# Beyond a crowd an answer takes seconds. Warm-up and window last until each connection has been answered at the rates
# that a crowd is answered at, the patience after it until the slowest are; else the start would be measured.
SLOWEST_RPS = 1500
LONGEST_S = 6.0
# A machine asked for more threads makes threads and answers nobody: no preset does, `--concurrency` may.
MOST_THREADS = 3000
QUEUE_END = 1000  # nothing is learnt of a queue for threads that is longer still


def plan(options: Options) -> list[Cell]:
    levels = sorted(set(options.concurrency or LEVELS[options.preset]))
    return [
        Cell(NAME, contestant, load(options, contestant, in_flight))
        for in_flight in levels
        for contestant in contestants(options, in_flight)
        if options.concurrency or worth_it(options, contestant, in_flight, levels)
    ]


def worth_it(options: Options, contestant: Contestant, in_flight: int, levels: list[int]) -> bool:
    """Return False for levels that add nothing: too many threads, or requests that already queue for one.

    In a queue the throughput stands at threads / wait whatever the load: it is measured at the ends of the line, in a
    quick run at its end alone.
    """
    if contestant.paradigm in TRAMPOLINES and in_flight not in TRAMPOLINE_LEVELS[options.preset]:
        return False
    if in_flight == 1 and options.preset is Preset.DEFAULT and contestant.paradigm not in ALONE:
        return False
    threads = contestant.paradigm.thread is WaitThread.EACH or contestant.threads
    if threads and in_flight > MOST_THREADS:
        return False
    queued = [level for level in levels if level > slots(contestant)]
    ends = [level for level in queued if level <= QUEUE_END] or queued[:1]
    return in_flight not in queued or in_flight in (
        ends[-1:] if options.preset is Preset.QUICK else {ends[0], ends[-1]}
    )


def contestants(options: Options, in_flight: int) -> list[Contestant]:
    """Return every contestant, those with a pool twice: on Python's own pool and on one as large as the load."""
    wide = [
        options.contestant(server, paradigm, threads=in_flight)
        for server in options.servers
        for paradigm in options.paradigms
        if paradigm.thread is WaitThread.POOL
    ]
    return options.contestants() + wide


def load(options: Options, contestant: Contestant, in_flight: int) -> Closed:
    """Return the closed loop of `in_flight` connections, as long as this contestant can make use of."""
    preset, wait_s = options.preset, options.wait_s
    queues = in_flight > slots(contestant)
    window_s = schedule.window_s(preset, contestant, 1 if queues else in_flight)
    patience_s = schedule.observe_s(preset, wait_s)
    if in_flight >= CROWD and not queues:
        window_s = max(window_s, min(LONGEST_S, window_s * in_flight / CROWD))
        patience_s = max(patience_s, in_flight / SLOWEST_RPS)
    return Closed(
        concurrency=in_flight,
        delay_s=wait_s,
        duration_s=options.duration_s or whole_waits(window_s, wait_s),
        warmup_s=warmup_s(in_flight, wait_s),
        timeout_s=patience_s + wait_s,
    )


def rounds_of(cell: Cell, options: Options, rounds: int) -> int:
    """Return in how many of `rounds` a cell is measured."""
    if options.rounds is not None or options.concurrency:
        return rounds
    queues = cell.load.concurrency > slots(cell.contestant)
    return schedule.rounds_of(cell, options.preset, rounds, queues=queues)


def primary(summaries: Sequence[Summary]) -> list[tuple[Summary, Summary]]:
    """Return the pairs that carry the error budget, at 1,000: native against callback, then against a wide executor.

    Where time is short the first are measured on first.
    """
    rows = [row for row in summaries if row.experiment == NAME and row.in_flight == CROWD]
    return [
        pair
        for other in ("callback", "executor, n threads")
        for server in servers(rows)
        for pair in match(_called(of(rows, server), "native"), _called(of(rows, server), other))
    ]


def slots(contestant: Contestant) -> float:
    """Return how many waits this contestant can have overlap, as far as its threads decide it."""
    return ceiling.slots(contestant, default_threads())


def warmup_s(in_flight: int, wait_s: float) -> float:
    """Return a warm-up in which every connection is opened and has waited once; of a crowd, been answered once."""
    rate = schedule.CONNECTS_PER_S if in_flight <= CROWD else SLOWEST_RPS
    return round(schedule.warmup_s(wait_s, in_flight, connects_per_s=rate), 3)


@dataclass(frozen=True)
class Answer:
    """One figure and the pair of contestants, by label, whose contrast is its verdict.

    `instead` are the pairs for works that lack a face, the most telling first.
    """

    chart: Chart
    metric: Metric
    pair: tuple[str, str] = ("native", "callback")
    instead: tuple[tuple[str, str], ...] = (
        ("executor, n threads", "callback"),
        ("native", "coroutine"),
        ("callback", "blocking"),
    )

    def pair_of(self, rows: Sequence[Summary]) -> tuple[str, str]:
        """Return the first pair that was measured on both sides; `pair` where none was."""
        there = {label(row) for row in rows if row.valid}
        return next((pair for pair in (self.pair, *self.instead) if there.issuperset(pair)), self.pair)


def answers() -> tuple[Answer, ...]:
    """Return every figure of this experiment; costs are those of the registry."""
    costs = tuple(view(one, title=str(one)) for one in METRICS.values() if one.figure is Figure.COST)
    return (
        Answer(
            Chart(
                "concurrency-throughput",
                QUESTION,
                (view(THROUGHPUT, ceiling="ceiling: n / wait"),),
            ),
            THROUGHPUT,
        ),
        Answer(
            Chart(
                "concurrency-latency",
                "How long does an answer take?",
                (view(P50),),
                note="Triangle on top: known to be larger. In a closed loop p50 is n / answers per second.",
            ),
            P50,
        ),
        Answer(
            Chart(
                "concurrency-cost",
                "What does a wait cost the server?",
                costs,
            ),
            CPU,
        ),
        Answer(
            Chart(
                "concurrency-bystander",
                "What does everyone else wait meanwhile?",
                (view(BYSTANDER_P50),),
                note="Triangle on top: known to be larger.",
            ),
            BYSTANDER_P50,
            ("blocking", "native"),
            (("blocking", "callback"), ("blocking", "executor, n threads")),
        ),
    )


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    drawn = (charts.draw(one.chart, rows, _line(one, rows, run), run, folder) for one in answers())
    return _headline(rows, run, folder) + [path for paths in drawn for path in paths]


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    mine = headline.at_level([summary for summary in summaries if summary.experiment == NAME])
    pairs = [
        pair
        for server in servers(mine)
        for pair in match(_called(of(mine, server), "native"), _called(of(mine, server), "callback"))
    ]
    return headline.answer(mine, decisions(pairs), ("native", "callback"))


def _headline(rows: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    """Draw the first figure: everybody's rounds at the highest level that all have in common."""
    mine = headline.at_level(rows)
    found = strips(rows, run)
    question = f"How many answers a second at {headline.level(rows):,} in flight?"
    words = Words(question, answer(rows, run), footer(run), dots.note(found))
    waits = {row.load.delay_s for row in mine if row.contestant.waits_as_asked and row.load.delay_s}
    axis = ", each after ".join([THROUGHPUT.axis_label, *map(a_wait, sorted(waits))])
    ceiling_rps = max((row.ceiling_rps or 0.0 for row in mine), default=0.0)
    return dots.draw(f"{NAME}-headline", words, found, axis, ceiling_rps, folder)


def _line(one: Answer, rows: Sequence[Summary], run: Run) -> str:
    """Return the line under a figure's question."""
    if one.metric is THROUGHPUT:
        return answer(rows, run)
    ours, theirs = one.pair
    pairs = [
        pair
        for server in servers(rows)
        for pair in match(_called(of(rows, server), ours), _called(of(rows, server), theirs))
    ]
    return headline.costs(decisions(pairs, one.metric), one.pair)


def strips(summaries: Sequence[Summary], run: Run) -> dict[Server, list[Strip]]:
    """Return everybody's rounds at the highest level that all have in common."""
    return headline.strips(headline.at_level([one for one in summaries if one.experiment == NAME]), run)


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    sentences = [sentence for answer in answers() for sentence in _say(answer, rows)]
    pool = "executor, default pool"
    starved = [limited(_called(of(rows, server), pool), f"{server} {pool},") for server in servers(rows)]
    starved += [pooled(of(rows, server), str(server)) for server in servers(rows)]
    one = [alone(of(rows, server)) for server in servers(rows)]
    return sentences + [sentence for sentence in [*starved, *one] if sentence]


def _say(answer: Answer, rows: Sequence[Summary]) -> list[str]:
    told: list[str] = []
    for server in servers(rows):
        ours, theirs = answer.pair_of(of(rows, server))
        pairs = match(_called(of(rows, server), ours), _called(of(rows, server), theirs))
        told += versus(pairs, (f"{server} {ours}", f"{server} {theirs}"), answer.metric)
    return told


def _called(rows: Sequence[Summary], wanted: str) -> list[Summary]:
    return [row for row in rows if label(row) == wanted]
