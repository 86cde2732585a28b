"""What does Python's garbage collector cost? The same contestants with it as it is, frozen, tuned and off."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision
from compare.analysis.metrics import GC_PAUSE
from compare.analysis.summary import Summary
from compare.analysis.units import seconds_text
from compare.contract import Gc, Paradigm, Server
from compare.experiments import schedule, sides, soak
from compare.experiments.options import OFF_THE_LOOP, Options, Preset
from compare.records import Cell, Contestant, Mixed, Run, Soak
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import name
from compare.report.words import footer

NAME = "gc"
QUESTION = "What does Python's garbage collector cost?"
# A collection looks at what is in flight, and stops everything else meanwhile: many in flight are where it costs.
IN_FLIGHT = schedule.CROWD
FULL_S = 4.0
MEMORY_RPS = 100.0  # of each of the streams: about 540 requests a second in all
PARADIGMS = {
    Preset.QUICK: (Paradigm.NATIVE,),
    Preset.DEFAULT: (Paradigm.NATIVE, Paradigm.CALLBACK),
    Preset.FULL: OFF_THE_LOOP,
}


def plan(options: Options) -> list[Cell]:
    return _answers(options) + (_memory(options) if options.preset is Preset.FULL else [])


def rounds_of(cell: Cell, _options: Options, rounds: int) -> int:
    """Return in how many of `rounds` a cell is measured: what takes ten minutes once."""
    return 1 if isinstance(cell.load, Mixed) else rounds


def _memory(options: Options) -> list[Cell]:
    """Return ten minutes of mixed load with each setting: memory that is never collected shows with time only."""
    window_s = options.duration_s or soak.WINDOW_S[Preset.FULL]
    load = Mixed(
        soak.CONNECTIONS,
        soak.WAIT_S,
        window_s,
        warmup_s=soak.WARM_SHARE * window_s,
        rate_rps=MEMORY_RPS,
        timeout_s=schedule.MIXED_PATIENCE_S,
    )
    return [
        Cell(NAME, replace(options.contestant(server, Paradigm.NATIVE), gc=how), load)
        for server in options.servers
        for how in Gc
    ]


def _answers(options: Options) -> list[Cell]:
    paradigms = options.paradigms_or(PARADIGMS[options.preset])
    return [
        schedule.cell(NAME, options, replace(contestant, gc=how), in_flight, full_s=FULL_S)
        for in_flight, contestant in options.at((IN_FLIGHT,), paradigms)
        for how in Gc
    ]


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw(NAME, words, found, "answers per second, over those with Python's default", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "a changed collector", "Python's default")


def say(summaries: Sequence[Summary]) -> list[str]:
    compared = _sides(summaries, (Gc.TUNED, Gc.FREEZE, Gc.OFF))
    told = sides.said(summaries, NAME, compared, lambda one: (name(one), "the same with Python's default"))
    return told + _pauses(summaries)


def also_say(run: Run) -> list[str]:
    """Return a sentence for each server on how its memory moved with each setting; none where it was not watched."""
    found = {
        one.cell.contestant: soak.slope(one.finding)
        for one in run.measurements
        if one.cell.experiment == NAME and isinstance(one.finding, Soak) and not one.superseded
    }
    return [
        f"Memory of {server} under a mixed load: "
        + "; ".join(f"{one.gc} {slope.text if slope else 'read too rarely'}" for one, slope in mine)
        + "."
        for server in Server
        if (
            mine := sorted(
                ((o, s) for o, s in found.items() if o.server is server), key=lambda pair: _order(pair[0])
            )
        )
    ]


def _order(contestant: Contestant) -> int:
    return list(Gc).index(contestant.gc)


def _pauses(summaries: Sequence[Summary]) -> list[str]:
    """Return one sentence for each contestant that tells its longest collections."""
    sentences = []
    for contestant in _contestants(summaries):
        told = [
            f"{row.contestant.gc} {_pause_text(row.of(GC_PAUSE).value)}"
            for how in Gc
            for row in sides.rows(summaries, NAME, replace(contestant, gc=how))
            if row.of(GC_PAUSE).measured and how is not Gc.OFF
        ]
        if told:
            sentences.append(
                f"Longest collection of {name(contestant)}: {', '.join(told)} (median of rounds)."
            )
    return sentences


def _pause_text(longest_s: float) -> str:
    return seconds_text(longest_s) if longest_s else "none"


def _found(summaries: Sequence[Summary]) -> list[tuple[str, Decision]]:
    return sides.found(summaries, NAME, _sides(summaries, (Gc.FREEZE, Gc.TUNED, Gc.OFF)), name)


def _sides(summaries: Sequence[Summary], settings: Sequence[Gc]) -> list[sides.Sides]:
    """Return each contestant with each of `settings` against the same with Python's own."""
    return [(replace(one, gc=how), one) for one in _contestants(summaries) for how in settings]


def _contestants(summaries: Sequence[Summary]) -> list[Contestant]:
    mine = sides.contestants([one for one in summaries if one.rate_rps is None], NAME)
    return list(dict.fromkeys(replace(one, gc=Gc.DEFAULT) for one in mine))
