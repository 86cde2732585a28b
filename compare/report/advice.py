"""Summaries of a concurrency run -> "your client, your load: use this, because". Pure.

Every number stands in a row of the run; a piece of advice without rows to rest on is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.analysis.decide import Decision, Word, decisions
from compare.analysis.metrics import BYSTANDER_P50, CEILING_SHARE, CPU, THREADS, THROUGHPUT, Metric
from compare.analysis.summary import Summary
from compare.contract import Paradigm
from compare.report import headline
from compare.report.verdict import factor_text, match
from compare.report.words import label, of, servers

EXPERIMENT = "concurrency"
MODEST = 100  # in flight: as many threads are nothing special


@dataclass(frozen=True)
class Advice:
    """One row of the table."""

    client: str
    load: str
    use: str
    because: str


def table(summaries: Sequence[Summary]) -> list[Advice]:
    """Return the advice that the valid rows of `summaries` support, in the order a reader asks for it."""
    rows = [row for row in summaries if row.experiment == EXPERIMENT and row.valid and row.rounds]
    top = headline.level(rows)
    found = [_coroutines(rows, top), *_blocking_client(rows, top), _default_pool(rows, top)]
    found += [_on_the_loop(rows), _generators(rows, top)]
    return [one for one in found if one is not None]


def _coroutines(rows: Sequence[Summary], top: int) -> Advice | None:
    """Return what to use where the client library has coroutines."""
    native, wide = _at(rows, "native", top), _at(rows, "executor, n threads", top)
    if not native or not wide:
        return None
    compared = [_against(one) for one in _decided(native, wide)]
    told = "; ".join([*_stops(rows, top), *compared])
    because = (
        f"at {top:,} in flight {told}; it uses {_span(native, THREADS)} thread, a pool {_span(wide, THREADS)}"
    )
    return Advice("has coroutines", "any", "`native`", because)


def _blocking_client(rows: Sequence[Summary], top: int) -> list[Advice | None]:
    """Return what to use where the client library only blocks, below and at the largest load."""
    modest, wide = _at(rows, "executor, n threads", MODEST), _at(rows, "executor, n threads", top)
    some, many = None, None
    if modest:
        reached = f"it reaches {_span(modest, CEILING_SHARE)} of what the wait allows"
        stopped = _counted(modest)
        because = f"{reached} at {MODEST} in flight, and {stopped}"
        some = Advice(
            "only blocks", f"up to {MODEST} in flight", "`executor`, a thread for each wait", because
        )
    if wide and top > MODEST:
        rate = _span(wide, THROUGHPUT)
        who = "those that answer give" if _deaths(wide) else "they give"
        dead = all(row.dead for row in wide)
        told = (
            _counted(wide)
            + ("" if dead else f"; {who} {rate}/s of the {_ceiling(wide)}/s that the wait allows")
            + "; what more processes give, `compare bench workers` measures"
        )
        use = "more processes (`--workers`) with fewer threads each, and `--max-in-flight`"
        many = Advice("only blocks", f"{top:,} in flight", use, f"with {top:,} threads in one process {told}")
    return [some, many]


def _default_pool(rows: Sequence[Summary], top: int) -> Advice | None:
    pool = _at(rows, "executor, default pool", top)
    if not pool:
        return None
    because = f"Python's default pool answers {_span(pool, THROUGHPUT)}/s at {top:,} in flight, which is its ceiling"
    return Advice("only blocks", "any", "a pool of your own size, never the default one", because)


def _on_the_loop(rows: Sequence[Summary]) -> Advice | None:
    least = min((row.in_flight for row in rows if row.contestant.paradigm is Paradigm.BLOCKING), default=0)
    blocking, native = _at(rows, "blocking", least), _at(rows, "native", least)
    known = all(row.of(BYSTANDER_P50).measured for row in [*blocking, *native])
    if not blocking or not native or not known:
        return None
    because = (
        f"beside {least:,} blocking {'request' if least == 1 else 'requests'} /ping takes "
        f"{_span(blocking, BYSTANDER_P50)}, beside `native` {_span(native, BYSTANDER_P50)}"
    )
    return Advice("called on the loop (`blocking`)", "any", "anything else", because)


def _generators(rows: Sequence[Summary], top: int) -> Advice | None:
    """Return what to use where handlers are generators that will not be rewritten soon."""
    coroutine, generator = _at(rows, "coroutine", top), _at(rows, "generator", top)
    if not coroutine or not generator:
        return None
    cpu = f"CPU per answer is {_span(coroutine, CPU)} against {_span(generator, CPU)} over threads"
    because = f"at {top:,} in flight {_counted(coroutine)}, over threads {_few(generator)}; {cpu}"
    return Advice("has coroutines, handlers are generators", "any", "`coroutine`, not `generator`", because)


def _at(rows: Sequence[Summary], called: str, in_flight: int) -> list[Summary]:
    return [row for row in rows if row.in_flight == in_flight and label(row) == called]


def _decided(ours: Sequence[Summary], theirs: Sequence[Summary]) -> list[Decision]:
    pairs = [pair for one in servers(ours) for pair in match(of(ours, one), of(theirs, one))]
    return [one for one in decisions(pairs) if one.word is not Word.NOT_COMPARABLE]


def _against(one: Decision) -> str:
    """Return how native stands against a wide pool on one server, in the word that was decided."""
    server, rounds = one.a.contestant.server, one.ratio.rounds
    if one.word is Word.SAME:
        return f"native on {server} answers as much as threads do within {one.margin:.0%}"
    if one.word is Word.CANNOT_TELL:
        span = " to ".join(dict.fromkeys(map(factor_text, (one.ratio.low, one.ratio.high))))
        few = f"{rounds} {'round' if rounds == 1 else 'rounds'}"
        return f"native on {server} answers {span} times what threads do ({few}: one cannot tell)"
    least = "at least " if one.at_least else ""
    return f"native on {server} answers {least}{factor_text(one.ratio.value)} times what threads do"


def _stops(rows: Sequence[Summary], top: int) -> list[str]:
    """Return how many servers with a thread per request stopped answering, against those without."""
    threaded = [row for row in rows if row.in_flight == top and headline.thread_each(row)]
    return [f"{_few(threaded)} servers with threads stopped answering"] if _deaths(threaded) else []


def _counted(rows: Sequence[Summary]) -> str:
    whole = sum(row.reliability.servers for row in rows)
    if whole == 1:
        return f"the one server {'stopped' if _deaths(rows) else 'did not stop'} answering"
    return f"{_few(rows) if _deaths(rows) else f'none of {whole}'} servers stopped answering"


def _few(rows: Sequence[Summary]) -> str:
    return f"{_deaths(rows)} of {sum(row.reliability.servers for row in rows)}"


def _deaths(rows: Sequence[Summary]) -> int:
    return sum(row.reliability.collapsed for row in rows)


def _span(rows: Sequence[Summary], metric: Metric) -> str:
    """Return the least and the most of a metric over the servers."""
    values = sorted(row.of(metric).value for row in rows if row.of(metric).measured)
    texts = [metric.unit.text(one) for one in values[:1] + values[-1:]]
    return " to ".join(dict.fromkeys(texts)) or "n/a"


def _ceiling(rows: Sequence[Summary]) -> str:
    return f"{max(row.ceiling_rps or 0.0 for row in rows):,.0f}"
