"""`compare bench`: measure, draw charts and say what was found."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec
from click.core import ParameterSource

from compare.commands import usage, where
from compare.commands.usage import ExitCode
from compare.contract import Loop, Paradigm, Server
from compare.contract.settings import DSN_VARIABLE
from compare.experiments.options import Options, Preset
from compare.late import Late

if TYPE_CHECKING:
    from compare import bench as benchmark
    from compare import findings, records
    from compare.analysis import decide
    from compare.bench import Ask, Outcome
    from compare.commands import pythons, runs
    from compare.experiments import catalogue
    from compare.findings import Findings
    from compare.screen import listing, progress
else:  # `--help` and `--list` measure nothing and answer at once
    benchmark = Late("compare.bench")
    catalogue = Late("compare.experiments.catalogue")
    decide = Late("compare.analysis.decide")
    findings = Late("compare.findings")
    listing = Late("compare.screen.listing")
    pythons = Late("compare.commands.pythons")
    progress = Late("compare.screen.progress")
    records = Late("compare.records")
    runs = Late("compare.commands.runs")

PAIRS = (Paradigm.CALLBACK, Paradigm.EXECUTOR)  # whom native is compared with until it is decided
# What of the command line `--continue` uses: the run says all else.
GOES_ON = {"resume", "rounds", "pairs", "seed", "strict", "upstream", "dsn"}
GOES_ON |= {"cluster", "certs", "server_on", "load_from"}


@click.command()
@click.argument("experiments", nargs=-1, metavar="[EXPERIMENT]...")
@click.option(
    "--list", "only_list", is_flag=True, help="List the experiments, their questions and durations."
)
@click.option("--machines", type=click.IntRange(1, 10_000), help="For --list: durations on so many machines.")
@click.option("--preset", type=usage.choice(Preset), help="How long; default: default.")
@click.option("--quick", is_flag=True, help="A look: one round, under a minute.")
@click.option("--full", is_flag=True, help="To publish: more rounds and levels; --list says how long.")
@click.option("--server", "servers", type=usage.choice(Server), multiple=True, help="Repeatable.")
@click.option("--paradigm", "paradigms", type=usage.choice(Paradigm), multiple=True, help="Repeatable.")
@click.option(
    "--concurrency", type=usage.levels, metavar="N,N,...", help="Requests in flight, such as 10,100,1000."
)
@click.option("--delay", "delay_s", type=click.FloatRange(0, 60), help="Seconds each request waits.")
@click.option(
    "--duration", "duration_s", type=usage.seconds, metavar="TIME", help="Measured per cell: 2, 90s, 10m."
)
@click.option("--rounds", type=click.IntRange(1, 1000), help="Fresh server processes per cell.")
@click.option("--work", default="sleep", show_default=True, help="sleep, http, postgres or module:attribute.")
@click.option("--upstream", default="", help="Slow HTTP service for --work http; started when not given.")
@click.option(
    "--dsn", default="", help="Database for --work postgres, or COMPARE_DSN; started when not given."
)
@click.option("--loop", type=usage.choice(Loop), default="asyncio", show_default=True)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="PYTHON",
    help="For pythons: 3.13, 3.14t or a path. Repeatable.",
)
@click.option(
    "--cluster", default="", metavar="WHERE", help="Rounds on machines: tls://HOST:PORT or local:2."
)
@click.option(
    "--certs",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="For --cluster: what `compare cluster certs` made.",
)
@click.option(
    "--server-on", default="", metavar="NAME", help="For --cluster: servers run on this worker alone,"
)
@click.option("--load-from", default="", metavar="NAME", help="and the load comes from this one.")
@click.option(
    "--seed", type=click.IntRange(0), help="Decides the order; default: from the clock, and printed."
)
@click.option(
    "--continue",
    "resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Measure what RUN left undecided up to the next look, or with --rounds 8 to the last, into RUN.",
)
@click.option(
    "--pairs",
    type=usage.choice(PAIRS),
    multiple=True,
    help="For --continue: of native against these alone. Repeatable.",
)
@click.option("--out", type=click.Path(path_type=Path), default="results", show_default=True)
@click.option("--name", type=usage.file_name, default="", help="Second half of the results folder's name.")
@click.option(
    "--strict", is_flag=True, help="Exit code 3 when any row is invalid or a server stopped answering."
)
def command(experiments: tuple[str, ...], *, only_list: bool, strict: bool, **asked: Any) -> int:
    """Measure EXPERIMENTs (default: concurrency) on real servers and write charts into a folder of their own.

    `compare bench --list` says which experiments there are.
    """
    if only_list:
        return _list(asked["machines"] or 1)
    if asked["machines"]:
        raise click.UsageError(
            "--machines plans only: compare bench --list --machines 50. --cluster measures."
        )
    _check_continue(asked)
    ask = _ask(experiments, asked)
    signal.signal(signal.SIGTERM, _interrupt)
    with progress.watcher() as watcher:
        outcome = benchmark.run(ask, watcher)
    if not outcome.run.measurements:
        click.echo("Stopped before anything was measured.", err=True)
        return ExitCode.INTERRUPTED
    found = findings.finish(records.read(outcome.folder), outcome.folder)  # as `compare report` will
    runs.show(found, outcome.folder)
    click.echo(f"Seed:   {outcome.run.seed} (--seed repeats the order of the cells)")
    return _verdict_of(outcome, found, strict=strict)


def _ask(names: tuple[str, ...], asked: dict[str, Any]) -> Ask:
    unknown = [name for name in names if name not in catalogue.EXPERIMENTS]
    if unknown:
        raise click.UsageError(
            f"There is no experiment {unknown[0]!r}; there are {', '.join(catalogue.EXPERIMENTS)}."
        )
    found = pythons.chosen(asked["pythons"], default="pythons" in names)
    options = Options(
        preset=_preset(asked),
        servers=tuple(map(Server, asked["servers"])) or tuple(Server),
        paradigms=tuple(Paradigm(one) for one in asked["paradigms"]) or tuple(Paradigm),
        concurrency=asked["concurrency"],
        delay_s=asked["delay_s"],
        rounds=asked["rounds"],
        duration_s=asked["duration_s"],
        work=asked["work"],
        loop=Loop(asked["loop"]),
        seed=_seed(asked["seed"]),
        pythons=tuple(found),
    )
    experiments = tuple(dict.fromkeys(names)) or benchmark.DEFAULT_EXPERIMENTS
    named = options if asked["pythons"] else msgspec.structs.replace(options, pythons=())
    _refuse_unused(experiments, named)  # environments that nobody named are for `pythons` alone
    return benchmark.Ask(
        experiments=experiments,
        options=options,
        name=asked["name"],
        out=asked["out"],
        command=_command(asked["dsn"]),
        resume=asked["resume"],
        pairs=tuple(Paradigm(one) for one in asked["pairs"]),
        interpreters=found,
        cluster=where.asked_for(asked),
        upstream=asked["upstream"],
        dsn=asked["dsn"] or os.environ.get(DSN_VARIABLE, ""),
    )


def _check_continue(asked: dict[str, Any]) -> None:
    """Refuse what `--continue` would leave out of account, rounds after which nobody looks, and pairs without it."""
    if asked["resume"] is None:
        if asked["pairs"]:
            raise click.UsageError(
                "--pairs is for --continue: compare bench --continue RUN --pairs callback."
            )
        return
    ignored = [spelled for name, spelled in _typed() if name not in GOES_ON]
    if ignored:
        raise click.UsageError(
            f"--continue measures what RUN was asked for: leave {ignored[0]} out. It takes --rounds and --pairs."
        )
    later = decide.LOOKS[1:]
    if asked["rounds"] not in {None, *later}:
        said = " or ".join(map(str, later))
        raise click.UsageError(f"--continue measures up to a look: --rounds {said}, not {asked['rounds']}.")


def _typed() -> list[tuple[str, str]]:
    """Return the parameters that stand on the command line: what they are called here, and there."""
    context = click.get_current_context()
    return [
        (name, one.opts[0] if isinstance(one, click.Option) else "the experiment")
        for one in context.command.params
        for name in [str(one.name)]
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and context.params[name] != ()
    ]


def _preset(asked: dict[str, Any]) -> Preset:
    """Return the one preset asked for; two that differ are refused."""
    given = [Preset(name) for name in ("quick", "full") if asked[name]]
    given += [Preset(asked["preset"])] if asked["preset"] else []
    if len(set(given)) > 1:
        raise click.UsageError(
            f"The presets {' and '.join(given)} exclude each other: give one, such as --quick."
        )
    return given[0] if given else Preset.DEFAULT


def _refuse_unused(names: tuple[str, ...], options: Options) -> None:
    """Refuse an option that an experiment would leave out of account."""
    for name in names:
        for option in catalogue.unused(catalogue.EXPERIMENTS[name], options):
            users = [
                other
                for other, one in catalogue.EXPERIMENTS.items()
                if option not in catalogue.unused(one, options)
            ]
            raise click.UsageError(
                f"The experiment {name} does not use {option}; those that do: {', '.join(users)}."
            )


def _seed(asked: int | None) -> int:
    """Return the seed asked for, else the clock's: a fixed order would repeat what one cell does to the next."""
    return int(time.time()) if asked is None else asked


def _command(dsn: str) -> str:
    """Return the command as typed, for the record; a DSN may hold a password, so it is left out."""
    words = ["compare", *sys.argv[1:]]
    return shlex.join(word.replace(dsn, "...") if dsn else word for word in words)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _list(machines: int) -> int:
    rows = [
        (
            name,
            one.QUESTION,
            {preset: catalogue.duration_s(one, Options(preset=preset), machines) for preset in Preset},
        )
        for name, one in catalogue.EXPERIMENTS.items()
    ]
    click.echo(listing.experiments(rows))
    click.echo(listing.total([by[Preset.FULL] for _, _, by in rows], machines))
    click.echo(f"Measure some of them with: {usage.typed()} bench NAME... [--quick|--full]")
    return ExitCode.DONE


def _verdict_of(outcome: Outcome, found: Findings, *, strict: bool) -> int:
    """Return the exit code, and say on stderr what a reader must not overlook."""
    made, planned = outcome.run.measurements, outcome.run.planned
    measured = sum(not one.rerun for one in made)
    if outcome.stopped:
        click.echo(f"Stopped after {measured} of {planned} cells; the charts show those.", err=True)
        return ExitCode.INTERRUPTED
    last = {one.cell: one for one in made}  # a cell that was noisy is measured again
    failed = [one.failure for one in last.values() if one.failure]
    invalid = [summary for summary in found.summaries if not summary.valid]
    if failed:
        click.echo(f"{len(failed)} of {planned} cells failed, the first with: {failed[0]}", err=True)
    if len(failed) == len(last):
        return ExitCode.FAILED
    collapsed = [summary for summary in found.summaries if summary.reliability.collapsed]
    if strict and collapsed:
        click.echo(
            f"--strict: servers stopped answering in {len(collapsed)} of {len(found.summaries)} rows.",
            err=True,
        )
        return ExitCode.UNRELIABLE
    if strict and invalid:
        click.echo(f"--strict: {len(invalid)} of {len(found.summaries)} rows are invalid.", err=True)
        return ExitCode.UNRELIABLE
    return ExitCode.DONE
