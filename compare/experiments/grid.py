"""Where does each paradigm win? A map of waits and requests in flight, each square in the colour of the fastest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compare.analysis.decide import LOOKS, Word, decide
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server, WaitThread
from compare.experiments import schedule
from compare.experiments.options import Options, Preset
from compare.late import Late
from compare.records import Cell, Run
from compare.report.figures import maps, sheets
from compare.report.figures.drawing import Panel
from compare.report.figures.sheets import Words
from compare.report.headline import MOST_WORDS
from compare.report.verdict import a_wait, factor_text, wait_text
from compare.report.words import footer, of, servers

if TYPE_CHECKING:
    from matplotlib import patches
else:
    patches = Late("matplotlib.patches")

NAME = "grid"
QUESTION = "Where does each paradigm win?"
# Nobody is named from one round, and a gap of a quarter needs four where rounds stray by 6 %: so a default run has few
# squares, at the ends of both axes, and as many rounds as its time allows.
ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 4, Preset.FULL: 5}
WAITS_S = {
    Preset.QUICK: (0.0, 0.1),
    Preset.DEFAULT: (0.0, 0.01),
    Preset.FULL: (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}
LEVELS = {
    Preset.QUICK: (1, 100),
    Preset.DEFAULT: (1, 1000),
    Preset.FULL: (1, 3, 10, 30, 100, 300, 1000),
}
# callback, generator and a wide executor are all a thread per wait; one of them stands for the three unless asked.
PARADIGMS = (Paradigm.BLOCKING, Paradigm.EXECUTOR, Paradigm.NATIVE)


def plan(options: Options) -> list[Cell]:
    paradigms = options.paradigms if options.preset is Preset.FULL else options.paradigms_or(PARADIGMS)
    waits = WAITS_S[options.preset] if options.delay_s is None else (options.delay_s,)
    return [
        schedule.cell(
            NAME,
            options,
            contestant,
            in_flight,
            wait_s=wait_s,
            warmup_s=schedule.warmup_s(wait_s, in_flight),
        )
        for wait_s in waits
        for in_flight, contestant in options.at(LEVELS[options.preset], paradigms)
    ]


def rounds_of(cell: Cell, options: Options, rounds: int) -> int:
    """Return in how many of `rounds` a cell is measured: once where arithmetic puts it last of the three.

    Waits that take turns (`blocking`) answer 1 / wait whatever is in flight, and a hand-over to a thread is pure cost
    where there is nothing to wait for.
    """
    if options.preset is not Preset.DEFAULT or options.rounds is not None or options.singled_out:
        return rounds
    waits, paradigm = cell.load.delay_s > 0, cell.contestant.paradigm
    takes_turns = paradigm.thread is WaitThread.LOOP and waits and cell.load.concurrency > 1
    return 1 if takes_turns or (paradigm.thread is WaitThread.POOL and not waits) else rounds


@dataclass(frozen=True)
class Square:
    """One wait and one level: the paradigm that answered most, and by how much more than the next."""

    wait_s: float
    in_flight: int
    best: Summary
    lead: float  # throughput over the second's; NaN without a second
    word: Word  # of the first two

    @property
    def won(self) -> bool:
        """Whether the first may be named: never after one round or two."""
        return self.word is Word.DIFFERS

    @property
    def words(self) -> str:
        """What stands in the square."""
        if self.won:
            return f"{self.best.contestant.paradigm}\n{factor_text(self.lead)}x"
        return "same" if self.word is Word.SAME else "cannot\ntell"


def squares(rows: Sequence[Summary]) -> Iterator[Square]:
    """Yield one square per wait and level at which all contestants of `rows`, two at least, gave a valid number."""
    for wait_s, in_flight in sorted({(row.load.delay_s, row.in_flight) for row in rows}):
        here = [row for row in rows if (row.load.delay_s, row.in_flight) == (wait_s, in_flight)]
        if len(here) > 1 and all(row.valid and row.rounds for row in here):
            first, second = sorted(here, key=_rate, reverse=True)[:2]
            gap = decide(first, second)
            yield Square(wait_s, in_flight, first, gap.ratio.value, gap.word)


def _rate(summary: Summary) -> float:
    return summary.throughput_rps.value


def draw(summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    found = {server: list(squares(of(rows, server))) for server in servers(rows)}
    if not any(found.values()):
        return []
    note = "Number: answers per second over the second best. Heavy line: the winner changes."
    few = "" if any(len(row.rounds) >= LOOKS[0] for row in rows) else " Under three rounds name no winner."
    words = Words(QUESTION, answer(rows, run), footer(run), note + few)
    with sheets.look():
        figure, panels = sheets.sheet(words, sheets.Grid(columns=len(found), width=5.4, label=0.5, left=1.0))
        for panel, (server, map_) in zip(panels, found.items(), strict=True):
            _map(panel, server, map_, of(rows, server))
            _troubles(panel, of(rows, server), map_)
        return sheets.save(figure, folder, NAME)


def _map(panel: Panel, server: Server, map_: Sequence[Square], rows: Sequence[Summary]) -> None:
    waits, levels = sorted({r.load.delay_s for r in rows}), sorted({r.in_flight for r in rows})
    at = {(levels.index(one.in_flight), waits.index(one.wait_s)): one for one in map_}
    maps.draw(
        panel,
        str(server),
        maps.Side("requests in flight", tuple(f"{level:,}" for level in levels)),
        maps.Side("wait", tuple(map(wait_text, waits))),
        [_drawn(x, y, one) for (x, y), one in at.items()],
    )
    for xs, ys in _borders(at):
        panel.plot(xs, ys, color=sheets.INK, lw=2, solid_capstyle="round")


def _drawn(x: int, y: int, one: Square) -> maps.Square:
    if not one.won:
        return maps.Square(x, y, one.words)
    strength = min(0.75, 0.22 + 0.2 * (one.lead - 1))
    return maps.Square(x, y, one.words, one.best.contestant.paradigm.colour, strength)


def _troubles(panel: Panel, rows: Sequence[Summary], map_: Sequence[Square]) -> None:
    """Say in each square which servers stopped answering there, and where a row gave no result."""
    waits, levels = sorted({r.load.delay_s for r in rows}), sorted({r.in_flight for r in rows})
    compared = {(one.wait_s, one.in_flight) for one in map_}
    for x, in_flight in enumerate(levels):
        for y, wait_s in enumerate(waits):
            here = [row for row in rows if (row.load.delay_s, row.in_flight) == (wait_s, in_flight)]
            told = [_trouble(row) for row in here if row.reliability.collapsed or not row.valid]
            if told and (wait_s, in_flight) not in compared:
                panel.add_patch(
                    patches.Rectangle((x - 0.5, y - 0.5), 1, 1, fc="none", ec=sheets.FAINT, hatch="///", lw=0)
                )
            words = "\n".join(told)
            panel.text(x, y - 0.46, words, ha="center", va="bottom", size=6.5, color=sheets.INK)


def _trouble(row: Summary) -> str:
    found = row.reliability
    if row.valid and found.collapsed:
        return f"{row.contestant.paradigm}: {found.collapsed} of {found.servers} stopped"
    return f"{row.contestant.paradigm}: {'invalid' if row.rounds else 'failed'}"


def _borders(at: dict[tuple[int, int], Square]) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the edges between neighbouring squares with different winners: the crossover line."""
    for (x, y), one in at.items():
        right, above = at.get((x + 1, y)), at.get((x, y + 1))
        if right and _winner(right) != _winner(one):
            yield [x + 0.5, x + 0.5], [y - 0.5, y + 0.5]
        if above and _winner(above) != _winner(one):
            yield [x - 0.5, x + 0.5], [y + 0.5, y + 0.5]


def _winner(square: Square) -> Paradigm | None:
    return square.best.contestant.paradigm if square.won else None


def answer(summaries: Sequence[Summary], _run: Run) -> str:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    map_ = [one for server in servers(rows) for one in squares(of(rows, server))]
    won = {paradigm: sum(_winner(one) is paradigm for one in map_) for paradigm in Paradigm}
    told = [f"{paradigm} wins {count}" for paradigm, count in won.items() if count]
    told += [f"the same in {same}"] if (same := sum(one.word is Word.SAME for one in map_)) else []
    unsure = sum(one.word is Word.CANNOT_TELL for one in map_)
    few = max((len(row.rounds) for row in rows), default=0)
    rounds = f" ({few} {'round' if few == 1 else 'rounds'})"
    told += [f"one cannot tell in {unsure}{rounds}"] if unsure else []
    if not told:
        return "No square could be compared."
    long = f"Of {len(map_)} squares: {', '.join(told)}."
    return long if len(long.split()) <= MOST_WORDS else _shortly(len(map_), won, same, unsure)


def _shortly(squares: int, won: Mapping[Paradigm, int], same: int, unsure: int) -> str:
    """Return the same in 20 words even where each paradigm wins somewhere."""
    told = [f"{paradigm} {count}" for paradigm, count in won.items() if count]
    told += [f"same {same}"] if same else []
    told += [f"cannot tell {unsure}"] if unsure else []
    return f"Of {squares} squares: {', '.join(told)}."


def say(summaries: Sequence[Summary]) -> list[str]:
    rows = [summary for summary in summaries if summary.experiment == NAME]
    return [
        sentence for server in servers(rows) for sentence in _say(server, list(squares(of(rows, server))))
    ]


def _say(server: Server, map_: Sequence[Square]) -> list[str]:
    told = []
    for paradigm in Paradigm:
        won = [one for one in map_ if _winner(one) is paradigm]
        if won:
            top = max(won, key=lambda one: one.lead)
            most = f"at {_where(top)} {factor_text(top.lead)} times the next"
            told.append(f"{paradigm} in {len(won)} of {len(map_)} ({most})")
    same = sum(one.word is Word.SAME for one in map_)
    unsure = sum(one.word is Word.CANNOT_TELL for one in map_)
    told += [f"the best two are the same in {same} of {len(map_)}"] if same else []
    told += [f"one cannot tell in {unsure} of {len(map_)}"] if unsure else []
    return [f"On {server}, most answers: {', '.join(told)}."] if told else []


def _where(square: Square) -> str:
    return f"{a_wait(square.wait_s)} and {square.in_flight:,} in flight"
