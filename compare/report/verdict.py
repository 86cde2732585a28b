"""Numbers -> sentences that each hold under the conditions they name, and can be checked against rows. Pure.

A sentence says what `analysis.decide` decided: differs, same within a margin, or cannot tell. An experiment's `say`
picks pairs of summaries and a metric; the words are made here, so that all experiments speak alike.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from compare.analysis.decide import SMALLEST_EFFECT, Decision, Word, decisions
from compare.analysis.intervals import Estimate, Spread
from compare.analysis.metrics import CPU, THROUGHPUT, Metric
from compare.analysis.summary import Summary
from compare.analysis.units import count_text, seconds_text
from compare.contract import Accept, Gc, Loop, WaitThread
from compare.records import Contestant, Link, Run

Pair = tuple[Summary, Summary]

_FRACTIONS = {1 / 10: "a tenth of", 1 / 5: "a fifth of", 1 / 4: "a quarter of"}
_FRACTIONS |= {1 / 3: "a third of", 1 / 2: "half", 2 / 3: "two thirds of"}


def name(contestant: Contestant, *, server: bool = True) -> str:
    """Return what a contestant is called everywhere: `aiohttp native`, `tornado executor (100 threads)`."""
    told = {
        _pool(contestant.threads): contestant.paradigm.thread is WaitThread.POOL,
        str(contestant.loop): contestant.loop is not Loop.ASYNCIO,
        contestant.work: contestant.work != "sleep",
        f"{contestant.workers} workers": contestant.workers > 1,
        "shared socket": contestant.workers > 1 and contestant.accept is Accept.SHARED,
        f"{contestant.loops} loops": contestant.loops > 1,
        "" if contestant.link is None else link_text(contestant.link): contestant.link is not None,
        f"Python {contestant.python}": bool(contestant.python),
        f"gc {contestant.gc}": contestant.gc is not Gc.DEFAULT,
        f"switch {(contestant.switch_interval_s or 0) * 1e3:g} ms": contestant.switch_interval_s is not None,
        "all CPUs": contestant.workers * contestant.loops == 1 and not contestant.pinned,  # several have them
        f"at most {contestant.max_in_flight:,} in flight": contestant.max_in_flight > 0,
    }
    more = ", ".join(word for word, told_here in told.items() if told_here)
    words = str(contestant.paradigm) + (f" ({more})" if more else "")
    return f"{contestant.server} {words}" if server else words


def link_text(link: Link) -> str:
    """Return what lies between clients and server: `5 ms away, 1% lost`."""
    away = f"{link.round_trip_s * 1e3:g} ms away" if link.round_trip_s else "a wire away"
    return f"{away}, {link.loss * 100:g}% lost" if link.loss else away


def _pool(count: int | None) -> str:
    return "default pool" if count is None else f"{count:,} {'thread' if count == 1 else 'threads'}"


def load_text(summary: Summary) -> str:
    """Return the load in words: `100 in flight`, or `500/s` in an open loop."""
    rate = summary.rate_rps
    return f"{summary.in_flight:,} in flight" if rate is None else f"{rate_text(rate)}/s"


def rate_text(rate_rps: float) -> str:
    """Return a rate that was asked for: `2,000`, `447`, `2.5`."""
    return f"{rate_rps:,.0f}" if rate_rps >= 100 else f"{rate_rps:.3g}"


def wait_text(value_s: float) -> str:
    """Return a wait somebody chose, without the digits of a measurement: `100 ms`, `1 s`, `no wait`."""
    if not value_s:
        return "no wait"
    return f"{value_s:g} s" if value_s >= 1 else f"{value_s * 1e3:g} ms"


def a_wait(value_s: float) -> str:
    """Return it within a sentence: `a 100 ms wait`, `no wait`."""
    return f"a {wait_text(value_s)} wait" if value_s else wait_text(0)


def match(ours: Iterable[Summary], theirs: Iterable[Summary]) -> list[Pair]:
    """Return the pairs with the same wait, requests in flight and rate, by ascending values of these."""
    partner = {summary.level: summary for summary in theirs}
    pairs = [(summary, partner[summary.level]) for summary in ours if summary.level in partner]
    return sorted(pairs, key=lambda pair: pair[0].level)


def contrast(
    pairs: Sequence[Pair],
    names: tuple[str, str],
    *,
    metric: Metric = THROUGHPUT,
    floor: float = SMALLEST_EFFECT,
) -> str | None:
    """Return one sentence on how the first of each pair stands against the second, over their loads.

    `pairs` share one wait and differ in requests in flight; `names` are what the two sides are called, and a server
    both share is named once. Neighbouring loads with the same answer are said together, the strongest first. None
    when there is nothing to compare.
    """
    found = decisions(sorted(pairs, key=lambda pair: pair[0].level), metric, floor=floor)
    known = [one for one in found if one.word is not Word.NOT_COMPARABLE]
    if not known:
        return None
    groups = sorted((list(group) for _, group in groupby(known, _answer)), key=_strength, reverse=True)
    said = [f"{_where(group, known)} {_what(group, names)}" for group in groups]
    return f"{_given(known[0].a)}, {'; '.join(said)}."


def _given(row: Summary) -> str:
    """Return the condition that all rows of a sentence share, as its beginning."""
    if not row.contestant.waits_as_asked:
        return f"With {row.contestant.work} as the work"
    return f"With a {wait_text(row.load.delay_s)} wait" if row.load.delay_s else "Without a wait"


def ratio_text(ratio: Estimate) -> str:
    """Return `3.1 (2.9-3.4)`; a range is called one, and a single round has neither."""
    if ratio.kind is Spread.SINGLE:
        return factor_text(ratio.value)
    called = "range " if ratio.kind is Spread.RANGE else ""
    return f"{factor_text(ratio.value)} ({called}{factor_text(ratio.low)}-{factor_text(ratio.high)})"


def factor_text(value: float) -> str:
    """Return a ratio with the digits it deserves: `12`, `3.1`, `1.08`, `0.021`."""
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 1.95 else f"{value:.2f}"


def share_text(share: float) -> str:
    """Return a ratio below 1 as people say it: `a fifth of`, `half`, else `0.87 times`."""
    near = [words for value, words in _FRACTIONS.items() if abs(share / value - 1) <= 0.05]
    return near[0] if near else f"{factor_text(share)} times"


def limited(summaries: Iterable[Summary], called: str) -> str | None:
    """Return where these rows are limited by the wait and not by the paradigm, None where they never are."""
    rows = [one for one in summaries if one.limited_by_the_wait and one.valid and not one.limit]
    levels = [one.in_flight for one in rows]
    if not levels:
        return None
    return f"At {_listed(levels)} in flight, {called} is limited by the wait, not by the paradigm."


def pooled(summaries: Iterable[Summary], called: str) -> str | None:
    """Return where the pool of their work makes the ceiling of these rows, or None where it never does."""
    rows = [one for one in summaries if one.limit and one.ceiling_rps]
    if not rows:
        return None
    levels, ceiling = _listed([one.in_flight for one in rows]), max(one.ceiling_rps or 0.0 for one in rows)
    pool = f"the pool of {rows[0].limit:,}: {ceiling:,.0f} answers a second"
    return f"At {levels} in flight, {called} is limited by {pool}."


def not_measured(run: Run) -> list[str]:
    """Return a sentence per reason for which paradigms that were asked for could not be measured."""
    paradigms: dict[tuple[str, str], list[str]] = {}
    for one in run.not_measured:
        paradigms.setdefault((one.work, one.reason), []).append(str(one.paradigm))
    return [
        f"Not measured: {', '.join(each)}, because {reason.removeprefix('not measured: ').rstrip('.')}."
        for (_, reason), each in paradigms.items()
    ]


def collapses(summaries: Iterable[Summary]) -> list[str]:
    """Return one sentence for each row in which a server stopped answering: how often, when, and how fast before."""
    rows = [one for one in summaries if one.reliability.collapsed]
    differ = len({one.load.delay_s for one in rows}) > 1
    return [f"{name(one.contestant)} at {_condition(one, wait=differ)} {_collapse(one)}." for one in rows]


def _collapse(row: Summary) -> str:
    found = row.reliability
    after = [seconds_text(one) for one in (found.collapsed_after_s[0], found.collapsed_after_s[-1])]
    when = f"after {after[0]}" if after[0] == after[1] else f"after {after[0]} to {after[1]}"
    told = f"{found.words} ({when}; {found.exposure_s:.0f} s watched in all, {found.unanswered:,} never answered)"
    if row.dead or not row.throughput_rps.measured:
        return told
    return f"answers {count_text(row.throughput_rps.value)}/s while it answers, and {told}"


def doubts(summaries: Iterable[Summary]) -> list[str]:
    """Return one sentence for each row that is invalid or failed, with the reasons, and the wait where rows differ."""
    rows = list(summaries)
    differ = len({one.load.delay_s for one in rows}) > 1
    return [
        f"{name(one.contestant)} at {_condition(one, wait=differ)} is not a result: {_reasons(one)}."
        for one in rows
        if not one.valid
    ]


def _condition(summary: Summary, *, wait: bool) -> str:
    return f"{a_wait(summary.load.delay_s)} and {load_text(summary)}" if wait else load_text(summary)


def _reasons(summary: Summary) -> str:
    reasons = [summary.words(warning) for warning in summary.warnings if warning.invalid]
    return "; ".join(reasons + ([summary.failure.rstrip(".")] if summary.failure else []))


def _answer(one: Decision) -> tuple[Word, float]:
    """Return what neighbours must share to be said together: the word, and which side is ahead or within what.

    What cannot be told is said for each load by itself: a span of several intervals would say less than any of them.
    Single rounds have no interval, so that theirs are told together.
    """
    if one.word is Word.DIFFERS:
        return one.word, 1 if one.ratio.value > 1 else -1
    if one.word is Word.CANNOT_TELL:
        return one.word, 0 if _single(one) else one.a.in_flight
    return one.word, one.margin


def _single(one: Decision) -> bool:
    return one.ratio.rounds == 1


def _strength(group: Sequence[Decision]) -> tuple[bool, float]:
    return group[0].named, max(one.effect for one in group)


def _where(group: Sequence[Decision], known: Sequence[Decision]) -> str:
    first, last = group[0].a.in_flight, group[-1].a.in_flight
    if len(group) == 1:
        return f"at {first:,} in flight"
    if len(group) == len(known):
        return f"from {first:,} to {last:,} in flight"
    if group[-1] is known[-1]:
        return f"from {first:,} requests in flight on,"
    return f"up to {last:,} in flight" if group[0] is known[0] else f"from {first:,} to {last:,} in flight"


def _what(group: Sequence[Decision], names: tuple[str, str]) -> str:
    """Return what these loads have in common."""
    word, metric = group[0].word, group[0].metric
    if word is Word.SAME:
        return f"{names[0]} and {_beside(names[1], names[0])} are the same within {group[0].margin:.0%}{_of(metric)}"
    if word is Word.CANNOT_TELL:
        ends = min(one.ratio.low for one in group), max(one.ratio.high for one in group)
        span = " to ".join(dict.fromkeys(map(factor_text, ends)))
        if _single(group[0]):
            return f"one cannot tell after a single round: {_phrase(metric, names, span)}"
        likely = "" if ends[0] <= 1 <= ends[1] else ": a difference is likely and not sure"
        return f"one cannot tell: {_phrase(metric, names, span)} ({_rounds(group)}{likely})"
    ahead = 1 if group[0].ratio.value > 1 else -1
    ratios = sorted((_turned(one.ratio, ahead) for one in group), key=lambda ratio: ratio.value)
    span = " to ".join(dict.fromkeys([ratio_text(ratios[0]), ratio_text(ratios[-1])]))
    least = "at least " if any(one.at_least for one in group) else ""
    told = _phrase(metric, names if ahead > 0 else names[::-1], least + span)
    return told + (_price(group, ahead) if metric is THROUGHPUT else "") + _while_answering(group)


def _phrase(metric: Metric, names: tuple[str, str], ratio: str) -> str:
    return metric.words.format(more=names[0], less=_beside(names[1], names[0]), ratio=ratio, called=metric)


def _of(metric: Metric) -> str:
    """Return of what two sides are the same, where it is not the answers they give."""
    return "" if metric is THROUGHPUT else f" in {metric}"


def _rounds(group: Sequence[Decision]) -> str:
    fewest = min(one.ratio.rounds for one in group)
    return f"{fewest} {'round' if fewest == 1 else 'rounds'}"


def _while_answering(group: Sequence[Decision]) -> str:
    stopped = any(side.reliability.collapsed for one in group for side in (one.a, one.b))
    return " in the rounds in which both answered" if stopped else ""


def _beside(name_: str, other: str) -> str:
    """Return `name_` without the server that `other`, told just before it, begins with as well."""
    server, _, rest = name_.partition(" ")
    return rest if rest and other.startswith(f"{server} ") else name_


def _price(group: Sequence[Decision], ahead: int) -> str:
    """Return the CPU time at which the more was answered, where that differs as well."""
    cpu = decisions([(one.a, one.b) for one in group], CPU)
    if not all(one.named for one in cpu):
        return ""
    shares = sorted(_turned(one.ratio, ahead).value for one in cpu)
    if shares[-1] >= 1 / (1 + SMALLEST_EFFECT) and shares[0] <= 1 + SMALLEST_EFFECT:
        return ""
    alike = share_text(shares[0]) == share_text(shares[-1])
    span = share_text(shares[-1]) if alike else f"{factor_text(shares[0])} to {factor_text(shares[-1])} times"
    return f" at {span} the CPU time per request"


def _turned(ratio: Estimate, ahead: int) -> Estimate:
    if ahead > 0:
        return ratio
    return Estimate(1 / ratio.value, 1 / ratio.high, 1 / ratio.low, ratio.rounds, ratio.kind)


def _listed(levels: Sequence[int]) -> str:
    *most, last = (f"{level:,}" for level in sorted(set(levels)))
    return f"{', '.join(most)} and {last}" if most else last
