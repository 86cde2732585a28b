"""The benchmark: choose experiments, check everything, drive the plan, keep what was measured.

`python -m compare.bench` is `compare bench`.
"""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from compare import clustered, looks, preparing, records
from compare.analysis.rounds import with_figures
from compare.analysis.summary import summarise
from compare.clustered import Where
from compare.contract import Paradigm
from compare.engine import plan
from compare.engine.drive import Drive, Noticing, Watcher
from compare.engine.ready import Measure, Ready
from compare.experiments import catalogue, slow
from compare.experiments.catalogue import Experiment, duration_s
from compare.experiments.options import Options, Preset, expected_s
from compare.findings import RESULTS
from compare.harness import environment
from compare.harness.noise import CellNoise, Sentry
from compare.preparing import CannotStartError, Order
from compare.processes import interpreters
from compare.processes.interpreters import Interpreter
from compare.records import Cell, Environment, Run
from compare.report import verdict

DEFAULT_EXPERIMENTS = ("concurrency",)

MOST_S = {Preset.QUICK: 45.0, Preset.DEFAULT: 270.0}  # the promise, less starting and drawing
NOTHING = "These options leave nothing to measure."
REPEATS = 1.2  # a full run may take so many times as long as planned


class Guard(Noticing, CellNoise, Protocol):
    """Watches the machine between rounds and around cells, as `noise.Sentry` does."""


class Ask(msgspec.Struct, frozen=True):
    """What a person asked for. `name` is the second half of the results folder's name."""

    experiments: tuple[str, ...] = DEFAULT_EXPERIMENTS
    options: Options = Options()
    name: str = ""
    out: Path = RESULTS
    command: str = "compare bench"
    upstream: str = ""
    dsn: str = ""
    interpreters: dict[str, Interpreter] = {}  # by the tags in `options.pythons`
    cluster: Where | None = None  # None = measured here
    resume: Path | None = None  # the folder of a run whose undecided pairs are measured on
    pairs: tuple[Paradigm, ...] = ()  # of these alone, each against native; () = of all


class By(msgspec.Struct, frozen=True):
    """By what a run is measured, watched and kept; a test puts its own in."""

    measure: Measure | None  # None = real servers
    sentry: Guard | None
    keep: Callable[[Run, Path], None]
    clock: Callable[[], float]


class Outcome(msgspec.Struct, frozen=True):
    """The run as far as it was measured. `stopped`: somebody pressed Ctrl-C, and only a part was measured."""

    run: Run
    folder: Path
    stopped: bool = False


def run(
    ask: Ask,
    watcher: Watcher,
    *,
    measure: Measure | None = None,
    sentry: Guard | None = None,
    keep: Callable[[Run, Path], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Measure what `ask` asks for; every cell is kept as soon as it is measured, Ctrl-C loses nothing.

    Without `measure`, real servers are started and first asked one request of each kind. Raises CannotStartError
    before anything is measured.
    """
    by = By(measure, sentry, keep or records.Keeper().save, clock)
    if ask.resume is not None:
        return _resumed(ask, ask.resume, watcher, by)
    stages = {name: first_stage(name, ask.options) for name in ask.experiments}
    cells = [cell for rounds in stages.values() for cells in rounds for cell in cells]
    if not cells:
        raise CannotStartError(NOTHING)
    folder = _make_folder(ask)
    begun = _begin(ask, environment.read(environment.pinning()), folder.name)
    driving = _driving(ask, begun, cells, folder, watcher, by, _most_s(ask))
    with _gone_if_empty(folder), driving as (drive, ready):
        try:
            _drive_all(drive, *_paced(ask, stages, ready, watcher), ready)
        except KeyboardInterrupt:
            return Outcome(drive.run, folder, stopped=True)
    return Outcome(drive.run, folder)


def _paced(
    ask: Ask, stages: dict[str, list[list[Cell]]], ready: Ready, watcher: Watcher
) -> tuple[dict[str, list[list[Cell]]], Options]:
    """Return stages and options whose windows suit what a user's own work takes; raises TooSlowError."""
    options = slow.fitted(ask.options, ready.seen.took_s)
    if options is not ask.options:
        stages = {name: first_stage(name, options) for name in ask.experiments}
    if ready.seen.took_s:
        cells = [cell for each in stages.values() for cells in ready.possible(each) for cell in cells]
        slow.check(cells, ask.options, ready.seen.took_s, _most_s(ask))
    if options is not ask.options:
        watcher.remark(slow.sentence(options.work, ready.seen.took_s))
    return stages, options


def _resumed(ask: Ask, folder: Path, watcher: Watcher, by: By) -> Outcome:
    """Measure the undecided primary pairs of the run in `folder` on, into the same folder.

    They are measured up to their next look; where a number of rounds is asked for, until they are decided or had those.
    """
    before, up_to = records.read(folder), ask.options.rounds
    of = looks.wanted(ask.pairs, up_to)
    stages = looks.undecided(before, ask.options.seed, of)
    cells = [cell for rounds in stages.values() for cells in rounds for cell in cells]
    if not cells:
        asked = " with these --rounds and --pairs" if ask.pairs or up_to else ""
        raise CannotStartError(f"{folder} has no undecided pair to measure on{asked}: {looks.LAST}.")
    tags = {cell.contestant.python for cell in cells} - {""}
    ask = replace(ask, interpreters={tag: interpreters.find(tag) for tag in sorted(tags)})
    with _driving(ask, before, cells, folder, watcher, by) as (drive, _):
        drive.begin(cells)
        try:
            for name, rounds in stages.items():
                drive.rounds(rounds)
                experiment = catalogue.EXPERIMENTS[name]
                looks.go_on(drive, experiment, ask.options.seed, adaptive=up_to is not None, of=of)
        except KeyboardInterrupt:
            return Outcome(drive.run, folder, stopped=True)
    return Outcome(drive.run, folder)


@contextmanager
def _driving(
    ask: Ask,
    begun: Run,
    cells: Sequence[Cell],
    folder: Path,
    watcher: Watcher,
    by: By,
    most_s: float = math.inf,
) -> Iterator[tuple[Drive, Ready]]:
    """Yield what drives `begun` on: here, or over the cluster that was asked for."""
    pins = environment.pinning()
    sentry = by.sentry or Sentry(cpu=pins.server)
    contestants = tuple(dict.fromkeys(cell.contestant for cell in cells))
    order = Order(contestants, ask.upstream, ask.dsn, ask.options.seed)

    def keep(so_far: Run) -> None:
        by.keep(so_far, folder)

    if ask.cluster:
        with clustered.driving(
            ask.cluster,
            begun,
            order,
            sentry=sentry,
            keep=keep,
            watcher=watcher,
            expected_s=expected_s,
            clock=by.clock,
        ) as made:
            yield made
        return
    here = preparing.here(pins, watcher, cells if by.measure is None else ())
    if not begun.measurements:
        begun = replace(begun, environment=here)
    pythons = {tag: one.path for tag, one in ask.interpreters.items()}
    making = preparing.measuring(order, pins, here, sentry, pythons=pythons)
    with making if by.measure is None else nullcontext(Ready(by.measure)) as ready:
        yield (
            Drive(
                ready.told(begun),
                lambda cell: with_figures(ready.measure(cell), here),
                sentry=sentry,
                keep=keep,
                watcher=watcher,
                expected_s=expected_s,
                clock=by.clock,
                most_s=most_s,
                upcoming=ready.upcoming,
            ),
            ready,
        )


def _most_s(ask: Ask) -> float:
    """Return how long measuring here may take, repeats and rounds that were not planned included."""
    if ask.cluster:
        return math.inf
    if ask.options.preset is Preset.FULL:
        return REPEATS * sum(duration_s(catalogue.EXPERIMENTS[one], ask.options) for one in ask.experiments)
    return MOST_S[ask.options.preset] * len(ask.experiments)


def first_stage(name: str, options: Options) -> list[list[Cell]]:
    """Return the rounds of the experiment `name`, each in the order to measure."""
    experiment = catalogue.EXPERIMENTS[name]
    return _ordered(experiment, experiment.plan(options), options)


def _ordered(experiment: Experiment, cells: Sequence[Cell], options: Options) -> list[list[Cell]]:
    rounds = plan.order(cells, catalogue.rounds(experiment, options), options.seed)
    return [
        [one for one in each if one.round < catalogue.rounds_of(experiment, one, options)] for each in rounds
    ]


def _drive_all(
    drive: Drive, stages: Mapping[str, Sequence[Sequence[Cell]]], options: Options, ready: Ready
) -> None:
    possible = {name: ready.possible(rounds) for name, rounds in stages.items()}
    cells = [cell for rounds in possible.values() for cells in rounds for cell in cells]
    if not cells:
        raise CannotStartError(" ".join([NOTHING, *verdict.not_measured(drive.run)]))
    drive.begin(cells)
    for name, rounds in possible.items():
        _both_stages(drive, name, rounds, options, ready)


def _both_stages(
    drive: Drive, name: str, rounds: Sequence[Sequence[Cell]], options: Options, ready: Ready
) -> None:
    """Measure an experiment, then those of its cells that could not be planned before, if it has any."""
    experiment = catalogue.EXPERIMENTS[name]
    drive.rounds([cells for cells in rounds if cells], repeat=not looks.goes_on(experiment, options))
    then = catalogue.then(experiment, options, summarise(drive.run))
    second = ready.possible(_ordered(experiment, then, options))
    if any(second):
        drive.grow([cell for cells in second for cell in cells])
        drive.rounds(second)
    looks.go_on(drive, experiment, options.seed, adaptive=options.rounds is None)


def _begin(ask: Ask, here: Environment, name: str) -> Run:
    return Run(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=ask.command,
        seed=ask.options.seed,
        environment=here,
        interpreters={tag: as_record(one) for tag, one in ask.interpreters.items()},
    )


def as_record(found: Interpreter) -> records.Interpreter:
    """Return what is kept of an interpreter: all but where it lies on this machine."""
    return records.Interpreter(found.version, found.implementation, found.gil, found.versions)


def _make_folder(ask: Ask) -> Path:
    """Create the run's folder and prove that it can be written to."""
    preset = "" if ask.options.preset is Preset.DEFAULT else f"-{ask.options.preset}"
    name = ask.name or "-".join(ask.experiments) + preset
    folder = ask.out / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{name}"
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStartError(f"Cannot write results to {folder}: {error.strerror}.") from error
    return folder


@contextmanager
def _gone_if_empty(folder: Path) -> Iterator[None]:
    """Leave no folder behind that nothing was kept in."""
    try:
        yield
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    os.execv(sys.executable, [sys.executable, "-P", "-m", "compare", "bench", *sys.argv[1:]])  # noqa: S606  # no shell
