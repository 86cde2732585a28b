"""A run for other programs: summary.csv for spreadsheets, summary.md for people, pyperf.json for pyperf.

Invalid rows are in the first two, without numbers and with their reasons. pyperf, which has no word for them, gets
none, and no round in which the server stopped answering.
"""

import csv
import io
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from compare.analysis.intervals import Estimate
from compare.analysis.metrics import CPU, METRICS, P50, P99
from compare.analysis.quantiles import Known, Percentile
from compare.analysis.summary import RoundFigures, Summary
from compare.analysis.units import seconds_text
from compare.records import Mixed, Open, Run
from compare.records.files import write_whole
from compare.report import table, verdict
from compare.report.escaping import csv_field, markdown_code, markdown_line
from compare.report.escaping import markdown as escaped
from compare.report.verdict import name

_LOAD = ("concurrency", "delay_s", "duration_s", "warmup_s", "timeout_s", "rate_rps", "arrivals")
_PYPERF: Mapping[str, Callable[[RoundFigures], float]] = {
    "seconds per answer": lambda one: 1 / one.throughput_rps if one.throughput_rps else math.nan,
    "response p50": lambda one: one.of(P50),
    "response p99": lambda one: one.of(P99),
    "CPU seconds per request": lambda one: one.of(CPU),
}


def write(
    run: Run, summaries: Sequence[Summary], sentences: Mapping[str, Sequence[str]], folder: Path
) -> list[Path]:
    """Write summary.csv, summary.md and pyperf.json into `folder`, each whole or not at all; return their paths."""
    texts = {
        "summary.md": markdown(run, summaries, sentences),
        "summary.csv": csv_text(summaries),
        "pyperf.json": pyperf(run, summaries),
    }
    for file, text in texts.items():
        write_whole(folder / file, text.encode())
    return [folder / file for file in texts]


def csv_text(summaries: Iterable[Summary]) -> str:
    """Return one line per row, times in seconds, an empty field where there is no number.

    `X_low` and `X_high` are what `X_spread` calls them; a censored percentile has its lower bound under `X_beyond`.
    """
    rows = [
        {key: csv_field(value) for key, value in _fields(summary)}
        for summary in sorted(summaries, key=table.order)
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["experiment"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def markdown(run: Run, summaries: Sequence[Summary], sentences: Mapping[str, Sequence[str]]) -> str:
    """Return the verdicts and one table per experiment, as GitHub reads Markdown."""
    where = f"{run.created}, {run.environment.cpu_model}"
    parts = [f"# {escaped(run.name)}\n\n{markdown_line(where)}, {markdown_code(run.command)}\n"]
    parts += ["".join(f"- {markdown_line(sentence)}\n" for sentence in verdict.not_measured(run))] * bool(
        run.not_measured
    )
    ordered = sorted(summaries, key=table.order)
    for experiment, group in itertools.groupby(ordered, key=lambda summary: summary.experiment):
        said = "".join(f"- {markdown_line(sentence)}\n" for sentence in sentences.get(experiment, ()))
        parts.append(f"## {escaped(experiment)}\n\n{said}\n{markdown_table(list(group))}")
    return "\n".join(parts)


def markdown_table(summaries: Sequence[Summary]) -> str:
    """Return the short columns of the report's table, one line per row."""
    columns = table.columns()
    chosen = [index for index, column in enumerate(columns) if column.short]
    lines = [
        [columns[index].heading for index in chosen],
        ["---"] * len(chosen),
        *([escaped(table.row(summary)[index].text) for index in chosen] for summary in summaries),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def pyperf(run: Run, summaries: Iterable[Summary]) -> str:
    """Return pyperf's JSON, format 1.0: one benchmark per row and metric, one run with one value per round.

    All values are seconds and less is better, as `pyperf compare_to` takes them. Source: pyperf's `_bench.py`,
    `BenchmarkSuite._as_json`; it refuses a benchmark without values and one name twice.
    """
    where = run.environment
    metadata = {
        "cpu_count": where.cpus,
        "cpu_model_name": where.cpu_model,
        "platform": where.kernel,
        "python_implementation": where.implementation.lower(),
        "python_version": where.python,
        "unit": "second",
        "command_line": run.command,
    }
    benchmarks = [
        {
            "metadata": {"name": f"{_called(summary)}: {metric}"},
            "runs": [{"values": [value]} for value in values],
        }
        for summary in sorted(summaries, key=table.order)
        if summary.valid
        for metric, of in _PYPERF.items()
        if (values := [value for value in map(of, _answered(summary)) if value > 0])
    ]
    return _json({"version": "1.0", "metadata": metadata, "benchmarks": benchmarks})


def _answered(summary: Summary) -> list[RoundFigures]:
    return [one for one in summary.rounds if not one.collapsed]


def _called(summary: Summary) -> str:
    """Return a name no other row has."""
    load = summary.load
    rate = f" {load.rate_rps:g}/s {load.arrivals}" if isinstance(load, Open | Mixed) else ""
    side = f" {summary.side}" if summary.side else ""
    wait = f"{seconds_text(load.delay_s)} wait, {load.duration_s:g} s"
    return (
        f"{summary.experiment} {name(summary.contestant)}{side}, {load.concurrency} in flight{rate}, {wait}"
    )


def _json(content: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(content), indent=1).decode() + "\n"


def _fields(summary: Summary) -> Iterator[tuple[str, object]]:
    contestant, load = summary.contestant, summary.load
    yield "experiment", summary.experiment
    yield from msgspec.structs.asdict(contestant).items()
    yield "side", summary.side
    yield "load", str(type(load).__name__).lower()
    for field in _LOAD:
        yield field, getattr(load, field, "")
    yield "rounds", len(summary.rounds)
    told = summary.reliability
    yield from (
        ("servers", told.servers),  # superseded and invalid rounds included, as in the next two
        ("collapsed_rounds", told.collapsed),
        ("stalled_rounds", told.stalled),
        ("observed_s", told.exposure_s),
    )
    yield "never_answered", told.unanswered
    yield from _estimate("throughput_with_collapses_rps", summary.with_collapses, shown=summary.valid)
    yield "valid", str(summary.valid).lower()
    yield "warnings", " ".join(summary.warnings)
    yield "failure", summary.failure
    yield "intended", summary.intended
    yield "errors", " ".join(f"{error.kind}={error.count}".replace(" ", "_") for error in summary.errors)
    yield "ceiling_rps", "" if summary.ceiling_rps is None else summary.ceiling_rps
    for metric in METRICS.values():
        number = summary.number(metric)
        if isinstance(number, Percentile):
            yield from _percentile(metric.name, number, shown=summary.valid)
        else:
            yield from _estimate(metric.name, number, shown=summary.valid)


def _estimate(metric: str, estimate: Estimate, *, shown: bool) -> Iterator[tuple[str, object]]:
    yield metric, _number(estimate.value, shown=shown)
    yield f"{metric}_low", _number(estimate.low, shown=shown)
    yield f"{metric}_high", _number(estimate.high, shown=shown)
    yield f"{metric}_spread", estimate.kind


def _percentile(metric: str, percentile: Percentile, *, shown: bool) -> Iterator[tuple[str, object]]:
    beyond = shown and percentile.known is Known.BEYOND
    exact = Estimate(
        percentile.exact_s, percentile.low_s, percentile.high_s, percentile.rounds, percentile.kind
    )
    yield from _estimate(metric, exact, shown=shown)
    yield f"{metric}_beyond", _number(percentile.value_s, shown=beyond)


def _number(value: float, *, shown: bool) -> float | str:
    return value if shown and math.isfinite(value) else ""
