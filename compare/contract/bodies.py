"""The bodies and the one header of answers that succeed."""

from collections.abc import Callable
from functools import lru_cache, partial

import msgspec

from compare.contract.bounds import Paradigm, Server


class Waited(msgspec.Struct, frozen=True):
    """What a finished long I/O answers. No field tells how long it took: the body's size never depends on it."""

    server: Server
    paradigm: Paradigm
    work: str
    delay_s: float


_encode = msgspec.json.Encoder().encode


def io_body(server: Server, paradigm: Paradigm, work: str, delay_s: float) -> bytes:
    """Return the body of a finished long I/O."""
    return _encode(Waited(server, paradigm, work, delay_s))


def io_bodies(server: Server, paradigm: Paradigm, work: str) -> Callable[[float], bytes]:
    """Return the function of `delay_s` that returns `io_body`, for one route; it keeps those given last.

    A load asks for the same one a million times; encoding it must not be what is measured.
    """
    return lru_cache(maxsize=1024)(partial(io_body, server, paradigm, work))


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
