"""A run, from its files alone, as rows, sentences, figures and a report. Nothing here measures."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from compare.analysis import blocks
from compare.analysis.paired import with_floor
from compare.analysis.summary import Summary, summarise
from compare.experiments import catalogue
from compare.experiments.catalogue import Experiment
from compare.records import Run
from compare.report import exports, machines, table, verdict
from compare.report import page as report
from compare.report.page import Told

RESULTS = Path("results")


class Findings(msgspec.Struct, frozen=True):
    """A run put into words, rows and pictures."""

    sentences: dict[str, list[str]]  # by experiment
    doubts: dict[str, list[str]]  # by experiment: which rows are invalid, and why
    summaries: list[Summary]  # in the order of every table
    files: list[Path]
    not_measured: list[str] = []  # a sentence each: what no cell was made of, and rounds that were lost
    not_drawn: list[str] = []  # a sentence each: figures that need samples which were left out
    answers: dict[str, str] = {}  # by experiment: one line of at most 20 words


def finish(run: Run, folder: Path) -> Findings:
    """Summarise `run`, put it into words, draw its figures and write its report into `folder`.

    What is kept is exact to the microsecond, so pass what `records.read(folder)` gives: a run as it was measured may
    differ from it in a last digit.
    """
    summaries = sorted(blocks.marked(with_floor(summarise(run)), run.blocking), key=table.order)
    doubts: dict[str, list[str]] = {}
    told: list[Told] = []
    not_drawn: list[str] = []
    for name, experiment in catalogue.EXPERIMENTS.items():
        own = [summary for summary in summaries if summary.experiment == name]
        if own:
            told.append(_told(experiment, own, run, folder))
            doubts[name] = verdict.doubts(own)
            not_drawn += catalogue.not_drawn(experiment, run)
    sentences = {one.name: list(one.sentences) for one in told}
    files = [file for one in told for file in one.figures]
    files += report.write(run, summaries, told, folder)
    files += exports.write(run, summaries, sentences, folder)
    answers = {one.name: one.answer for one in told}
    lost = [*verdict.not_measured(run), *machines.say(run)]
    return Findings(sentences, doubts, summaries, files, lost, not_drawn, answers)


def _told(experiment: Experiment, own: Sequence[Summary], run: Run, folder: Path) -> Told:
    """Draw one experiment into `folder` and return all that it says."""
    return Told(
        experiment.NAME,
        experiment.QUESTION,
        experiment.answer(own, run),
        [*verdict.collapses(own), *catalogue.say(experiment, own, run)],
        experiment.draw(own, run, folder),
        catalogue.strips(experiment, own, run),
    )


def newest(results: Path = RESULTS) -> Path | None:
    """Return the newest folder of a run in `results`, None when there is none: folders are named by the time.

    Runs that the README.md there lists came with the repository. They count where there is no other, and then the first
    of the list, which the repository's README shows.
    """
    folders = {path.parent.name: path.parent for path in results.glob("*/run.json")}
    came = [name for name in listed(results / "README.md") if name in folders]
    own = folders.keys() - set(came)
    name = max(own, default=came[0] if came else None)
    return folders[name] if name else None


def listed(readme: Path) -> list[str]:
    """Return the names of the runs that a table lists, each a link to its folder at the beginning of a row."""
    try:
        text = readme.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return re.findall(r"(?m)^\| \[([\w.-]+)\]\(\1/", text)
