"""The command line: the only place that prints and exits.

Exit codes: 0 done, 1 it could not be done, 2 wrong usage, 3 done but not to be relied on (`--strict`, `--fail-above`),
130 stopped by Ctrl-C.
"""

# The commands import what they need when they run: scipy and matplotlib take a second, and `serve` needs neither.
# ruff: noqa: PLC0415

import os
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec

from compare.contract import Loop, Paradigm, Server
from compare.settings import DSN_VARIABLE, OPTIONS, SettingsError, from_argv

if TYPE_CHECKING:
    from compare.bench import Ask, Findings, Outcome
    from compare.records import Run

UNRELIABLE = 3
INTERRUPTED = 130
CLOSED_CONNECTIONS = 10
OPEN_CONNECTIONS = 10_000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def commands() -> None:
    """One web app in Tornado and in aiohttp: serve it, measure it, look at what waiting costs."""


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        code = commands.main(prog_name="compare", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        code = INTERRUPTED
    sys.exit(code or 0)


def _server_options() -> str:
    width = max(len(option.name) for option in OPTIONS) + 2
    lines = [f"  {option.name:<{width}}{option.help or option.allowed}" for option in OPTIONS]
    return "\b\nServer options:\n" + "\n".join(lines)


@commands.command(
    context_settings={"ignore_unknown_options": True},
    epilog=_server_options(),
    options_metavar="",
    short_help="Serve the app with Tornado or aiohttp.",
)
@click.argument("server", type=click.Choice([*map(str, Server)]))
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]")
def serve(server: str, options: tuple[str, ...]) -> None:
    """Serve the app until Ctrl-C, on port 8001 (tornado) or 8002 (aiohttp) unless told otherwise."""
    try:
        from_argv(Server(server), options)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    # becoming the server, rather than starting it, lets every signal go straight to it
    argv = [sys.executable, "-m", f"compare.{server}_impl", *options]
    os.execv(sys.executable, argv)  # noqa: S606  # no shell


def levels(text: str) -> tuple[int, ...]:
    """Return the whole numbers from 1 up that `text` holds, separated by commas."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and int(word) for word in words):
        raise click.BadParameter(f"{text!r} is no list of whole numbers from 1 up, such as 10,100,1000.")
    return tuple(map(int, words))


SECONDS = click.FloatRange(min=0.05, max=3600)


@commands.command(short_help="Measure, draw charts and say what was found.")
@click.argument("experiments", nargs=-1, metavar="[EXPERIMENT]...")
@click.option("--list", "listing", is_flag=True, help="List the experiments, their questions and durations.")
@click.option("--preset", type=click.Choice(["quick", "default", "full"]), default="default", hidden=True)
@click.option("--quick", "preset", flag_value="quick", help="A look: one round, under a minute.")
@click.option("--full", "preset", flag_value="full", help="To publish: ten rounds, more levels, hours.")
@click.option(
    "--server", "servers", type=click.Choice([*map(str, Server)]), multiple=True, help="Repeatable."
)
@click.option(
    "--paradigm", "paradigms", type=click.Choice([*map(str, Paradigm)]), multiple=True, help="Repeatable."
)
@click.option(
    "--concurrency", type=levels, metavar="N,N,...", help="Requests in flight, such as 10,100,1000."
)
@click.option("--delay", "delay_s", type=click.FloatRange(0, 60), help="Seconds each request waits.")
@click.option("--duration", "duration_s", type=SECONDS, help="Seconds measured per cell.")
@click.option("--rounds", type=click.IntRange(1, 1000), help="Fresh server processes per cell.")
@click.option("--work", default="sleep", show_default=True, help="sleep, http, postgres or module:attribute.")
@click.option("--upstream", default="", help="Slow HTTP service for --work http; started when not given.")
@click.option(
    "--dsn", default="", help="Database for --work postgres, or COMPARE_DSN; started when not given."
)
@click.option("--loop", type=click.Choice([*map(str, Loop)]), default="asyncio", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides the order.")
@click.option("--out", type=click.Path(path_type=Path), default="results", show_default=True)
@click.option("--name", default="", help="Second half of the results folder's name.")
@click.option("--strict", is_flag=True, help="Exit code 3 when any row is invalid.")
def bench(experiments: tuple[str, ...], *, listing: bool, strict: bool, **asked: Any) -> int:
    """Measure EXPERIMENTs (default: concurrency) on real servers and write charts into a folder of their own.

    `compare bench --list` says which experiments there are.
    """
    from compare import bench as benchmark
    from compare.records import RecordsError
    from compare.terminal import progress

    if listing:
        return _list()
    ask = _ask(experiments, asked)
    signal.signal(signal.SIGTERM, _interrupt)
    with progress.watcher() as watcher:
        try:
            outcome = benchmark.run(ask, watcher)
        except (benchmark.CannotStartError, RecordsError) as error:
            raise click.ClickException(str(error)) from error
    if not outcome.run.measurements:
        click.echo("Stopped before anything was measured.", err=True)
        return INTERRUPTED
    findings = benchmark.finish(outcome.run, outcome.folder)
    _show(findings)
    return _verdict_of(outcome, findings, strict=strict)


def _ask(names: tuple[str, ...], asked: dict[str, Any]) -> "Ask":
    from compare import bench as benchmark
    from compare.experiments.catalogue import EXPERIMENTS
    from compare.experiments.options import Options, Preset

    unknown = [name for name in names if name not in EXPERIMENTS]
    if unknown:
        raise click.UsageError(f"There is no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}.")
    options = Options(
        preset=Preset(asked["preset"]),
        servers=tuple(map(Server, asked["servers"])) or tuple(Server),
        paradigms=tuple(map(Paradigm, asked["paradigms"])) or tuple(Paradigm),
        concurrency=asked["concurrency"],
        delay_s=asked["delay_s"],
        rounds=asked["rounds"],
        duration_s=asked["duration_s"],
        work=asked["work"],
        loop=Loop(asked["loop"]),
        seed=asked["seed"],
    )
    return benchmark.Ask(
        experiments=tuple(dict.fromkeys(names)) or benchmark.DEFAULT_EXPERIMENTS,
        options=options,
        name=asked["name"],
        out=asked["out"],
        command=_command(asked["dsn"]),
        upstream=asked["upstream"],
        dsn=asked["dsn"] or os.environ.get(DSN_VARIABLE, ""),
    )


def _command(dsn: str) -> str:
    """Return the command as typed, for the record; a DSN may hold a password, so it is left out."""
    words = ["compare", *sys.argv[1:]]
    return shlex.join(word.replace(dsn, "...") if dsn else word for word in words)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _list() -> int:
    from compare.experiments.catalogue import EXPERIMENTS, duration_s
    from compare.experiments.options import Options, Preset
    from compare.terminal import tables

    rows = [
        (name, one.QUESTION, {preset: duration_s(one, Options(preset=preset)) for preset in Preset})
        for name, one in EXPERIMENTS.items()
    ]
    tables.console().print(tables.experiments(rows))
    click.echo("Measure some of them with: compare bench NAME... [--quick|--full]")
    return 0


def _show(findings: "Findings") -> None:
    """Print the sentences, the rows and where the charts are: what a person looks for first stands last."""
    from compare.terminal import tables

    console = tables.console()
    for experiment, sentences in findings.sentences.items():
        rows = [summary for summary in findings.summaries if summary.experiment == experiment]
        console.print(tables.results(experiment, rows, console.width))
        for sentence in sentences:
            console.print(f"- {sentence}", markup=False, soft_wrap=True)
    console.print()
    for file in findings.files:
        click.echo(file)


def _verdict_of(outcome: "Outcome", findings: "Findings", *, strict: bool) -> int:
    """Return the exit code, and say on stderr what a reader must not overlook."""
    measured, planned = len(outcome.run.measurements), outcome.run.planned
    if outcome.stopped:
        click.echo(f"Stopped after {measured} of {planned} cells; the charts show those.", err=True)
        return INTERRUPTED
    failed = [m.failure for m in outcome.run.measurements if m.failure]
    invalid = [summary for summary in findings.summaries if not summary.valid]
    if failed:
        click.echo(f"{len(failed)} of {planned} cells failed, the first with: {failed[0]}", err=True)
    if len(failed) == measured:
        return 1
    if strict and invalid:
        click.echo(f"--strict: {len(invalid)} of {len(findings.summaries)} rows are invalid.", err=True)
        return UNRELIABLE
    return 0


@commands.command(short_help="Redraw a run from its files.")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--open", "opening", is_flag=True, help="Open report.html when it is written.")
@click.option("--results", type=click.Path(path_type=Path), default="results", show_default=True)
def report(run: Path | None, *, opening: bool, results: Path) -> int:
    """Redraw RUN, a results folder, from its files alone; without RUN the newest."""
    from compare import bench as benchmark

    folder = run or benchmark.newest(results)
    if folder is None:
        raise click.ClickException(f"There is no run in {results}; `compare bench` makes one.")
    findings = benchmark.finish(_read(folder), folder)
    _show(findings)
    if opening:
        click.launch(str(folder / "report.html"))
    return 0


def _read(folder: Path) -> "Run":
    from compare.records import RecordsError, read

    try:
        return read(folder)
    except RecordsError as error:
        raise click.ClickException(str(error)) from error


@commands.command(short_help="Put a load on a URL, as one would with wrk.")
@click.argument("url")
@click.option(
    "-c",
    "--concurrency",
    type=click.IntRange(1, 60_000),
    help="Connections; default 10, or as many as needed.",
)
@click.option("-d", "--duration", "duration_s", type=SECONDS, default=5.0, show_default=True, help="Seconds.")
@click.option("--warmup", "warmup_s", type=click.FloatRange(0, 3600), default=0.5, show_default=True)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Requests a second, open loop.")
@click.option("--arrivals", type=click.Choice(["constant", "poisson"]), default="constant", show_default=True)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 3600), default=10.0, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, times in seconds.")
def load(
    url: str,
    *,
    concurrency: int | None,
    rate: float | None,
    arrivals: str,
    seed: int,
    as_json: bool,
    **asked: Any,
) -> int:
    """Send requests to URL and say how long they took, from when each was meant to leave.

    Without --rate N connections each send again when answered (closed loop). With --rate requests leave on a schedule
    that never waits for answers (open loop), over as many connections as it takes, --concurrency at most.
    """
    from compare.harness import environment
    from compare.harness import load as generator
    from compare.records import Arrivals, Load
    from compare.terminal import load_report, tables

    connections = concurrency or (CLOSED_CONNECTIONS if rate is None else OPEN_CONNECTIONS)
    wanted = Load(connections, delay_s=0.0, rate_rps=rate, arrivals=Arrivals(arrivals), **asked)
    try:
        result = generator.run(url, wanted, seed=seed, cpu=environment.pinning().generator)
    except generator.LoadError as error:
        raise click.ClickException(str(error)) from error
    report = load_report.of(url, wanted, result)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        if report.completed:
            tables.console().print(load_report.table(result))
        click.echo(load_report.headline(wanted, report))
    for warning in report.warnings:
        click.echo(f"Warning: {warning}", err=True)
    return 0 if report.completed else 1
