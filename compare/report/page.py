"""Run -> report.html: one file that needs no other, and answers before it explains."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.analysis.intervals import Spread
from compare.analysis.metrics import BYSTANDER_P50, CPU, THREADS, Metric
from compare.analysis.summary import Summary
from compare.analysis.units import bytes_text, percent_text
from compare.analysis.validity import AT_CEILING, OVER_CEILING
from compare.contract import Paradigm, Server
from compare.late import Late
from compare.records import Environment, Run
from compare.records.files import write_whole
from compare.report import advice, headline, table, verdict
from compare.report.headline import Strip
from compare.report.verdict import name

if TYPE_CHECKING:
    import jinja2
    import markupsafe
else:
    jinja2, markupsafe = Late("jinja2"), Late("markupsafe")

ROOM = 1.04  # of the axis of the first picture, over what it holds
LIGHT = {"#1f2328": "--ink", "#59636e": "--soft", "#d1d9e0": "--line", "#ffffff": "--card"}  # of `sheets`
INK, PALE = (0x1F, 0x23, 0x28), (0xFF, 0xFF, 0xFF)
TEXT_SHARE, PALE_SHARE = 0.3, 0.45  # of ink or white mixed into a paradigm's colour where it colours letters


@dataclass(frozen=True)
class Told:
    """What one experiment has to say: a card of the page."""

    name: str
    question: str
    answer: str  # one line, at most 20 words
    sentences: Sequence[str] = ()
    figures: Sequence[Path] = ()  # those that are SVG are shown, the first unfolded
    strips: Mapping[Server, Sequence[Strip]] = field(default_factory=dict)  # then the page draws these first


@dataclass(frozen=True)
class Tile:
    """One number that matters, and the number to hold against it."""

    label: str
    value: str
    beside: str = ""


def write(run: Run, summaries: Sequence[Summary], told: Sequence[Told], folder: Path) -> list[Path]:
    """Write report.html into `folder` and return what was written."""
    path = folder / "report.html"
    write_whole(path, html(run, summaries, told).encode())
    return [path]


def html(run: Run, summaries: Sequence[Summary], told: Sequence[Told]) -> str:
    """Return the report as one HTML document without any reference to another file."""
    source = files("compare.report").joinpath("page.html").read_text(encoding="utf-8")
    template = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(source)
    ordered = sorted(summaries, key=table.order)
    ahead = sorted(
        told, key=lambda one: not one.strips
    )  # the first picture is one of rounds where there is one
    return template.render(
        title=f"Waiting, compared: {run.name}",
        trust=_trust(run, ordered),
        where=_where(run),
        headline=ahead[0].answer if ahead else f"Waiting, compared: {run.name}",
        stopped=_stopped(ordered, ahead),
        tiles=_tiles(ordered, ahead[0]) if ahead else [],
        parts=[_part(one, [row for row in ordered if row.experiment == one.name]) for one in ahead],
        columns=table.columns(),
        advice=advice.table(ordered),
        notes=[*_unfinished(run), *verdict.not_measured(run)],
        facts=facts(run),
        looks=_looks(),
        at_ceiling=percent_text(AT_CEILING),
        over_ceiling=percent_text(OVER_CEILING),
    )


def _trust(run: Run, summaries: Sequence[Summary]) -> dict[str, Any]:
    """Return in one line whether this run can be relied on."""
    counted = [one for one in run.measurements if not one.superseded]
    rounds = {(one.cell.experiment, one.cell.round) for one in counted}
    busy = {(one.cell.experiment, one.cell.round) for one in counted if one.noise and one.noise.noisy}
    invalid = sum(not row.valid for row in summaries)
    how = f"the machine was busy in {len(busy)} of {len(rounds)} rounds" if busy else "quiet machine"
    parts = [*_unfinished(run), how, *([f"{invalid} of {len(summaries)} rows invalid"] if invalid else [])]
    text = ", ".join(part.rstrip(".") for part in parts)
    return {"text": text[:1].upper() + text[1:], "bad": bool(busy or invalid or _unfinished(run))}


def _where(run: Run) -> str:
    where = run.environment
    return f"{where.cpus} CPUs, {where.implementation} {where.python}, {run.name}"


def _stopped(summaries: Sequence[Summary], told: Sequence[Told]) -> str:
    """Return how many servers stopped answering in the whole run, where the headline is of a part of it."""
    died = [row for row in summaries if row.reliability.collapsed]
    if not died or (len(told) == 1 and {row.in_flight for row in died} == {headline.level(summaries)}):
        return ""
    count, whole = (
        sum(row.reliability.collapsed for row in died),
        sum(row.reliability.servers for row in summaries),
    )
    where = ", ".join(dict.fromkeys(row.experiment for row in died))
    return f"In all {count} of {whole} servers stopped answering for good ({where})."


def _tiles(summaries: Sequence[Summary], first: Told) -> list[Tile]:
    """Return the few numbers that matter under the load of the first picture, over both servers."""
    rows = headline.at_level([row for row in summaries if row.experiment == first.name])
    if not first.strips or not rows:
        return []
    stopped = sum(row.reliability.collapsed for row in rows), sum(row.reliability.servers for row in rows)
    tiles = [Tile("stopped answering", f"{stopped[0]} of {stopped[1]}", "servers")]
    for metric, label in ((CPU, "CPU per answer"), (THREADS, "threads"), (BYSTANDER_P50, "/ping meanwhile")):
        ours, theirs = (_over(rows, one, metric) for one in (Paradigm.NATIVE, Paradigm.CALLBACK))
        if ours and theirs:
            tiles.append(Tile(label, ours, f"native; callback {theirs}"))
    return tiles


def _over(rows: Sequence[Summary], paradigm: Paradigm, metric: Metric) -> str:
    """Return the least and the most of a metric over the servers, "" where no row has it."""
    mine = [row.of(metric) for row in rows if row.contestant.paradigm is paradigm and row.valid]
    values = sorted(one.value for one in mine if one.measured)
    texts = list(dict.fromkeys(metric.unit.text(one) for one in values[:1] + values[-1:]))
    number, _, unit = texts[-1].partition(" ") if texts else ("", "", "")
    short = [text.removesuffix(f" {unit}") for text in texts[:-1]]
    return "-".join([*short, number]) + (f" {unit}" if unit else "")


def _part(told: Told, rows: Sequence[Summary]) -> dict[str, Any]:
    """Return what the template shows of one experiment."""
    drawn = [path for path in told.figures if path.suffix == ".svg"]
    level = headline.at_level(rows) if told.strips else []
    ceiling_rps = max((row.ceiling_rps or 0.0 for row in level), default=0.0)
    every = [strip for strips in told.strips.values() for strip in strips]
    numbers = [rate for strip in every for rate in (*strip.rates_rps, strip.median_rps) if rate > 0]
    most = ROOM * max([ceiling_rps, *numbers], default=1.0) or 1.0
    at = f" at {headline.level(rows):,} in flight" if level else ""
    ceiling = f"; dashed: the ceiling, {ceiling_rps:,.0f}" if ceiling_rps else ""
    return {
        "name": told.name,
        "question": told.question,
        "answer": told.answer,
        "servers": [
            (str(server), [_strip(one, most) for one in strips]) for server, strips in told.strips.items()
        ],
        "ceiling": f"{100 * ceiling_rps / most:.2f}" if ceiling_rps else "",
        "axis": f"Answers a second{at}. Dot: a fresh server; bar: median; cross: stopped{ceiling}.",
        "figures": [_figure(path) for path in drawn],
        "sentences": told.sentences,
        "doubts": _doubts(rows),
        "spread": _spread(rows),
        "rows": [
            {"invalid": not (row.valid and row.rounds), "cells": list(map(_cell, table.row(row)))}
            for row in rows
        ],
    }


def _strip(strip: Strip, most: float) -> dict[str, Any]:
    shown = strip.valid and math.isfinite(strip.median_rps)
    return {
        "label": strip.label,
        "paradigm": str(strip.paradigm),
        "valid": strip.valid,
        "rounds": [f"{100 * rate / most:.2f}" for rate in strip.rates_rps],
        "median": f"{100 * strip.median_rps / most:.2f}" if shown else None,
        "stopped": strip.stopped,
        "told": strip.told,
    }


def _doubts(summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """Return every warning once, with the rows it concerns, the invalidating ones first."""
    concerned: dict[tuple[bool, str], list[str]] = {}
    for summary in summaries:
        for warning in summary.warnings:
            concerned.setdefault((not warning.invalid, summary.words(warning)), []).append(_called(summary))
        if summary.failure:
            concerned.setdefault((False, summary.failure.rstrip(".")), []).append(_called(summary))
    return [
        {
            "bad": not mild,
            "text": f"{words[:1].upper() + words[1:]}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}",
            "rows": "; ".join(dict.fromkeys(rows)),
        }
        for (mild, words), rows in sorted(concerned.items())
    ]


def _unfinished(run: Run) -> list[str]:
    measured = len(run.measurements)
    return (
        [f"The run was stopped: {measured} of {run.planned} cells are measured."]
        if measured < run.planned
        else []
    )


def _called(summary: Summary) -> str:
    return f"{name(summary.contestant)} at {verdict.load_text(summary)}"


def _figure(path: Path) -> "markupsafe.Markup":
    """Return an SVG inline: its ids made its own, as several share one document, its greys those of the page."""
    text = path.read_text(encoding="utf-8")
    svg = text[text.index("<svg") :]
    own = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{path.stem}-", svg)
    for colour, variable in (LIGHT | _letters()).items():
        own = re.sub(f"{colour}(?![0-9a-f])", f"var({variable})", own, flags=re.IGNORECASE)
    label = markupsafe.escape(path.stem.replace("-", " "))
    own = own.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return markupsafe.Markup(f'<figure class="chart" id="figure-{path.stem}">{own}</figure>')  # ours


def _letters() -> dict[str, str]:
    """Return which colours of letters in a figure are which of the page's."""
    return {_mixed(paradigm.colour, INK, TEXT_SHARE): f"--{paradigm}-text" for paradigm in Paradigm}


def _looks() -> list[dict[str, str]]:
    return [
        {
            "name": str(paradigm),
            "colour": paradigm.colour,
            "dark": _mixed(paradigm.colour, INK, TEXT_SHARE),
            "light": _mixed(paradigm.colour, PALE, PALE_SHARE),
        }
        for paradigm in Paradigm
    ]


def _mixed(colour: str, other: tuple[int, int, int], share: float) -> str:
    """Return `colour` mixed with another, as figures do for letters."""
    own = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round((1 - share) * a + share * b):02x}" for a, b in zip(own, other, strict=True))


def _spread(summaries: Sequence[Summary]) -> str:
    kinds = {summary.throughput_rps.kind for summary in summaries}
    return (
        " or ".join(kind.words for kind in Spread if kind in kinds and kind is not Spread.NONE) or "nothing"
    )


def _cell(cell: table.CellText) -> dict[str, str]:
    sortable = not isinstance(cell.order, float) or math.isfinite(cell.order)
    return {"text": cell.text, "order": str(cell.order) if sortable else ""}


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
