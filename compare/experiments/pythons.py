"""Which Python answers most, and does a server without a GIL still stop? The same contestants on each interpreter."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments import schedule, sides
from compare.experiments.options import OFF_THE_LOOP, Options, Preset
from compare.records import Cell, Contestant, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import name
from compare.report.words import footer

NAME = "pythons"
QUESTION = "What does another Python change?"
# A thousand threads on one CPU are where interpreters differ most: in what a switch costs, and in who gets the GIL.
IN_FLIGHT = schedule.CROWD
LOOPS = 4  # of one server on a Python without a GIL, against as many processes and against one loop
QUICK_S = 1.0
FULL_S = 5.0
PARADIGMS = {
    Preset.QUICK: (Paradigm.NATIVE,),
    Preset.DEFAULT: (Paradigm.NATIVE, Paradigm.CALLBACK, Paradigm.EXECUTOR),
    Preset.FULL: OFF_THE_LOOP,  # a held loop gives 1 / wait on every Python
}


def plan(options: Options) -> list[Cell]:
    paradigms = options.paradigms_or(PARADIGMS[options.preset])
    return [
        schedule.cell(NAME, options, variant, in_flight, quick_s=QUICK_S, full_s=FULL_S)
        for in_flight, contestant in options.at((IN_FLIGHT,), paradigms)
        for tag in ("", *options.pythons)
        for variant in _variants(contestant, tag, options.preset)
    ]


def _variants(contestant: Contestant, tag: str, preset: Preset) -> list[Contestant]:
    """Return the contestant on one Python; without a GIL native runs on several CPUs too, in each way of using them."""
    here = replace(contestant, python=tag)
    if preset is not Preset.FULL or not tag.endswith("t") or contestant.paradigm is not Paradigm.NATIVE:
        return [here]
    free = replace(here, pinned=False)
    return [here, free, replace(free, loops=LOOPS), replace(free, workers=LOOPS)]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    label = f"answers per second, over those with Python {_own(run)}"
    return forest.draw(NAME, words, found, label, folder)


def answer(summaries: Sequence[Summary], run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "other Pythons", _own(run))


def say(summaries: Sequence[Summary]) -> list[str]:
    return sides.said(
        summaries,
        NAME,
        _sides(summaries),
        lambda one: (
            name(one),
            name(_other(one)) if _several(one) else "the same on the Python that runs the benchmark",
        ),
    )


def _own(run: Run) -> str:
    return ".".join(run.environment.python.split(".")[:2])


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    """Return each contestant on another Python over the same on the benchmark's own; several loops are said alone."""
    alone = [pair for pair in _sides(summaries) if not _several(pair[0])]
    return sides.found(summaries, NAME, alone, name)


def _sides(summaries: Sequence[Summary]) -> list[sides.Sides]:
    """Return each contestant on another Python against the same on the benchmark's own, several loops against one."""
    mine = sides.contestants(summaries, NAME)
    return [(one, _other(one)) for one in mine if one.python and (one.pinned or _several(one))]


def _several(contestant: Contestant) -> bool:
    return max(contestant.loops, contestant.workers) > 1


def _other(contestant: Contestant) -> Contestant:
    """Return what a contestant is compared with."""
    return replace(contestant, loops=1, workers=1) if _several(contestant) else replace(contestant, python="")
