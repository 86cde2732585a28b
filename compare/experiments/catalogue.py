"""Every experiment by its name, how often it repeats itself and how long it takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from compare.analysis.stats import Summary
from compare.experiments import concurrency
from compare.experiments.options import DEFAULT_ROUNDS, Options, Preset, expected_s
from compare.records import Cell, Run


class Experiment(Protocol):
    """One question: what to measure for it, how its answer looks and what it says in words.

    Each module of this package that has these five is an experiment; a module may also have `ROUNDS`, when the
    presets' own numbers of rounds do not suit its question.
    """

    NAME: str
    QUESTION: str

    def plan(self, options: Options) -> list[Cell]:
        """Return the cells of one round, each once, in any order."""
        ...

    def draw(self, summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
        """Write the figures for what was measured into `folder`; return the files, none if nothing was."""
        ...

    def say(self, summaries: Sequence[Summary]) -> list[str]:
        """Return the answer in sentences that each hold under the conditions they name."""
        ...


EXPERIMENTS: dict[str, Experiment] = {module.NAME: module for module in (concurrency,)}


def rounds(experiment: Experiment, options: Options) -> int:
    """Return how often every cell of `experiment` is measured, each time by a fresh server process."""
    own: dict[Preset, int] = getattr(experiment, "ROUNDS", DEFAULT_ROUNDS)
    return own[options.preset] if options.rounds is None else options.rounds


def duration_s(experiment: Experiment, options: Options) -> float:
    """Return about how long `experiment` takes under `options`, in seconds."""
    return rounds(experiment, options) * sum(map(expected_s, experiment.plan(options)))
