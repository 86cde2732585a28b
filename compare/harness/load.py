"""The load generator as the benchmark sees it: a URL and a load in, raw samples out.

The work is done by a process of its own (`generator`), on a CPU of its own where there is one to spare.
"""

import socket
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import msgspec
import numpy as np
from numpy.typing import NDArray

from compare.errors import CompareError
from compare.harness import certificate
from compare.harness.certificate import Certificate
from compare.harness.generators import Generator, GeneratorError, Player
from compare.loadgen.ledger import COLUMNS
from compare.loadgen.protocol import UNASKED, Order, Outcome, StreamOrder, StreamOutcome, Tls
from compare.records import Arrivals, GeneratorReport, Load, Mixed, Open, Samples, rate_rps

BYSTANDER_RPS = 50.0
BYSTANDER_CONNECTIONS = 100  # a server that stands still for two seconds still gets each ping on time
# Connections of an open loop that are there before it starts, unless fewer are allowed: what it needs while the server
# stands still for a second, whose recovery would else be measured together with the opening of connections.
LEAST_OPEN, STANDSTILL_S = 64, 1.0
RAMP_PER_CONNECTION_S = 20e-6  # where the wait is short: 50,000 first requests a second
PROBE_TIMEOUT_S = 1.0
PORTS = {"http": 80, "https": 443}
CLOSE = b"Connection: close\r\n"
BODILESS = frozenset({"GET", "DELETE", "OPTIONS"})  # methods whose empty body needs no Content-Length

Bytes = memoryview


class LoadError(CompareError):
    """The load generator could not work: one sentence. A server that fails gives samples instead."""


class Wire(msgspec.Struct, frozen=True):
    """How connections are made: kept or one for each request, to a certificate that verifies or to any.

    `per_source` is how many leave from one source address at most, 0 = as many as it has ports.
    """

    keep_alive: bool = True
    verify: bool = True
    per_source: int = 0


class Ask(msgspec.Struct, frozen=True):
    """What every request asks: `headers` are lines such as `Accept: text/html`, sent after Host as they are."""

    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes = b""


GET = Ask()
KEPT = Wire()


class LoadResult(msgspec.Struct, frozen=True):
    """What a load gave. `window` is `time.monotonic()` at the start and the end of the measured window."""

    samples: Samples
    bystander: Samples | None
    report: GeneratorReport
    window: tuple[float, float]
    certificate: Certificate | None = None  # what an https server showed
    keep_alive: bool = True  # if not, a request's lag holds the opening of its connection
    cut: bool = False  # ended early, by Ctrl-C


class Target(msgspec.Struct, frozen=True):
    """Where requests go, and the request as it is sent."""

    family: int
    address: tuple[str, int]
    request: bytes
    host: str = ""
    tls: Tls | None = None


def run(
    url: str,
    load: Load,
    *,
    seed: int = 0,
    bystander_url: str | None = None,
    cpu: int | None = None,
    by: Player | None = None,
    wire: Wire = KEPT,
    ask: Ask = GET,
    stops: bool = False,
) -> LoadResult:
    """Put `load` on `url` and return a sample of every request of the window, failures included.

    `url` is http or https with path and query; `seed` decides the ramp and Poisson arrivals; `bystander_url` is asked
    50 times a second meanwhile, on connections of its own; `by` is the generator that plays it, else one for this load
    alone is started, pinned to `cpu` unless that is None; where it `stops`, a first Ctrl-C ends the load and what was
    measured is returned. Raises LoadError when the URL cannot be loaded, its
    certificate does not verify, this machine's limits do not allow the load, or the generator itself fails; in the
    first three cases nothing has been sent.
    """
    whom = target(url, wire, ask)
    order = plan(load, seed, whom, target(bystander_url) if bystander_url else None, wire)
    shown = certificate_of(whom)
    played = _played(order, cpu, by, stops=stops)
    return result(*played, wire, shown, bystander=bool(bystander_url), by=by)


def result(
    outcome: Outcome,
    samples: Sequence[Samples],
    wire: Wire = KEPT,
    shown: Certificate | None = None,
    *,
    bystander: bool = False,
    by: Player | None = None,
) -> LoadResult:
    """Return what a load gave whose first stream is the load, and whose second the bystander where there was one."""
    ahead_s = by.ahead_s if by is not None else 0.0
    return LoadResult(
        samples[0],
        samples[1] if bystander else None,
        _report(outcome),
        (outcome.window[0] - ahead_s, outcome.window[1] - ahead_s),
        shown,
        wire.keep_alive,
        outcome.cut,
    )


def certificate_of(whom: Target) -> Certificate | None:
    """Return what an https target shows, None for http; raises LoadError when it does not verify."""
    if whom.tls is None:
        return None
    try:
        return certificate.look(whom.family, whom.address, whom.host, verify=whom.tls.verify)
    except certificate.CertificateError as error:
        raise LoadError(str(error)) from error


def run_mix(
    mix: Sequence[tuple[str, Load]], *, seed: int = 0, cpu: int | None = None, by: Player | None = None
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
    outcome, samples = _played(order, cpu, by)
    return result(outcome, samples, by=by), samples


def _played(
    order: Order, cpu: int | None, by: Player | None, *, stops: bool = False
) -> tuple[Outcome, list[Samples]]:
    try:
        if by is not None:
            played = by.play(order, stops=stops)
        else:
            with closing(Generator(cpu)) as generator:
                played = generator.play(order, stops=stops)
    except GeneratorError as error:
        raise LoadError(str(error)) from error
    return decoded(*played)


def target(url: str, wire: Wire = KEPT, ask: Ask = GET) -> Target:
    """Return where `url` leads; raises LoadError when it is not an http or https URL or its host is unknown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise LoadError(f"{url!r} is not a URL: it must look like http://127.0.0.1:8001/ping.") from error
    if parts.scheme not in PORTS or not host:
        raise LoadError(f"{url!r} cannot be loaded: it must begin with http:// or https:// and a host.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise LoadError(f"{url!r} cannot be loaded: its path must be percent-encoded ASCII.")
    family, address = _resolve(host, port)
    name = parts.netloc.rpartition("@")[2].encode("idna" if ":" not in host else "ascii")
    request = _request(ask, path.encode(), name, b"" if wire.keep_alive else CLOSE)
    return Target(family, address, request, host, Tls(host, wire.verify) if parts.scheme == "https" else None)


def _request(ask: Ask, path: bytes, host: bytes, close: bytes) -> bytes:
    """Return the bytes of every request; a `Host` and a `Content-Length` that were asked for take the place of ours."""
    names = {line.partition(":")[0].strip().lower() for line in ask.headers}
    lines = [] if "host" in names else [b"Host: " + host]
    lines += [line.encode() for line in ask.headers]
    if (ask.body or ask.method not in BODILESS) and "content-length" not in names:
        lines.append(b"Content-Length: %d" % len(ask.body))
    head = b"".join(line + b"\r\n" for line in lines)
    return b"%b %b HTTP/1.1\r\n%b%b\r\n%b" % (ask.method.encode(), path, head, close, ask.body)


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


def plan(load: Load, seed: int, whom: Target, bystander: Target | None = None, wire: Wire = KEPT) -> Order:
    """Return what the generator is to do; raises LoadError when `load` cannot be."""
    offered = rate_rps(load)
    if load.concurrency < 1 or load.duration_s <= 0 or (offered is not None and offered <= 0):
        raise LoadError("A load needs at least one connection, a duration and a rate above 0.")
    streams = [_stream(load, seed, whom, wire)]
    if bystander:
        pings = Open(BYSTANDER_CONNECTIONS, delay_s=0.0, rate_rps=BYSTANDER_RPS)
        streams.append(_stream(pings, seed, bystander))
    return Order(tuple(streams), load.warmup_s, load.duration_s, load.timeout_s)


def _stream(load: Load, seed: int, whom: Target, wire: Wire = KEPT) -> StreamOrder:
    offered = rate_rps(load)
    closed = offered is None
    # a connection for one request only is opened when that is due, and its opening is part of the response
    likely = round((offered or 0.0) * (load.delay_s + STANDSTILL_S)) if wire.keep_alive else 0
    least = LEAST_OPEN if wire.keep_alive else 0
    return StreamOrder(
        whom.family,
        whom.address,
        whom.request,
        connections=load.concurrency,
        opened_first=load.concurrency if closed else min(load.concurrency, max(least, likely)),
        ramp_s=max(load.delay_s, load.concurrency * RAMP_PER_CONNECTION_S) if closed else 0.0,
        rate_rps=offered,
        poisson=isinstance(load, Open | Mixed) and load.arrivals is Arrivals.POISSON,
        seed=seed,
        keep_alive=wire.keep_alive,
        tls=whom.tls,
        per_source=wire.per_source,
    )


def _report(outcome: Outcome) -> GeneratorReport:
    main = outcome.streams[0]
    return GeneratorReport(outcome.cpu_share, main.connections, main.reconnects, outcome.notes)


def decoded(outcome: Outcome, rows: Bytes) -> tuple[Outcome, list[Samples]]:
    """Return the outcome and the samples of each stream; raises LoadError where answers belong to no request."""
    if UNASKED in outcome.notes:
        raise LoadError(UNASKED)
    samples = []
    for stream in outcome.streams:
        columns, rows = _columns(stream, rows)
        samples.append(_samples(columns, outcome))
    return outcome, samples


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
