"""Is uvloop worth it? The same contestants on both loops, where the CPU and not the wait decides."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Loop, Paradigm
from compare.experiments import schedule
from compare.experiments.options import TRAMPOLINES, Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import match
from compare.report.words import footer, versus

NAME = "loops"
QUESTION = "Does uvloop answer more than asyncio?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 5, Preset.FULL: 10}
QUICK_S = 0.8
IN_FLIGHT = 200
WAIT_S = 0.01  # with 200 in flight a ceiling of 20,000/s, above what either server reaches


def plan(options: Options) -> list[Cell]:
    wait_s = WAIT_S if options.delay_s is None else options.delay_s
    named = options.preset is Preset.FULL or options.paradigms != tuple(Paradigm)
    return [
        Cell(
            NAME,
            replace(contestant, loop=loop),
            _load(options, contestant, in_flight, wait_s),
        )
        for in_flight in options.concurrency or (IN_FLIGHT,)
        for contestant in options.contestants(threads=in_flight)
        for loop in Loop
        if contestant.paradigm is not Paradigm.BLOCKING  # 1 / wait on either loop
        if named or contestant.paradigm not in TRAMPOLINES
    ]


def _load(options: Options, contestant: Contestant, in_flight: int, wait_s: float) -> Closed:
    window_s = schedule.window_s(options.preset, contestant, in_flight, QUICK_S)
    return Closed(
        in_flight,
        wait_s,
        options.duration_s or whole_waits(window_s, wait_s),
        warmup_s=0.3,
        timeout_s=schedule.observe_s(options.preset, wait_s),
    )


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw("loops", words, found, "answers per second, uvloop / asyncio", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "uvloop", "asyncio")


def say(summaries: Sequence[Summary]) -> list[str]:
    return [
        sentence
        for contestant in _contestants(summaries)
        for sentence in versus(
            match(*_both(summaries, contestant)),
            (f"{_called(contestant)} on uvloop", "the same on asyncio"),
        )
    ]


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    pairs = [pair for contestant in _contestants(summaries) for pair in match(*_both(summaries, contestant))]
    levels = {pair[0].in_flight for pair in pairs}
    found = decisions(pairs, THROUGHPUT)
    return [
        (_called(one.a.contestant) + (f", {one.a.in_flight:,}" if len(levels) > 1 else ""), one)
        for one in found
    ]


def _contestants(summaries: Sequence[Summary]) -> list[Contestant]:
    mine = [summary.contestant for summary in summaries if summary.experiment == NAME]
    order = list(Paradigm)
    plain = dict.fromkeys(replace(one, loop=Loop.ASYNCIO) for one in mine)
    return sorted(plain, key=lambda one: (one.server, order.index(one.paradigm)))


def _both(summaries: Sequence[Summary], contestant: Contestant) -> tuple[list[Summary], list[Summary]]:
    mine = [
        [
            one
            for one in summaries
            if one.experiment == NAME and one.contestant == replace(contestant, loop=loop)
        ]
        for loop in (Loop.UVLOOP, Loop.ASYNCIO)
    ]
    return mine[0], mine[1]


def _called(contestant: Contestant) -> str:
    return f"{contestant.server} {contestant.paradigm}"
