"""The bodies and the one header of answers that succeed."""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from compare.contract.bounds import Server
from compare.contract.paradigm import Paradigm
from compare.contract.targets import delay_of


class Waited(msgspec.Struct, frozen=True):
    """What a finished long I/O answers. No field tells how long it took: the body's size never depends on it."""

    server: Server
    paradigm: Paradigm
    work: str
    delay_s: float


KEPT_CHARACTERS = 256  # of a target

_encode = msgspec.json.Encoder().encode


def io_body(server: Server, paradigm: Paradigm, work: str, delay_s: float) -> bytes:
    """Return the body of a finished long I/O."""
    return _encode(Waited(server, paradigm, work, delay_s))


IoReader = Callable[[str], tuple[float, bytes]]


def io_reader(server: Server, paradigm: Paradigm, work: str) -> IoReader:
    """Return what reads the raw targets of one route: the `delay_of` a target, and the `io_body` that answers it.

    It keeps those read last, but no long one: what is kept must not fill the memory. A load sends one target a million
    times; neither parsing it nor encoding its answer must be what is measured.
    """

    def read(target: str) -> tuple[float, bytes]:
        delay_s = delay_of(target)
        return delay_s, io_body(server, paradigm, work, delay_s)

    kept = lru_cache(maxsize=1024)(read)
    return lambda target: kept(target) if len(target) <= KEPT_CHARACTERS else read(target)


def server_timing(io_s: float) -> str:
    """Return `Server-Timing` for work that took `io_s` seconds; the header counts milliseconds."""
    return _timing(int(io_s * 1e4 + 0.5))


@lru_cache(maxsize=4096)  # to write a float takes as long as to admit a request
def _timing(tenths_ms: int) -> str:
    return f"io;dur={tenths_ms / 10:.1f}"


class LoopLag(msgspec.Struct, frozen=True):
    """How late the loop ran a timer, in seconds, over the last ticks; 0 before the first."""

    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class GcPauses(msgspec.Struct, frozen=True):
    """The collections of Python's garbage collector since the server was ready; nothing else runs meanwhile."""

    collections: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0


class Stats(msgspec.Struct, frozen=True):
    """What `GET /stats` answers: counts of long I/O requests since the start, and what goes on now."""

    in_flight: int
    orphaned: int
    completed: int
    failed: int
    rejected: int
    threads: int
    loop_lag_s: LoopLag
    gc: GcPauses = GcPauses()
