"""`compare load`: put a load on a URL, as one would with wrk."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from compare.commands import load_machines, load_report, usage, where
from compare.commands.load_report import LoadReport
from compare.commands.usage import ExitCode
from compare.harness import environment, probe
from compare.harness import load as generator
from compare.harness.load import LoadResult
from compare.harness.together import Part
from compare.late import Late
from compare.records import Arrivals, Closed, Load, Open
from compare.screen import progress, tables
from compare.screen.folding import folded

if TYPE_CHECKING:
    from compare import clustered
else:
    clustered = Late("compare.clustered")  # dask, which only --cluster needs

CLOSED_CONNECTIONS = 10
OPEN_CONNECTIONS = 10_000
METHODS = (
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
)  # an answer to HEAD looks cut short to a parser
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~]*)")
OURS = frozenset({"connection", "content-length", "transfer-encoding", "expect"})


def _no_pipeline(_context: click.Context, _option: click.Parameter, value: int | None) -> None:
    if value is not None:
        raise click.UsageError(
            "--pipeline is not offered: on HTTP/1.1 a pipelined answer waits for the one before it, so its latency "
            "would be the queue's; open more connections, e.g. --concurrency 64."
        )


@click.command()
@click.argument("url")
@click.option(
    "-c",
    "--concurrency",
    type=click.IntRange(1, 60_000),
    help="Connections; default 10, or as many as needed.",
)
@click.option(
    "-d", "--duration", "duration_s", type=usage.seconds, metavar="TIME", default="5s", show_default=True
)
@click.option("--warmup", "warmup_s", type=click.FloatRange(0, 3600), default=0.5, show_default=True)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Requests a second, open loop.")
@click.option("--arrivals", type=usage.choice(Arrivals), default="constant", show_default=True)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 3600), default=10.0, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Repeatable.")
@click.option("-m", "--method", type=click.Choice(METHODS), default="GET", show_default=True)
@click.option("--body", default="", metavar="TEXT|@FILE", help="What every request carries.")
@click.option(
    "--expect-status", "expected", type=usage.statuses, metavar="N,N", help="Successes; default 200 to 299."
)
@click.option("--close", is_flag=True, help="A new connection for each request; its opening counts, as lag.")
@click.option("--insecure", is_flag=True, help="https: take any certificate; it is shown.")
@click.option(
    "--per-address",
    type=click.IntRange(1, 60_000),
    help="Connections from one source address at most; more leave from 127.0.0.2 and so on.",
)
@click.option(
    "--cluster", default="", metavar="WHERE", help="From machines together: tls://HOST:PORT or local:2."
)
@click.option(
    "--certs",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="For --cluster: what `compare cluster certs` made.",
)
@click.option("--pipeline", type=int, hidden=True, callback=_no_pipeline, expose_value=False)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, times in seconds (docs/load.md)."
)
def command(
    url: str,
    *,
    concurrency: int | None,
    rate: float | None,
    arrivals: str,
    seed: int,
    close: bool,
    insecure: bool,
    per_address: int | None,
    headers: tuple[str, ...],
    method: str,
    body: str,
    expected: tuple[int, ...] | None,
    cluster: str,
    certs: Path | None,
    as_json: bool,
    **asked: Any,
) -> int:
    """Send requests to URL and say how long they took, from when each was meant to leave.

    Without --rate N connections each send again when answered (closed loop). With --rate requests leave on a schedule
    that never waits for answers (open loop), over as many connections as it takes, --concurrency at most.
    """
    connections = concurrency or (CLOSED_CONNECTIONS if rate is None else OPEN_CONNECTIONS)
    wanted: Closed | Open = Closed(connections, delay_s=0.0, **asked)
    if rate is not None:
        wanted = Open(connections, delay_s=0.0, rate_rps=rate, arrivals=Arrivals(arrivals), **asked)
    wire = generator.Wire(keep_alive=not close, verify=not insecure, per_source=per_address or 0)
    ask = generator.Ask(method, tuple(map(_header, headers)), _body(body))
    _check(cluster, certs, rate)
    part = Part(url, wanted, wire, ask, seed) if isinstance(wanted, Open) and cluster else None
    with progress.running(f"Asking for {wanted.warmup_s + wanted.duration_s:g} s"):
        if part is not None:
            told = _together(part, cluster, certs, expected or ())
        else:
            told = _alone(url, wanted, wire, ask, seed, expected or ())
    result, report = told.result, told.report
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        if report.completed:
            tables.console().print(told.table)
        said = load_report.headline(wanted, report) if len(result.samples.status) else _nothing_sent(url)
        click.echo(folded(said, sys.stdout))
        for line in told.rows:
            click.echo(line)
    if result.certificate and not as_json:
        click.echo(folded(result.certificate.sentence, sys.stdout))
    for warning in report.warnings:
        click.echo(folded(f"Warning: {warning}", sys.stderr), err=True)
    if result.cut:
        click.echo(f"Stopped after {report.window_s:.3g} s of {wanted.duration_s:g} s.", err=True)
        return ExitCode.INTERRUPTED
    return ExitCode.DONE if report.completed else ExitCode.FAILED


class _Told(msgspec.Struct, frozen=True):
    """What a load gave and how it is shown; `rows` are lines about each machine."""

    result: LoadResult
    report: LoadReport
    table: Any  # of rich, which msgspec knows nothing about
    rows: tuple[str, ...] = ()


def _alone(
    url: str, load: Load, wire: generator.Wire, ask: generator.Ask, seed: int, expected: Collection[int]
) -> _Told:
    """Put the load on from here."""
    cpu = environment.pinning().generator
    result = generator.run(url, load, seed=seed, cpu=cpu, wire=wire, ask=ask, stops=True)
    report = load_report.of(url, load, result, expected)
    return _Told(result, report, load_report.table(result, expected))


def _together(part: Part, cluster: str, certs: Path | None, expected: Collection[int]) -> _Told:
    """Have the machines of a cluster put the load on."""
    pressed = clustered.load(part, clustered.Where(cluster, certs))
    result = load_machines.pool(pressed)
    report = load_machines.of(part.url, part.load, result, pressed, expected)
    shown = load_machines.table(result, pressed, expected)
    return _Told(result, report, shown, tuple(load_machines.rows(report)))


def _check(cluster: str, certs: Path | None, rate: float | None) -> None:
    """Refuse options that do not go together."""
    if cluster and rate is None:
        raise click.UsageError(
            "--cluster needs --rate, such as --rate 1000: in a closed loop a slow machine sends less, and the pool "
            "would show the fast ones."
        )
    where.refuse_certs(cluster, certs)


def _header(line: str) -> str:
    """Return a header line as it is sent."""
    found = HEADER.fullmatch(line)
    if not found or found[1].lower() in OURS:
        raise click.UsageError(
            f"--header {line!r} is not a header of visible ASCII that may be set, such as 'Accept: text/html'; "
            "--body and --close set Content-Length and Connection."
        )
    return f"{found[1]}: {found[2]}"


def _body(text: str) -> bytes:
    """Return the bytes of --body, read from a file where it begins with @."""
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise click.UsageError(
            f"--body {text}: {error.strerror}; name a file that can be read, such as --body @order.json."
        ) from error


def _nothing_sent(url: str) -> str:
    """Return why no request was due in the window: all were spent on finding the target out of reach before it."""
    try:
        answer = probe.get(url)
    except probe.NoAnswerError as error:
        return f"Nothing could be measured. {error}"
    return f"Nothing could be measured: the generator got no connection, one request was answered {answer.status}."
