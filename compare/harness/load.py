"""The load generator as the benchmark sees it: a URL and a load in, raw samples out.

The work is done by a process of its own (`generator`), on a CPU of its own where there is one to spare.
"""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, Any
from urllib.parse import urlsplit

import msgspec
import numpy as np
from numpy.typing import NDArray

from compare.loadgen.ledger import COLUMNS
from compare.loadgen.protocol import Order, Outcome, StreamOrder, StreamOutcome
from compare.processes import launch
from compare.records import Arrivals, GeneratorReport, Load, Samples

BYSTANDER_RPS = 50.0
BYSTANDER_CONNECTIONS = 100  # a server that stands still for two seconds still gets each ping on time
# Connections of an open loop that are there before it starts, unless fewer are allowed: what it needs while the server
# stands still for a second, whose recovery would else be measured together with the opening of connections.
LEAST_OPEN, STANDSTILL_S = 64, 1.0
RAMP_PER_CONNECTION_S = 20e-6  # where the wait is short: 50,000 first requests a second
PROBE_TIMEOUT_S = 1.0

Bytes = memoryview


class LoadError(Exception):
    """The load generator could not work: one sentence. A server that fails is no such case, but samples."""


class LoadResult(msgspec.Struct, frozen=True):
    """What a load gave. `window` is `time.monotonic()` at the start and the end of the measured window."""

    samples: Samples
    bystander: Samples | None
    report: GeneratorReport
    window: tuple[float, float]


class Target(msgspec.Struct, frozen=True):
    """Where requests go, and the request as it is sent."""

    family: int
    address: tuple[str, int]
    request: bytes


def run(
    url: str, load: Load, *, seed: int = 0, bystander_url: str | None = None, cpu: int | None = None
) -> LoadResult:
    """Put `load` on `url` and return a sample of every request of the window, failures included.

    `url` is http with path and query; `seed` decides the ramp and Poisson arrivals; `bystander_url` is asked 50 times
    a second meanwhile, on connections of its own; `cpu` is what the generator is pinned to, None for any. Raises
    LoadError when the URL is none that can be loaded or the generator itself fails.
    """
    order = plan(load, seed, target(url), target(bystander_url) if bystander_url else None)
    outcome, samples = _played(order, cpu)
    return LoadResult(samples[0], samples[1] if bystander_url else None, _report(outcome), outcome.window)


def run_mix(
    mix: Sequence[tuple[str, Load]], *, seed: int = 0, cpu: int | None = None
) -> tuple[LoadResult, list[Samples]]:
    """Put several loads on several URLs at once; return the result of the first, and the samples of all.

    The times of the first load are those of all; Poisson arrivals differ from load to load. Otherwise as `run`.
    """
    streams = [
        stream
        for number, (url, load) in enumerate(mix)
        for stream in plan(load, seed + number, target(url)).streams
    ]
    first = mix[0][1]
    order = Order(tuple(streams), first.warmup_s, first.duration_s, first.timeout_s)
    outcome, samples = _played(order, cpu)
    return LoadResult(samples[0], None, _report(outcome), outcome.window), samples


def _played(order: Order, cpu: int | None) -> tuple[Outcome, list[Samples]]:
    raw = _generate(order, cpu)
    line, _, rows = raw.partition(b"\n")
    try:
        outcome = msgspec.json.decode(line, type=Outcome)
        return outcome, _decode(outcome, memoryview(rows))
    except (msgspec.DecodeError, ValueError) as error:
        raise LoadError(f"The load generator's answer cannot be read: {error}.") from error


def target(url: str) -> Target:
    """Return where `url` leads; raises LoadError when it is no http URL or its host is unknown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise LoadError(f"{url!r} is no URL: {error}.") from error
    if parts.scheme != "http" or not host:
        raise LoadError(f"{url!r} cannot be loaded: it must begin with http:// and a host.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise LoadError(f"{url!r} cannot be loaded: its path must be percent-encoded ASCII.")
    family, address = _resolve(host, port)
    name = parts.netloc.rpartition("@")[2].encode("idna" if ":" not in host else "ascii")
    return Target(family, address, b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path.encode(), name))


def _resolve(host: str, port: int) -> tuple[int, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise LoadError(f"The host {host!r} is unknown: {error.strerror}.") from error
    choices = [(int(family), (str(where[0]), int(where[1]))) for family, _, _, _, where in found]
    return next((one for one in choices if len(choices) > 1 and _accepts(*one)), choices[0])


def _accepts(family: int, address: tuple[str, int]) -> bool:
    """Whether somebody listens: `localhost` has an IPv6 address too, where most servers do not."""
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(PROBE_TIMEOUT_S)
        return sock.connect_ex(address) == 0


def plan(load: Load, seed: int, whom: Target, bystander: Target | None = None) -> Order:
    """Return what the generator is to do; raises LoadError when `load` cannot be."""
    if load.concurrency < 1 or load.duration_s <= 0 or (load.rate_rps is not None and load.rate_rps <= 0):
        raise LoadError("A load needs at least one connection, a duration and a rate above 0.")
    streams = [_stream(load, seed, whom)]
    if bystander:
        pings = msgspec.structs.replace(
            load,
            concurrency=BYSTANDER_CONNECTIONS,
            rate_rps=BYSTANDER_RPS,
            arrivals=Arrivals.CONSTANT,
            delay_s=0.0,
        )
        streams.append(_stream(pings, seed, bystander))
    return Order(tuple(streams), load.warmup_s, load.duration_s, load.timeout_s)


def _stream(load: Load, seed: int, whom: Target) -> StreamOrder:
    closed = load.rate_rps is None
    likely = round((load.rate_rps or 0.0) * (load.delay_s + STANDSTILL_S))
    return StreamOrder(
        whom.family,
        whom.address,
        whom.request,
        connections=load.concurrency,
        opened_first=load.concurrency if closed else min(load.concurrency, max(LEAST_OPEN, likely)),
        ramp_s=max(load.delay_s, load.concurrency * RAMP_PER_CONNECTION_S) if closed else 0.0,
        rate_rps=load.rate_rps,
        poisson=load.arrivals is Arrivals.POISSON,
        seed=seed,
    )


def _generate(order: Order, cpu: int | None) -> bytes:
    """Return what the generator's process wrote; it never outlives this call."""
    command = launch.argv([sys.executable, "-m", "compare.loadgen.generator"], cpu=cpu)
    with tempfile.TemporaryFile() as stderr, _started(command, stderr) as process:
        assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
        assert process.stdout is not None  # noqa: S101 - as above
        try:
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()  # and left open: the generator ends when it closes
            raw = process.stdout.read()
        except BrokenPipeError:
            raw = b""
        finally:
            process.kill()
        if not raw:
            raise LoadError(_why(process, stderr))
        return raw


def _started(command: Sequence[str], stderr: IO[bytes]) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - the arguments are ours, and there is no shell
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=stderr,
        start_new_session=True,  # Ctrl-C in the terminal reaches the benchmark alone, which then stops the generator
    )


def _why(process: "subprocess.Popen[bytes]", stderr: IO[bytes]) -> str:
    process.wait()
    stderr.seek(0)
    lines = stderr.read().decode("utf-8", "replace").strip().splitlines()
    return f"The load generator ended without a result: {lines[-1] if lines else 'it said nothing'}."


def _report(outcome: Outcome) -> GeneratorReport:
    main = outcome.streams[0]
    return GeneratorReport(outcome.cpu_share, main.connections, main.reconnects, outcome.notes)


def _decode(outcome: Outcome, rows: Bytes) -> list[Samples]:
    expected = sum(stream.rows for stream in outcome.streams) * sum(
        np.dtype(code).itemsize for _, code in COLUMNS
    )
    if len(rows) != expected:
        raise ValueError(f"{len(rows)} bytes of samples came, not {expected}")
    samples = []
    for stream in outcome.streams:
        columns, rows = _columns(stream, rows)
        samples.append(_samples(columns, outcome))
    return samples


def _columns(stream: StreamOutcome, rows: Bytes) -> tuple[dict[str, NDArray[Any]], Bytes]:
    columns = {}
    for name, code in COLUMNS:
        size = np.dtype(code).itemsize * stream.rows
        columns[name] = np.frombuffer(rows[:size], dtype=code)
        rows = rows[size:]
    return columns, rows


def _samples(columns: dict[str, NDArray[Any]], outcome: Outcome) -> Samples:
    opens_s, closes_s = outcome.window
    intended_s, done_s = columns["intended_s"], columns["done_s"]
    over_before = (intended_s < opens_s) & (done_s <= opens_s)
    keep = np.flatnonzero((intended_s < closes_s) & ~over_before)
    rows = keep[np.argsort(intended_s[keep], kind="stable")]
    return Samples(
        intended_s=intended_s[rows] - opens_s,
        sent_s=columns["sent_s"][rows] - opens_s,
        done_s=done_s[rows] - opens_s,
        status=columns["status"][rows],
        io_s=columns["io_s"][rows],
        window_s=closes_s - opens_s,
        end_s=outcome.end_s - opens_s,
    )
