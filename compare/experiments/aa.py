"""Would this benchmark invent a difference? Each contestant against itself, measured as if it were two."""

from collections.abc import Sequence
from pathlib import Path

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.paired import sides
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments import schedule
from compare.experiments.options import Options, Preset
from compare.records import Cell, Run
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import name, ratio_text
from compare.report.words import footer

NAME = "aa"
QUESTION = "Would this benchmark invent a difference?"
ROUNDS = {Preset.QUICK: 5, Preset.DEFAULT: 8, Preset.FULL: 16}
PARADIGMS = {
    Preset.QUICK: {Paradigm.NATIVE},
    Preset.DEFAULT: {Paradigm.NATIVE, Paradigm.CALLBACK},
    Preset.FULL: {Paradigm.NATIVE, Paradigm.CALLBACK, Paradigm.EXECUTOR},
}
QUICK_S = 0.5
IN_FLIGHT = schedule.CROWD  # where the CPU decides: at the ceiling everything equals everything
SIDES = ("a", "b")


def plan(options: Options) -> list[Cell]:
    paradigms = options.paradigms_or(PARADIGMS[options.preset])
    return [
        schedule.cell(
            NAME,
            options,
            contestant,
            in_flight,
            warmup_s=schedule.warmup_s(options.wait_s, in_flight),
            quick_s=QUICK_S,
            quick_crowd_s=QUICK_S,
            side=side,
        )
        for in_flight, contestant in options.at((IN_FLIGHT,), paradigms)
        for side in SIDES
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = [(name(one.a.contestant), one) for one in _found(summaries)]
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw("aa", words, found, "answers per second, a contestant / itself", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    found = [one for one in _found(summaries) if one.ratio.measured]
    if not found:
        return "No pair could be compared."
    named = sum(one.named for one in found)
    if named:
        return (
            f"Yes: in {named} of {len(found)} comparisons of a contestant with itself a difference was named."
        )
    bound = f"effects up to {_hidden(found):.0%} could hide"
    return f"No difference was named in {len(found)} comparisons of a contestant with itself; {bound}."


def _hidden(found: Sequence[Decision]) -> float:
    return max(max(one.ratio.high, 1 / one.ratio.low) - 1 for one in found)


def say(summaries: Sequence[Summary]) -> list[str]:
    found = [one for one in _found(summaries) if one.ratio.measured]
    if not found:
        return []
    named = [one for one in found if one.named]
    if named:
        rows = "; ".join(f"{name(one.a.contestant)} {ratio_text(one.ratio)}" for one in named)
        return [f"Here this benchmark invents differences: a contestant against itself gave {rows} times."]
    worst = max(one.effect for one in found)
    bound = _hidden(found)
    many = f"{len(found)} comparisons" if len(found) > 1 else "the one comparison"
    apart = f"the largest ratio was {worst:.1%} away from 1 over {found[0].ratio.rounds} rounds"
    first = f"In {many} of a contestant with itself none was named: {apart}, and nothing smaller is named in this run"
    return [f"{first}. An effect of up to {bound:.0%} could hide in this noise."]


def _found(summaries: Sequence[Summary]) -> list[Decision]:
    pairs = sides([summary for summary in summaries if summary.experiment == NAME])
    return decisions(pairs, THROUGHPUT)
