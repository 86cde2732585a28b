"""Does the comparison hold across a wire? The same contestants at a distance, where some frames are lost."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Link, Run
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import link_text, match
from compare.report.words import footer, versus

NAME = "network"
QUESTION = "Does the comparison hold across a wire?"
IN_FLIGHT = 200
WINDOW_S = {Preset.QUICK: 1.0, Preset.DEFAULT: 3.0, Preset.FULL: 5.0}
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
    paradigms = PARADIGMS[options.preset] if options.paradigms == tuple(Paradigm) else options.paradigms
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], options.wait_s)
    return [
        Cell(
            NAME,
            replace(contestant, link=link, work="sleep"),  # other works have their far end on this host
            Closed(in_flight, options.wait_s, window_s, warmup_s=0.5, timeout_s=2.0),
        )
        for in_flight in options.concurrency or (IN_FLIGHT,)
        for contestant in options.contestants(threads=in_flight)
        for link in LINKS[options.preset]
        if contestant.paradigm in paradigms
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw(NAME, words, found, "answers per second, native / callback", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "native over wires", "callback")


def say(summaries: Sequence[Summary]) -> list[str]:
    return [
        sentence
        for native in _natives(summaries)
        for sentence in versus(
            match(_rows(summaries, native), _rows(summaries, _threaded(native))),
            (f"{native.server} native, {link_text(native.link or NEAR)},", "callback"),
        )
    ]


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    pairs = [
        pair
        for native in _natives(summaries)
        for pair in match(_rows(summaries, native), _rows(summaries, _threaded(native)))
    ]
    levels = {pair[0].in_flight for pair in pairs}
    return [
        (
            f"{one.a.contestant.server}, {link_text(one.a.contestant.link or NEAR)}"
            + (f", {one.a.in_flight:,}" if len(levels) > 1 else ""),
            one,
        )
        for one in decisions(pairs, THROUGHPUT)
    ]


def _natives(summaries: Sequence[Summary]) -> list[Contestant]:
    mine = (summary.contestant for summary in summaries if summary.experiment == NAME)
    natives = dict.fromkeys(one for one in mine if one.paradigm is Paradigm.NATIVE)
    return sorted(natives, key=lambda one: (one.server, _distance(one)))


def _distance(contestant: Contestant) -> tuple[float, float]:
    link = contestant.link or NEAR
    return link.loss, link.round_trip_s


def _threaded(native: Contestant) -> Contestant:
    return replace(native, paradigm=Paradigm.CALLBACK)


def _rows(summaries: Sequence[Summary], contestant: Contestant) -> list[Summary]:
    return [one for one in summaries if one.experiment == NAME and one.contestant == contestant]
