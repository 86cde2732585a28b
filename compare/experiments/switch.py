"""Why do many threads stop a server, and what cures it? The GIL's switch interval, fewer threads, more CPUs."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Run
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import collapses, match, name
from compare.report.words import footer, versus

NAME = "switch"
QUESTION = "Why do many threads stop a server, and what cures it?"
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 3, Preset.FULL: 8}
PARADIGMS = (Paradigm.CALLBACK, Paradigm.EXECUTOR)
DEFAULT_S = 0.005  # Python's own interval
INTERVALS_S = {
    Preset.QUICK: (DEFAULT_S, 0.1),
    Preset.DEFAULT: (0.001, DEFAULT_S, 0.02, 0.1),
    Preset.FULL: (0.001, DEFAULT_S, 0.02, 0.1),
}
THREADS = {Preset.QUICK: (1000,), Preset.DEFAULT: (1000,), Preset.FULL: (100, 500, 1000, 2000)}
WINDOW_S = {Preset.QUICK: 2.0, Preset.DEFAULT: 3.0, Preset.FULL: 8.0}  # a server may stop at any second of it
PATIENCE_S = 2.0


def plan(options: Options) -> list[Cell]:
    window_s = options.duration_s or whole_waits(WINDOW_S[options.preset], options.wait_s)
    return [
        Cell(NAME, variant, Closed(threads, options.wait_s, window_s, warmup_s=0.5, timeout_s=PATIENCE_S))
        for threads in options.concurrency or THREADS[options.preset]
        for contestant in options.contestants(threads=threads)
        if contestant.paradigm in PARADIGMS
        for variant in _variants(contestant, options.preset)
    ]


def _variants(contestant: Contestant, preset: Preset) -> list[Contestant]:
    """Return the contestant at each interval on one CPU, and at Python's own on all CPUs."""
    pinned = [replace(contestant, switch_interval_s=interval_s) for interval_s in INTERVALS_S[preset]]
    return [*pinned, replace(contestant, switch_interval_s=DEFAULT_S, pinned=False)]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, " ".join(say(summaries)[:2]), footer(run), forest.note(found))
    return forest.draw(NAME, words, found, "answers per second, over those at 5 ms on one CPU", folder)


def say(summaries: Sequence[Summary]) -> list[str]:
    return collapses(summaries) + [
        sentence
        for contestant in _plain(summaries)
        for variant in _others(summaries, contestant)
        for sentence in versus(
            match(_rows(summaries, variant), _rows(summaries, contestant)),
            (name(variant), "the same at Python's own 5 ms on one CPU"),
        )
    ]


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    pairs = [
        pair
        for contestant in _plain(summaries)
        for variant in _others(summaries, contestant)
        for pair in match(_rows(summaries, variant), _rows(summaries, contestant))
    ]
    levels = {pair[0].in_flight for pair in pairs}
    return [
        (name(one.a.contestant) + (f", {one.a.in_flight:,}" if len(levels) > 1 else ""), one)
        for one in decisions(pairs, THROUGHPUT)
    ]


def _plain(summaries: Sequence[Summary]) -> list[Contestant]:
    """Return the contestants at Python's own interval on one CPU."""
    mine = (summary.contestant for summary in summaries if summary.experiment == NAME)
    return [one for one in dict.fromkeys(mine) if one.pinned and one.switch_interval_s == DEFAULT_S]


def _others(summaries: Sequence[Summary], contestant: Contestant) -> list[Contestant]:
    """Return what differs from `contestant` in its interval or its CPUs alone."""
    mine = dict.fromkeys(summary.contestant for summary in summaries if summary.experiment == NAME)
    alike = [one for one in mine if replace(one, switch_interval_s=DEFAULT_S, pinned=True) == contestant]
    return sorted(
        (one for one in alike if one != contestant),
        key=lambda one: (not one.pinned, one.switch_interval_s or 0),
    )


def _rows(summaries: Sequence[Summary], contestant: Contestant) -> list[Summary]:
    return [one for one in summaries if one.experiment == NAME and one.contestant == contestant]
