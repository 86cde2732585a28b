"""Everything at once, for long: what a server still holds when all clients have gone.

Streams of every paradigm, of pings and of requests that are refused run side by side, while other clients leave before
they are answered or in the middle of a request. The server is looked at twice at rest: after a warm-up of the same
kind, which fills pools and caches, and after the load. What is there then and was not before is a leak.
"""

import itertools
import resource
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
import psutil
from msgspec.structs import replace

from compare.contract import Paradigm, WaitThread
from compare.harness import load, probe
from compare.harness.generators import Generator, Player
from compare.harness.monitor import Monitor, Reading
from compare.harness.servers import Running
from compare.records import Cell, Load, Measurement, Moment, Samples, SampleStatus, Soak, rate_rps

READ_S = 1.0  # between two readings of the server's memory
LEAVE_RPS = 20.0
LEAVE_WAIT_S = 0.2  # what a client waits for that leaves at once
CONNECTIONS = 50  # of each stream, at most
BLOCKING_S = 0.005  # the loop stands still so long: more would be all that is measured
REST_S = 0.5  # nothing changed for so long: the server is at rest
REST_MOST_S = 10.0
FILLINGS = 10  # attempts to have all threads of a pool busy at once


class Stream(msgspec.Struct, frozen=True):
    """One kind of request of the mix: what it asks, how often, and how it must be answered."""

    name: str
    path: str
    rate_rps: float
    status: int = 200


def streams(cell: Cell) -> tuple[Stream, ...]:
    """Return the mix around `cell`'s own requests, which come first and at whose rate the others go."""
    rate, wait_s = rate_rps(cell.load) or 1.0, cell.load.delay_s
    own = cell.contestant.paradigm
    others = [one for one in Paradigm if one is not own and one.thread is not WaitThread.LOOP]
    blocking = [one for one in Paradigm if one.thread is WaitThread.LOOP]
    return (
        Stream(str(own), probe.io_path(cell.contestant, wait_s), rate),
        *(Stream(str(one), _path(cell, one, wait_s), rate) for one in others),
        *(Stream(str(one), _path(cell, one, BLOCKING_S), rate / 5) for one in blocking),
        Stream("ping", "/ping", rate),
        Stream("not found", "/nowhere", rate / 5, 404),
        Stream("refused", "/io/native?delay=nan", rate / 5, 400),
    )


def _path(cell: Cell, paradigm: Paradigm, wait_s: float) -> str:
    return probe.io_path(replace(cell.contestant, paradigm=paradigm), wait_s)


class Soaked(msgspec.Struct, frozen=True):
    """What a mixed load gave; `before` and `after` are on `time.monotonic`."""

    result: load.LoadResult
    samples: list[Samples]
    left: int
    before: Moment
    after: Moment


def run(
    server: Running, cell: Cell, *, seed: int = 0, cpu: int | None = None, by: Player | None = None
) -> Soaked:
    """Put `cell`'s mixed load on `server`; raises LoadError and NoAnswerError. `cpu` and `by` as in `load.run`."""
    mix = streams(cell)
    fill_pool(server)
    playing: AbstractContextManager[Player] = nullcontext(by) if by else closing(Generator(cpu))
    with playing as generator:
        warm = replace(cell.load, warmup_s=0.0, duration_s=cell.load.warmup_s)
        _soak(server, mix, warm, seed, generator)
        before = at_rest(server)
        result, samples, left = _soak(server, mix, replace(cell.load, warmup_s=0.0), seed + 1, generator)
    return Soaked(result, samples, left, before, at_rest(server))


def measurement(
    cell: Cell, found: Soaked, monitor: Monitor, exit_usage: resource.struct_rusage | None
) -> Measurement:
    """Return what was found as a record, with what `monitor` saw meanwhile."""
    mix, window = streams(cell), found.result.window
    opens_s = window[0]
    answers, wrong = _counted(mix, found.samples)
    return Measurement(
        cell,
        usage=monitor.usage(window, exit_usage),
        generator=found.result.report,
        samples=found.samples[0],
        bystander=found.samples[[stream.name for stream in mix].index("ping")],
        finding=Soak(
            before=replace(found.before, at_s=found.before.at_s - opens_s),
            after=replace(found.after, at_s=found.after.at_s - opens_s),
            course=tuple(_moment(one, opens_s) for one in _within(monitor.readings, window)),
            answers=answers,
            wrong=wrong,
            left=found.left,
        ),
    )


def _soak(
    server: Running, mix: Sequence[Stream], times: Load, seed: int, by: Player
) -> tuple[load.LoadResult, list[Samples], int]:
    """Run the mix for as long as `times` says; return the outcome and how many clients left."""
    loads = [
        (server.base_url + one.path, replace(times, rate_rps=one.rate_rps, concurrency=CONNECTIONS))
        for one in mix
    ]
    with Leaving(server.base_url) as leaving:
        result, samples = load.run_mix(loads, seed=seed, by=by)
    return result, samples, leaving.left


def _counted(mix: Sequence[Stream], samples: Sequence[Samples]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many answers were right by stream, and what else came by stream and status."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for stream, one in zip(mix, samples, strict=True):
        for status, count in Counter(one.status.tolist()).items():
            if status == stream.status:
                right[stream.name] += count
            else:
                said = str(status) if status > 0 else SampleStatus(status).name.lower()
                wrong[f"{stream.name} {said}"] += count
    return dict(right), dict(wrong)


def _within(readings: Sequence[Reading], window: tuple[float, float]) -> list[Reading]:
    return [one for one in readings if window[0] <= one.at_s <= window[1]]


def _moment(reading: Reading, opens_s: float) -> Moment:
    return Moment(reading.at_s - opens_s, reading.rss_bytes, reading.threads, reading.open_files)


def fill_pool(server: Running) -> None:
    """Have every thread of the executor's pool started: they stay, and are not a leak.

    More than once where the machine is so busy that the first requests are answered before the last ones arrive.
    """
    process = psutil.Process(server.pid)
    for _ in range(FILLINGS):
        _wait_in_threads(server)
        if process.num_threads() > server.ready.threads:
            return


def _wait_in_threads(server: Running) -> None:
    """Ask for twice as many short waits as the pool has threads; return when all are answered."""
    address = _address(server.base_url)
    request = b"GET /io/executor?delay=0.1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    waiting = [socket.create_connection(address, timeout=10) for _ in range(2 * server.ready.threads)]
    for sock in waiting:
        sock.sendall(request)
    for sock in waiting:
        with sock, suppress(OSError):
            while sock.recv(4096):
                pass


def at_rest(server: Running) -> Moment:
    """Wait until nothing is in flight and threads and files stay as they are; return what the server holds then.

    Times are on `time.monotonic`. After `REST_MOST_S` it returns what there is: that it does not come to rest shows.
    """
    process = psutil.Process(server.pid)
    deadline = time.monotonic() + REST_MOST_S
    while _busy(server) and time.monotonic() < deadline:
        time.sleep(REST_S / 10)
    held, since = _held(process), time.monotonic()
    while time.monotonic() < min(deadline, since + REST_S):
        time.sleep(REST_S / 10)
        if (now := _held(process)) != held:
            held, since = now, time.monotonic()
    threads, files = held
    return Moment(time.monotonic(), process.memory_info().rss, threads, files)


def _busy(server: Running) -> bool:
    stats = probe.stats(server.base_url)
    return bool(stats.in_flight or stats.orphaned)


def _held(process: psutil.Process) -> tuple[int, int]:
    return process.num_threads(), process.num_fds()


def _address(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or 80


class Leaving:
    """Clients that leave, from entering to leaving the context: `left` counts them.

    In turn they ask for a wait in each way that does not stand in everybody's way and leave at once, or leave in the
    middle of a request, or say what is not HTTP.
    """

    def __init__(self, base_url: str, rate_rps: float = LEAVE_RPS) -> None:
        self._address, self._every_s = _address(base_url), 1 / rate_rps
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="leaving")
        self.left = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for said in itertools.cycle(_PARTING_WORDS):
            if self._stop.wait(self._every_s):
                return
            # a server that refuses or resets is the load's to notice, which counts it
            with suppress(OSError), socket.create_connection(self._address, timeout=5) as sock:
                sock.sendall(said)
                self.left += 1


_PARTING_WORDS = (
    *(
        f"GET /io/{one}?delay={LEAVE_WAIT_S} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for one in Paradigm
        if one.thread is not WaitThread.LOOP
    ),
    b"GET /io/native?del",
    b"PUT /cookies/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    b"\x16\x03\x01 this is not HTTP\r\n\r\n",
)
