"""A run, from its files alone, as rows, sentences, figures and a report. Nothing here measures."""

from pathlib import Path

import msgspec

from compare.analysis import blocks
from compare.analysis.paired import with_floor
from compare.analysis.summary import Summary, summarise
from compare.experiments import catalogue
from compare.records import Run
from compare.report import exports, machines, table, verdict
from compare.report import page as report

RESULTS = Path("results")


class Findings(msgspec.Struct, frozen=True):
    """A run put into words, rows and pictures."""

    sentences: dict[str, list[str]]  # by experiment
    doubts: dict[str, list[str]]  # by experiment: which rows are invalid, and why
    summaries: list[Summary]  # in the order of every table
    files: list[Path]
    not_measured: list[str] = []  # a sentence each: what no cell was made of, and rounds that were lost
    not_drawn: list[str] = []  # a sentence each: figures that need samples which were left out


def finish(run: Run, folder: Path) -> Findings:
    """Summarise `run`, put it into words, draw its figures and write its report into `folder`.

    What is kept is exact to the microsecond, so pass what `records.read(folder)` gives: a run as it was measured may
    differ from it in a last digit.
    """
    summaries = sorted(blocks.marked(with_floor(summarise(run)), run.blocking), key=table.order)
    sentences: dict[str, list[str]] = {}
    doubts: dict[str, list[str]] = {}
    files: list[Path] = []
    not_drawn: list[str] = []
    for name, experiment in catalogue.EXPERIMENTS.items():
        own = [summary for summary in summaries if summary.experiment == name]
        if own:
            sentences[name] = [*verdict.collapses(own), *catalogue.say(experiment, own, run)]
            doubts[name] = verdict.doubts(own)
            files += experiment.draw(own, run, folder)
            not_drawn += catalogue.not_drawn(experiment, run)
    files += report.write(run, summaries, sentences, files, folder)
    files += exports.write(run, summaries, sentences, folder)
    return Findings(
        sentences, doubts, summaries, files, [*verdict.not_measured(run), *machines.say(run)], not_drawn
    )


def newest(results: Path = RESULTS) -> Path | None:
    """Return the newest run's folder in `results`, None when there is none: folders are named by the time."""
    folders = [path.parent for path in results.glob("*/run.json")]
    return max(folders, key=lambda folder: folder.name, default=None)
