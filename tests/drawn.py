"""A simulated run of an experiment, and what it draws and says: what every experiment's tests begin with."""

from pathlib import Path
from typing import NamedTuple

from made import estimated, summary
from msgspec.structs import replace

from compare.analysis.intervals import estimates
from compare.analysis.summary import Summary, summarise
from compare.experiments import catalogue
from compare.experiments.options import Options
from compare.harness import simulated
from compare.records import Run


class Made(NamedTuple):
    run: Run
    summaries: list[Summary]


def made(name: str, options: Options, rounds: int | None = None, seed: int = 0, **measurer) -> Made:
    experiment = catalogue.EXPERIMENTS[name]
    measure = simulated.measurer(seed, **measurer)
    rounds = rounds or catalogue.rounds(experiment, options)
    run = simulated.run(experiment.plan(options), measure, rounds, name)
    more = catalogue.then(experiment, options, summarise(run))
    after = simulated.run(more, measure, rounds).measurements
    run = replace(run, measurements=run.measurements + after, planned=run.planned + len(after))
    return Made(run, summarise(run))


def draw(name: str, it: Made, folder: Path) -> list[str]:
    """Draw, check the files, and return the names of the figures."""
    return checked(catalogue.EXPERIMENTS[name].draw(it.summaries, it.run, folder))


def checked(files: list[Path]) -> list[str]:
    """Check that every figure is there twice and not empty; return the names of the figures."""
    assert all(file.stat().st_size > (5000 if file.suffix == ".svg" else 500) for file in files)
    assert {file.suffix for file in files} <= {".png", ".svg"}
    stems = [file.stem for file in files]
    assert all(stems.count(stem) == 2 for stem in stems)
    return sorted(set(stems))


def text_of(svg: Path) -> str:
    """The words of an SVG: matplotlib leaves each text it turned into paths as a comment."""
    return svg.read_text(encoding="utf-8")


def row(throughputs: list[float], *where, **more) -> Summary:
    """A summary whose throughput is what its rounds make it."""
    return estimated(summary(throughputs, *where, **more), throughput_rps=estimates([throughputs])[0])
