"""Which Python answers most, and does a server without a GIL still stop? The same contestants on each interpreter."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments import schedule, sides
from compare.experiments.options import Options, Preset
from compare.records import Cell, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import name
from compare.report.words import footer

NAME = "pythons"
QUESTION = "What does another Python change?"
# A thousand threads on one CPU are where interpreters differ most: in what a switch costs, and in who gets the GIL.
IN_FLIGHT = 1000
QUICK_S = 1.0
FULL_S = 5.0
PARADIGMS = {
    Preset.QUICK: (Paradigm.NATIVE,),
    Preset.DEFAULT: (Paradigm.NATIVE, Paradigm.CALLBACK, Paradigm.EXECUTOR),
    Preset.FULL: tuple(one for one in Paradigm if one is not Paradigm.BLOCKING),  # 1 / wait on every Python
}


def plan(options: Options) -> list[Cell]:
    paradigms = PARADIGMS[options.preset] if options.paradigms == tuple(Paradigm) else options.paradigms
    return [
        Cell(
            NAME,
            replace(contestant, python=tag),
            schedule.closed(
                options, contestant, in_flight, wait_s=options.wait_s, quick_s=QUICK_S, full_s=FULL_S
            ),
        )
        for in_flight in options.concurrency or (IN_FLIGHT,)
        for contestant in options.contestants(threads=in_flight)
        for tag in ("", *options.pythons)
        if contestant.paradigm in paradigms
    ]


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
        lambda one: (name(one), "the same on the Python that runs the benchmark"),
    )


def _own(run: Run) -> str:
    return ".".join(run.environment.python.split(".")[:2])


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    return sides.found(summaries, NAME, _sides(summaries), name)


def _sides(summaries: Sequence[Summary]) -> list[sides.Sides]:
    """Return each contestant on another Python against the same on the benchmark's own."""
    mine = sides.contestants(summaries, NAME)
    return [(one, replace(one, python="")) for one in mine if one.python]
