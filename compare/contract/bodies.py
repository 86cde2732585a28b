"""The bodies and the one header of answers that succeed."""

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


def server_timing(io_s: float) -> str:
    """Return `Server-Timing` for work that took `io_s` seconds; the header counts milliseconds."""
    return f"io;dur={io_s * 1e3:.1f}"


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
