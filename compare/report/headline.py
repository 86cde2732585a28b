"""Summaries -> the first picture of a run: each contestant's rounds at one level, in the order of the finding. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare.analysis.decide import Decision, Word
from compare.analysis.summary import Summary
from compare.analysis.units import count_text
from compare.contract import Paradigm, Server, WaitThread
from compare.late import Late
from compare.records import Run
from compare.report.verdict import factor_text
from compare.report.words import label, servers

if TYPE_CHECKING:
    import statistics
else:
    statistics = Late("statistics")

MOST_WORDS = 20  # of the line under the question


@dataclass(frozen=True)
class Strip:
    """One contestant of one server: a mark per round, and the number that matters beside them; rates in answers/s."""

    label: str
    paradigm: Paradigm
    rates_rps: tuple[float, ...] = ()  # of the rounds whose server answered to the end
    median_rps: float = (
        math.nan
    )  # over all rounds, where one whose server stopped counts 0; NaN where there is none
    stopped: int = 0
    valid: bool = True
    told: str = "not measured"


def level(rows: Sequence[Summary]) -> int:
    """Return the highest number in flight at which the most contestants were measured; 0 where there are no rows."""
    measured: dict[int, set[tuple[Server, str]]] = {}
    for row in rows:
        measured.setdefault(row.in_flight, set()).add((row.contestant.server, label(row)))
    return max(measured, key=lambda in_flight: (len(measured[in_flight]), in_flight), default=0)


def at_level(rows: Sequence[Summary]) -> list[Summary]:
    """Return the rows at that number in flight."""
    wanted = level(rows)
    return [row for row in rows if row.in_flight == wanted]


def called(row: Summary) -> str:
    """Return the name at a strip, with the size of the pool instead of an n."""
    return label(row).replace("n threads", f"{row.in_flight:,} threads")


def strips(
    rows: Sequence[Summary],
    run: Run,
    name_of: Callable[[Summary], str] = called,
    order: Callable[[Summary], Any] | None = None,
) -> dict[Server, list[Strip]]:
    """Return the strips of each server, the same names in the same order on all: the fastest first, else by `order`.

    `rows` are those of one level. `run` is asked how many rounds a row has beside those that count.
    """
    medians: dict[str, list[float]] = {}
    for row in sorted(rows, key=order) if order else rows:
        medians.setdefault(name_of(row), []).append(_median_rps(row) if row.rounds and row.valid else 0.0)
    names = list(medians) if order else sorted(medians, key=lambda name: -statistics.fmean(medians[name]))
    found = {(row.contestant.server, name_of(row)): row for row in rows}
    paradigms = {name_of(row): row.contestant.paradigm for row in rows}
    return {
        server: [
            _strip(found[server, name], name, run)
            if (server, name) in found
            else Strip(name, paradigms[name])
            for name in names
        ]
        for server in servers(rows)
    }


def _strip(row: Summary, name: str, run: Run) -> Strip:
    lost = _lost(row, run)
    return Strip(
        name,
        row.contestant.paradigm,
        tuple(one.throughput_rps for one in row.rounds if not one.collapsed),
        _median_rps(row),
        row.reliability.collapsed,
        row.valid,
        in_words(row) + (f", {lost} more invalid" if lost and row.valid and row.rounds else ""),
    )


def _median_rps(row: Summary) -> float:
    rates = [0.0 if one.collapsed else one.throughput_rps for one in row.rounds]
    return statistics.median(rates) if rates else math.nan


def in_words(row: Summary) -> str:
    """Return the number that matters, with the collapses first."""
    if not row.rounds:
        return "failed"
    if not row.valid:
        return "invalid"
    rate = f"{count_text(row.throughput_rps.value)}/s"
    found = row.reliability
    if not found.collapsed:
        return f"{rate}, the ceiling" if row.limited_by_the_wait else rate
    stopped = f"{found.collapsed} of {found.servers} stopped"
    return stopped if row.dead else f"{stopped}, else {rate}"


def _lost(row: Summary, run: Run) -> int:
    """Return how many rounds of a row failed or are invalid and do not count."""
    key = row.experiment, row.contestant, row.load, row.side
    cells = [one.cell for one in run.measurements if not one.superseded]
    mine = {cell.round for cell in cells if (cell.experiment, cell.contestant, cell.load, cell.side) == key}
    return max(0, len(mine) - len(row.rounds))


def answer(rows: Sequence[Summary], found: Sequence[Decision], names: tuple[str, str]) -> str:
    """Return the line under the question, of at most 20 words: collapses first, then how `names` compare.

    `found` is the decision on each server; both sides have one name on all servers.
    """
    stopped = _stopped(rows)
    told = [*stopped, *_compared(found, names)]
    if len(" ".join(told).split()) > MOST_WORDS:  # a server left out would be a doubt that nobody reads
        told = [*stopped, *_shortly(found, names)]
    while len(told) > 1 and len(" ".join(told).split()) > MOST_WORDS:
        told.pop()
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in told) or "Nothing could be compared."


def _stopped(rows: Sequence[Summary]) -> list[str]:
    """Return how many servers stopped, of all that had a thread per request where only such servers did."""
    died = [row for row in rows if row.reliability.collapsed]
    if not died:
        return []
    threaded = [row for row in rows if thread_each(row)]
    if all(map(thread_each, died)):
        among, which = threaded, f"with {died[0].in_flight:,} threads "
    else:
        among, which = list(rows), ""
    count, whole = (sum(field) for field in zip(*(_counts(row) for row in among), strict=True))
    return [f"{count} of {whole} servers {which}stopped answering."]


def thread_each(row: Summary) -> bool:
    """Whether a row has a thread for each request."""
    threads = row.contestant.threads == row.in_flight
    return threads or row.contestant.paradigm.thread is WaitThread.EACH


def _counts(row: Summary) -> tuple[int, int]:
    return row.reliability.collapsed, row.reliability.servers


def _compared(found: Sequence[Decision], names: tuple[str, str]) -> list[str]:
    """Return one sentence where all servers give the same word, else one for each server, the decided ones first."""
    known = [one for one in found if one.word is not Word.NOT_COMPARABLE]
    if len({(one.word, one.named and one.ratio.value > 1) for one in known}) == 1:
        return [_sentence(known, names)]
    decided_first = sorted(known, key=lambda one: not one.decided)
    return [f"On {one.a.contestant.server}: {_sentence([one], names)}" for one in decided_first]


def _shortly(found: Sequence[Decision], names: tuple[str, str]) -> list[str]:
    """Return one sentence that has a word for each server: `native over callback: aiohttp 1.90 times, ...`."""
    known = [one for one in found if one.word is not Word.NOT_COMPARABLE]
    each = [f"{one.a.contestant.server} {_word(one)}" for one in known]
    return [f"{names[0]} over {names[1]}: {', '.join(each)}."] if each else []


def _word(one: Decision) -> str:
    if not one.named:
        return str(one.word)
    return f"{'at least ' if one.at_least else ''}{factor_text(one.ratio.value)} times"


def _sentence(found: Sequence[Decision], names: tuple[str, str]) -> str:
    word = found[0].word
    if word is Word.CANNOT_TELL:
        fewest = min(one.ratio.rounds for one in found)
        rounds = f"{fewest} {'round' if fewest == 1 else 'rounds'}"
        return f"one cannot tell {names[0]} from {names[1]} ({rounds})."
    if word is Word.SAME:
        return f"{names[0]} and {names[1]} are the same within {max(one.margin for one in found):.0%}."
    more, less = names if found[0].ratio.value > 1 else names[::-1]
    least = "at least " if any(one.at_least for one in found) else ""
    return f"{more} answers {least}{_span(found)} times as many as {less}."


def tally(found: Sequence[Decision], more: str, less: str) -> str:
    """Return one line on many pairs: in how many of them the first, called `more`, answers more than `less`."""
    known = [one for one in found if one.word is not Word.NOT_COMPARABLE]
    if not known:
        return "No pair could be compared."
    ahead = [one for one in known if one.named and one.ratio.value > 1]
    behind = [one for one in known if one.named and one.ratio.value < 1]
    same = [one for one in known if one.word is Word.SAME]
    unsure = [one for one in known if one.word is Word.CANNOT_TELL]
    long = [_ahead(ahead, more, less, len(known)), _ahead(behind, less, more, len(known))]
    if same:
        pair = "" if ahead or behind else f"{more} and {less} are "
        long.append(
            f"{pair}the same within {max(one.margin for one in same):.0%} in {len(same)} of {len(known)}"
        )
    long += [f"one cannot tell in {len(unsure)} of {len(known)} ({_unsure(unsure)})"] if unsure else []
    counts = {
        "more in": len(ahead),
        "fewer in": len(behind),
        "the same in": len(same),
        "cannot tell in": len(unsure),
    }
    short = f"{more} against {less}: " + ", ".join(
        f"{word} {count}" for word, count in counts.items() if count
    )
    told = "; ".join(part for part in long if part)
    told = told if len(told.split()) <= MOST_WORDS else short
    return f"{told[:1].upper()}{told[1:]}."


def _unsure(found: Sequence[Decision]) -> str:
    """Return what the rounds of undecided pairs allow, and how many rounds there were at least."""
    low, high = min(one.ratio.low for one in found), max(one.ratio.high for one in found)
    fewest = min(one.ratio.rounds for one in found)
    span = " to ".join(dict.fromkeys(map(factor_text, (low, high))))
    return f"{span} times, {fewest} {'round' if fewest == 1 else 'rounds'}"


def _ahead(found: Sequence[Decision], more: str, less: str, whole: int) -> str:
    if not found:
        return ""
    return f"{more} answers {_span(found)} times as many as {less} in {len(found)} of {whole}"


def costs(found: Sequence[Decision], names: tuple[str, str]) -> str:
    """Return one line on how a cost of `names` compares, a decision per server and load.

    It is for the largest load under which it differs on every server, else of the largest.
    """
    known = [one for one in found if one.word is not Word.NOT_COMPARABLE]
    levels = sorted({one.a.in_flight for one in known}, reverse=True)
    differs = [level for level in levels if all(one.named for one in known if one.a.in_flight == level)]
    top = [*differs, *levels, 0][0]
    known = [one for one in known if one.a.in_flight == top]
    if not known:
        return "No pair could be compared."
    where = f"at {top:,} in flight"
    if not all(one.named for one in known) or len({one.ratio.value > 1 for one in known}) > 1:
        words = {str(one.a.contestant.server): "differ" if one.named else str(one.word) for one in known}
        each = ", ".join(f"{word} ({server})" for server, word in words.items())
        return f"{names[0]}'s {known[0].metric} against {names[1]}'s {where}: {each}.".capitalize()
    more, less = names if known[0].ratio.value > 1 else names[::-1]
    told = f"{more}'s {known[0].metric} is {_span(known)} times {less}'s {where}."
    return f"{told[:1].upper()}{told[1:]}"


def _span(found: Sequence[Decision]) -> str:
    ratios = sorted(max(one.ratio.value, 1 / one.ratio.value) for one in found)
    return " to ".join(dict.fromkeys(factor_text(one) for one in (ratios[0], ratios[-1])))
