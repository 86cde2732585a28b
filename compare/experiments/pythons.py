"""Which Python answers most, and does a server without a GIL still stop? The same contestants on each interpreter."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import match, name
from compare.report.words import footer, versus

NAME = "pythons"
QUESTION = "What does another Python change?"
# A thousand threads on one CPU are where interpreters differ most: in what a switch costs, and in who gets the GIL.
IN_FLIGHT = 1000
WINDOW_S = {Preset.QUICK: 1.0, Preset.DEFAULT: 3.0, Preset.FULL: 5.0}
PARADIGMS = {
    Preset.QUICK: (Paradigm.NATIVE,),
    Preset.DEFAULT: (Paradigm.NATIVE, Paradigm.CALLBACK, Paradigm.EXECUTOR),
    Preset.FULL: tuple(one for one in Paradigm if one is not Paradigm.BLOCKING),  # 1 / wait on every Python
}


def plan(options: Options) -> list[Cell]:
    paradigms = PARADIGMS[options.preset] if options.paradigms == tuple(Paradigm) else options.paradigms
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], options.wait_s)
    return [
        Cell(
            NAME,
            replace(contestant, python=tag),
            Closed(in_flight, options.wait_s, window_s, warmup_s=0.5, timeout_s=2.0),
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
    return [
        sentence
        for contestant in _plain(summaries)
        for other in _others(summaries, contestant)
        for sentence in versus(
            match(_rows(summaries, other), _rows(summaries, contestant)),
            (name(other), "the same on the Python that runs the benchmark"),
        )
    ]


def _own(run: Run) -> str:
    return ".".join(run.environment.python.split(".")[:2])


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    pairs = [
        pair
        for contestant in _plain(summaries)
        for other in _others(summaries, contestant)
        for pair in match(_rows(summaries, other), _rows(summaries, contestant))
    ]
    levels = {pair[0].in_flight for pair in pairs}
    return [
        (name(one.a.contestant) + (f", {one.a.in_flight:,}" if len(levels) > 1 else ""), one)
        for one in decisions(pairs, THROUGHPUT)
    ]


def _plain(summaries: Sequence[Summary]) -> list[Contestant]:
    """Return the contestants on the benchmark's own Python."""
    mine = (summary.contestant for summary in summaries if summary.experiment == NAME)
    plain = dict.fromkeys(one for one in mine if not one.python)
    order = list(Paradigm)
    return sorted(plain, key=lambda one: (one.server, order.index(one.paradigm)))


def _others(summaries: Sequence[Summary], contestant: Contestant) -> list[Contestant]:
    """Return what differs from `contestant` in its interpreter alone."""
    mine = dict.fromkeys(summary.contestant for summary in summaries if summary.experiment == NAME)
    return [one for one in mine if one.python and replace(one, python="") == contestant]


def _rows(summaries: Sequence[Summary], contestant: Contestant) -> list[Summary]:
    return [one for one in summaries if one.experiment == NAME and one.contestant == contestant]
