"""Is uvloop worth it? The same contestants on both loops, where the CPU and not the wait decides."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision
from compare.analysis.summary import Summary
from compare.contract import Loop
from compare.experiments import schedule, sides
from compare.experiments.options import OFF_THE_LOOP, TRAMPOLINES, Options, Preset
from compare.records import Cell, Contestant, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.words import footer

NAME = "loops"
QUESTION = "Does uvloop answer more than asyncio?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 5, Preset.FULL: 10}
QUICK_S = 0.8
IN_FLIGHT = 200
WAIT_S = 0.01  # with 200 in flight a ceiling of 20,000/s, above what either server reaches


def plan(options: Options) -> list[Cell]:
    wait_s = options.wait_or(WAIT_S)
    named = options.preset is Preset.FULL or options.singled_out
    return [
        schedule.cell(
            NAME,
            options,
            replace(contestant, loop=loop),
            in_flight,
            wait_s=wait_s,
            warmup_s=0.3,
            quick_s=QUICK_S,
        )
        for in_flight, contestant in options.at((IN_FLIGHT,), OFF_THE_LOOP)  # a held one gives 1 / wait
        for loop in Loop
        if named or contestant.paradigm not in TRAMPOLINES
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw("loops", words, found, "answers per second, uvloop / asyncio", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "uvloop", "asyncio")


def say(summaries: Sequence[Summary]) -> list[str]:
    return sides.said(
        summaries,
        NAME,
        _sides(summaries),
        lambda one: (f"{_called(one)} on uvloop", "the same on asyncio"),
    )


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    return sides.found(summaries, NAME, _sides(summaries), _called)


def _sides(summaries: Sequence[Summary]) -> list[sides.Sides]:
    mine = sides.contestants(summaries, NAME)
    plain = dict.fromkeys(replace(one, loop=Loop.ASYNCIO) for one in mine)
    return [(replace(one, loop=Loop.UVLOOP), one) for one in plain]


def _called(contestant: Contestant) -> str:
    return f"{contestant.server} {contestant.paradigm}"
