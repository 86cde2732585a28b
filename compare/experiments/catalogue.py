"""Every experiment by its name, how often it repeats itself and how long it takes."""

import heapq
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from compare import experiments
from compare.analysis.summary import Summary
from compare.contract import Loop, Paradigm, Server
from compare.experiments.options import DEFAULT_ROUNDS, Options, Preset, expected_s
from compare.records import Cell, Environment, Run
from compare.report.headline import Strip


@runtime_checkable
class Experiment(Protocol):
    """One question: what to measure for it, how its answer looks and what it says in words.

    Each module of this package that has these six is an experiment; a module may also have `ROUNDS`, when the
    presets' own numbers of rounds do not suit its question.
    """

    NAME: str
    QUESTION: str

    def plan(self, options: Options) -> list[Cell]:
        """Return the cells of one round, each once, in any order."""
        ...

    def answer(self, summaries: Sequence[Summary], run: Run) -> str:
        """Return the answer in one line of at most 20 words, which its figures and its card in the report carry."""
        ...

    def draw(self, summaries: Sequence[Summary], run: Run, folder: Path) -> list[Path]:
        """Write the figures for what was measured into `folder`; return the files, none if nothing was."""
        ...

    def say(self, summaries: Sequence[Summary]) -> list[str]:
        """Return the answer in sentences that each hold under the conditions they name."""
        ...


# In the order of every list; an experiment that is not named here comes after these.
ORDER = (
    "concurrency",
    "latency",
    "grid",
    "pool",
    "overload",
    "abandon",
    "work",
    "soak",
    "loops",
    "gc",
    "switch",
    "workers",
    "pythons",
    "network",
    "aa",
)


def found(folders: Iterable[str]) -> dict[str, Experiment]:
    """Return the experiments among the modules in `folders`, those of this package, by name and in order."""
    modules = [
        importlib.import_module(f"{experiments.__name__}.{one.name}") for one in pkgutil.iter_modules(folders)
    ]
    every = [module for module in modules if isinstance(module, Experiment)]
    every.sort(key=lambda one: (ORDER.index(one.NAME) if one.NAME in ORDER else len(ORDER), one.NAME))
    return {one.NAME: one for one in every}


EXPERIMENTS = found(experiments.__path__)

# What an experiment costs beside its cells: one request of each kind to every server beforehand, the figures after.
AROUND_S = 6.0


def rounds(experiment: Experiment, options: Options) -> int:
    """Return how often every cell of `experiment` is measured, each time by a fresh server process."""
    own: dict[Preset, int] = getattr(experiment, "ROUNDS", DEFAULT_ROUNDS)
    return own[options.preset] if options.rounds is None else options.rounds


def rounds_of(experiment: Experiment, cell: Cell, options: Options) -> int:
    """Return in how many rounds `cell` is measured: all of them, unless the module has a function `rounds_of`."""
    every = rounds(experiment, options)
    own: Callable[[Cell, Options, int], int] | None = getattr(experiment, "rounds_of", None)
    return own(cell, options, every) if own else every


def primary(experiment: Experiment, summaries: Sequence[Summary]) -> list[tuple[Summary, Summary]]:
    """Return the pairs that carry the error budget and are looked at until they are decided; most have none."""
    own: Callable[[Sequence[Summary]], list[tuple[Summary, Summary]]] | None = getattr(
        experiment, "primary", None
    )
    return own(summaries) if own else []


def then(experiment: Experiment, options: Options, summaries: Sequence[Summary]) -> list[Cell]:
    """Return the cells that could be planned only after `plan` was measured; most experiments have none.

    A module that has a second stage has a function `then(options, summaries)`.
    """
    second: Callable[[Options, Sequence[Summary]], list[Cell]] | None = getattr(experiment, "then", None)
    return second(options, summaries) if second else []


def strips(experiment: Experiment, summaries: Sequence[Summary], run: Run) -> dict[Server, list[Strip]]:
    """Return the rounds of each contestant at the level of the headline; nothing where there is no such picture."""
    own: Callable[[Sequence[Summary], Run], dict[Server, list[Strip]]] | None = getattr(
        experiment, "strips", None
    )
    return own(summaries, run) if own else {}


def say(experiment: Experiment, summaries: Sequence[Summary], run: Run) -> list[str]:
    """Return the answer of `experiment` in sentences.

    A module whose answer is in the measurements, not in their summaries, has a function `say_run(run)`; one whose
    answer depends on what the machine can tell has `say_on(summaries, environment)`. What `also_say(run)` of a module
    returns comes after.
    """
    also: Callable[[Run], list[str]] | None = getattr(experiment, "also_say", None)
    return _said(experiment, summaries, run) + (also(run) if also else [])


def _said(experiment: Experiment, summaries: Sequence[Summary], run: Run) -> list[str]:
    there: Callable[[Sequence[Summary], Environment], list[str]] | None = getattr(experiment, "say_on", None)
    if there:
        return there(summaries, run.environment)
    from_run: Callable[[Run], list[str]] | None = getattr(experiment, "say_run", None)
    return (from_run(run) if from_run else []) or experiment.say(summaries)


def not_drawn(experiment: Experiment, run: Run) -> list[str]:
    """Return a sentence for the figures of `experiment` that need samples which were left out of `run`.

    A module that draws figures from samples names them in `FROM_SAMPLES`.
    """
    figures: tuple[str, ...] = getattr(experiment, "FROM_SAMPLES", ())
    mine = [one for one in run.measurements if one.cell.experiment == experiment.NAME and one.failure is None]
    if not figures or not mine or any(one.samples is not None for one in mine):
        return []
    return [f"{', '.join(figures)} cannot be drawn: the samples of this run were left out."]


def duration_s(experiment: Experiment, options: Options, machines: int = 1) -> float:
    """Return about how long `experiment` takes under `options`, in seconds, a second stage included.

    On several machines each takes the next round when it has made its last; a round is never divided.
    """
    first = [(expected_s(cell), rounds_of(experiment, cell, options)) for cell in experiment.plan(options)]
    second: dict[Preset, float] = getattr(experiment, "SECOND_STAGE", {})  # as a share of the first
    busy_s = [0.0] * machines
    for number in range(rounds(experiment, options)):
        round_s = sum(lasts_s for lasts_s, times in first if number < times)
        heapq.heapreplace(busy_s, busy_s[0] + round_s)
    return AROUND_S + max(busy_s) * (1 + second.get(options.preset, 0.0))


# For each option, a value that nothing takes by itself: an experiment uses the option when it changes the plan.
_UNUSUAL: Mapping[str, tuple[str, Sequence[object]]] = {
    "--server": ("servers", [(one,) for one in Server]),
    "--paradigm": ("paradigms", [(one,) for one in Paradigm]),
    "--concurrency": ("concurrency", [(7,)]),
    "--delay": ("delay_s", [0.037]),
    "--duration": ("duration_s", [3.37]),
    "--work": ("work", ["http"]),
    "--loop": ("loop", [Loop.UVLOOP]),
    "--python": ("pythons", [("3.99",)]),
}


def unused(experiment: Experiment, options: Options) -> list[str]:
    """Return the names of the options that are set in `options` and that this experiment's plan does not depend on."""
    usual = Options()
    planned = experiment.plan(usual)
    return [
        name
        for name, (field, values) in _UNUSUAL.items()
        if getattr(options, field) != getattr(usual, field)
        and all(experiment.plan(replace(usual, **{field: value})) == planned for value in values)
    ]
