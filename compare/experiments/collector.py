"""What does Python's garbage collector cost? The same contestants with it as it is, frozen, tuned and off."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from compare.analysis.decide import Decision, decisions
from compare.analysis.metrics import GC_PAUSE, THROUGHPUT
from compare.analysis.summary import Summary
from compare.analysis.units import seconds_text
from compare.contract import Gc, Paradigm, Server
from compare.experiments import schedule, soak
from compare.experiments.options import Options, Preset, whole_waits
from compare.records import Cell, Closed, Contestant, Mixed, Run, Soak
from compare.report import headline
from compare.report.figures import forest
from compare.report.figures.sheets import Words
from compare.report.verdict import match, name
from compare.report.words import footer, versus

NAME = "gc"
QUESTION = "What does Python's garbage collector cost?"
# A collection looks at what is in flight, and stops everything else meanwhile: many in flight are where it costs.
IN_FLIGHT = 1000
FULL_S = 4.0
MEMORY_S = 600.0
MEMORY_WARM_SHARE = 0.1
MEMORY_RPS = 100.0  # of each of the streams: about 540 requests a second in all
MEMORY_CONNECTIONS = 50
MEMORY_WAIT_S = 0.05
PARADIGMS = {
    Preset.QUICK: (Paradigm.NATIVE,),
    Preset.DEFAULT: (Paradigm.NATIVE, Paradigm.CALLBACK),
    Preset.FULL: (
        Paradigm.NATIVE,
        Paradigm.CALLBACK,
        Paradigm.COROUTINE,
        Paradigm.GENERATOR,
        Paradigm.EXECUTOR,
    ),
}


def plan(options: Options) -> list[Cell]:
    return _answers(options) + (_memory(options) if options.preset is Preset.FULL else [])


def rounds_of(cell: Cell, _options: Options, rounds: int) -> int:
    """Return in how many of `rounds` a cell is measured: what takes ten minutes once."""
    return 1 if isinstance(cell.load, Mixed) else rounds


def _memory(options: Options) -> list[Cell]:
    """Return ten minutes of mixed load with each setting: memory that is never collected shows with time only."""
    window_s = options.duration_s or MEMORY_S
    load = Mixed(
        MEMORY_CONNECTIONS,
        MEMORY_WAIT_S,
        window_s,
        warmup_s=MEMORY_WARM_SHARE * window_s,
        rate_rps=MEMORY_RPS,
        timeout_s=5.0,
    )
    return [
        Cell(NAME, replace(options.contestant(server, Paradigm.NATIVE), gc=how), load)
        for server in options.servers
        for how in Gc
    ]


def _answers(options: Options) -> list[Cell]:
    paradigms = PARADIGMS[options.preset] if options.paradigms == tuple(Paradigm) else options.paradigms
    return [
        Cell(
            NAME,
            replace(contestant, gc=how),
            _load(options, contestant, in_flight),
        )
        for in_flight in options.concurrency or (IN_FLIGHT,)
        for contestant in options.contestants(threads=in_flight)
        for how in Gc
        if contestant.paradigm in paradigms
    ]


def _load(options: Options, contestant: Contestant, in_flight: int) -> Closed:
    window_s = schedule.window_s(options.preset, contestant, in_flight)
    return Closed(
        in_flight,
        options.wait_s,
        options.duration_s
        or whole_waits(FULL_S if options.preset is Preset.FULL else window_s, options.wait_s),
        warmup_s=0.5,
        timeout_s=schedule.observe_s(options.preset, options.wait_s),
    )


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    found = _found(summaries)
    words = Words(QUESTION, answer(summaries, run), footer(run), forest.note(found))
    return forest.draw(NAME, words, found, "answers per second, over those with Python's default", folder)


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    return headline.tally([one for _, one in _found(summaries)], "a changed collector", "Python's default")


def say(summaries: Sequence[Summary]) -> list[str]:
    return [
        sentence
        for contestant in _contestants(summaries)
        for how in (Gc.TUNED, Gc.FREEZE, Gc.OFF)
        for sentence in versus(
            match(_rows(summaries, contestant, how), _rows(summaries, contestant, Gc.DEFAULT)),
            (name(replace(contestant, gc=how)), "the same with Python's default"),
        )
    ] + _pauses(summaries)


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
            for row in _rows(summaries, contestant, how)
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
    pairs = [
        pair
        for contestant in _contestants(summaries)
        for how in (Gc.FREEZE, Gc.TUNED, Gc.OFF)
        for pair in match(_rows(summaries, contestant, how), _rows(summaries, contestant, Gc.DEFAULT))
    ]
    levels = {pair[0].in_flight for pair in pairs}
    return [
        (name(one.a.contestant) + (f", {one.a.in_flight:,}" if len(levels) > 1 else ""), one)
        for one in decisions(pairs, THROUGHPUT)
    ]


def _contestants(summaries: Sequence[Summary]) -> list[Contestant]:
    mine = [one.contestant for one in summaries if one.experiment == NAME and one.rate_rps is None]
    order = list(Paradigm)
    plain = dict.fromkeys(replace(one, gc=Gc.DEFAULT) for one in mine)
    return sorted(plain, key=lambda one: (one.server, order.index(one.paradigm)))


def _rows(summaries: Sequence[Summary], contestant: Contestant, how: Gc) -> list[Summary]:
    wanted = replace(contestant, gc=how)
    mine = (one for one in summaries if one.experiment == NAME and one.rate_rps is None)
    return [one for one in mine if one.contestant == wanted]
