"""Run -> report.html: one file that needs no other, and answers a sceptic's objections in the order they come up."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from compare.analysis.intervals import Spread
from compare.analysis.summary import Summary
from compare.analysis.units import bytes_text
from compare.records import Environment, Run
from compare.records.files import write_whole
from compare.report import table, verdict
from compare.report.verdict import name


def write(
    run: Run,
    summaries: Sequence[Summary],
    sentences: Mapping[str, Sequence[str]],
    figures: Sequence[Path],
    folder: Path,
) -> list[Path]:
    """Write report.html into `folder` and return what was written.

    `sentences` are the verdicts by experiment, `figures` the files drawn: those that are SVG are shown inline.
    """
    path = folder / "report.html"
    drawn = [one for one in figures if one.suffix == ".svg"]
    write_whole(path, html(run, summaries, sentences, drawn).encode())
    return [path]


def html(
    run: Run, summaries: Sequence[Summary], sentences: Mapping[str, Sequence[str]], drawn: Iterable[Path]
) -> str:
    """Return the report as one HTML document without any reference to another file."""
    ordered = sorted(summaries, key=table.order)
    page = Template(files("compare.report").joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(f"Waiting, compared: {run.name}"),
        subtitle=escape(_subtitle(run)),
        verdicts=_verdicts(sentences),
        doubts=_doubts(run, ordered),
        figures="\n".join(map(_figure, drawn)) or "<p>Nothing was drawn.</p>",
        spread=escape(_spread(summaries)),
        head="".join(_heading(column) for column in table.columns()),
        rows="\n".join(map(_row, ordered)),
        machine="".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in facts(run)),
    )


def _subtitle(run: Run) -> str:
    where = run.environment
    return f"{run.created} · {where.cpu_model}, {where.cpus} CPUs · {where.implementation} {where.python}"


def _verdicts(sentences: Mapping[str, Sequence[str]]) -> str:
    parts = []
    for experiment, told in sentences.items():
        items = (
            "".join(f"<li>{escape(sentence)}</li>" for sentence in told) or "<li>Nothing can be said.</li>"
        )
        parts.append(f'<h3>{escape(experiment)}</h3><ul class="verdicts">{items}</ul>')
    return "".join(parts) or "<p>Nothing was measured.</p>"


def _doubts(run: Run, summaries: Sequence[Summary]) -> str:
    """Say every warning once, with the rows it concerns, the invalidating ones first."""
    concerned: dict[tuple[bool, str], list[str]] = {}
    for summary in summaries:
        for warning in summary.warnings:
            concerned.setdefault((not warning.invalid, summary.words(warning)), []).append(_called(summary))
        if summary.failure:
            concerned.setdefault((False, summary.failure.rstrip(".")), []).append(_called(summary))
    items = [_doubt(words, rows, bad=not mild) for (mild, words), rows in sorted(concerned.items())]
    items = [*map(_note, [*_stopped(run), *verdict.not_measured(run)]), *items]
    return f'<ul class="doubts">{"".join(items)}</ul>' if items else "<p>None: no row gave a warning.</p>"


def _doubt(words: str, rows: Sequence[str], *, bad: bool) -> str:
    mark = ' class="doubt"' if bad else ""
    listed = escape("; ".join(dict.fromkeys(rows)))
    summary = f"{escape(words[:1].upper() + words[1:])}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    return f"<li{mark}><details><summary>{summary}</summary>{listed}</details></li>"


def _note(text: str) -> str:
    return f'<li class="doubt">{escape(text)}</li>'


def _stopped(run: Run) -> list[str]:
    measured = len(run.measurements)
    return (
        [f"The run was stopped: {measured} of {run.planned} cells are measured."]
        if measured < run.planned
        else []
    )


def _called(summary: Summary) -> str:
    return f"{name(summary.contestant)} at {verdict.load_text(summary)}"


def _figure(path: Path) -> str:
    """Return an SVG inline, its ids made its own: several share one document."""
    text = path.read_text(encoding="utf-8")
    svg = text[text.index("<svg") :]
    own = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{path.stem}-", svg)
    label = escape(path.stem.replace("-", " "), quote=True)
    own = own.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return f'<figure id="figure-{path.stem}">{own}</figure>'


def _spread(summaries: Sequence[Summary]) -> str:
    kinds = {summary.throughput_rps.kind for summary in summaries}
    return (
        " or ".join(kind.words for kind in Spread if kind in kinds and kind is not Spread.NONE) or "nothing"
    )


def _heading(column: table.Column) -> str:
    about = escape(column.about, quote=True)
    return f'<th scope="col"><button type="button" title="{about}">{escape(column.heading)}</button></th>'


def _row(summary: Summary) -> str:
    mark = "" if summary.valid and summary.rounds else ' class="invalid"'
    return f"<tr{mark}>{''.join(map(_cell, table.row(summary)))}</tr>"


def _cell(cell: table.CellText) -> str:
    order = "" if isinstance(cell.order, float) and not math.isfinite(cell.order) else str(cell.order)
    return f'<td data-order="{escape(order, quote=True)}">{escape(cell.text)}</td>'


def facts(run: Run) -> list[tuple[str, str]]:
    """Return what is known of the run and its machine, by name, worded."""
    where = run.environment
    return [
        ("command", run.command),
        ("seed", str(run.seed)),
        ("cells", f"{len(run.measurements)} measured of {run.planned} planned"),
        ("CPU", f"{where.cpu_model}, {where.cpus} visible, allowed {_cpus(where.affinity)}"),
        ("pinned", _pinned(where)),
        ("governor", where.governor),
        ("memory", bytes_text(where.memory_bytes)),
        ("kernel", where.kernel),
        ("Python", f"{where.implementation} {where.python}, {'with' if where.gil else 'without'} GIL"),
        ("switch interval", f"{where.switch_interval_s * 1e3:g} ms"),
        ("open files", f"{where.open_files_limit:,} allowed"),
        ("commit", where.commit + (" with uncommitted changes" if where.dirty else "")),
        *((key, version) for key, version in sorted(where.versions.items())),
    ]


def _pinned(where: Environment) -> str:
    if not where.server_cpus:
        return "nothing: the server and the generator share the CPUs"
    return f"server to CPU {_cpus(where.server_cpus)}, generator to CPU {_cpus(where.generator_cpus)}"


def _cpus(cpus: Sequence[int]) -> str:
    return ", ".join(map(str, cpus)) or "unknown"
