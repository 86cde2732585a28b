"""Does the comparison hold across a wire? The same contestants at a distance, where some frames are lost."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments import schedule, sides
from compare.experiments.options import Options, Preset
from compare.records import Cell, Contestant, Link, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import link_text
from compare.report.words import footer

NAME = "network"
QUESTION = "Does the comparison hold across a wire?"
IN_FLIGHT = 200
QUICK_S = 1.0
FULL_S = 5.0
NEAR = Link()  # a pair of virtual devices: no delay of its own
LINKS = {
    Preset.QUICK: (NEAR, Link(0.05)),
    Preset.DEFAULT: (NEAR, Link(0.005), Link(0.05), Link(0.005, 0.01)),
    Preset.FULL: tuple(Link(away_s, lost) for away_s in (0.0002, 0.005, 0.05) for lost in (0.0, 0.001, 0.01)),
}
PARADIGMS = {
    Preset.QUICK: (Paradigm.CALLBACK, Paradigm.NATIVE),
    Preset.DEFAULT: (Paradigm.CALLBACK, Paradigm.NATIVE),
    Preset.FULL: (Paradigm.CALLBACK, Paradigm.EXECUTOR, Paradigm.NATIVE),
}


def plan(options: Options) -> list[Cell]:
    paradigms = options.paradigms_or(PARADIGMS[options.preset])
    return [
        schedule.cell(NAME, options, variant, in_flight, quick_s=QUICK_S, full_s=FULL_S)
        for in_flight, contestant in options.at((IN_FLIGHT,), paradigms)
        for link in LINKS[options.preset]
        for variant in [replace(contestant, link=link, work="sleep")]  # other works have their far end here
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw(NAME, words, found, "answers per second, native / callback", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "native over wires", "callback")


def say(summaries: Sequence[Summary]) -> list[str]:
    return sides.said(
        summaries,
        NAME,
        _sides(summaries),
        lambda one: (f"{one.server} native, {link_text(one.link or NEAR)},", "callback"),
    )


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    return sides.found(summaries, NAME, _sides(summaries), _called)


def _called(native: Contestant) -> str:
    return f"{native.server}, {link_text(native.link or NEAR)}"


def _sides(summaries: Sequence[Summary]) -> list[sides.Sides]:
    """Return native against callback over each link, the near ones first and then those that lose frames."""
    mine = sides.contestants(summaries, NAME)
    natives = sorted(
        (one for one in mine if one.paradigm is Paradigm.NATIVE), key=lambda one: (one.server, _distance(one))
    )
    return [(one, replace(one, paradigm=Paradigm.CALLBACK)) for one in natives]


def _distance(contestant: Contestant) -> tuple[float, float]:
    link = contestant.link or NEAR
    return link.loss, link.round_trip_s
