"""What this machine allows a generator: open files and local ports, raised and spread as far as they may be.

A closed loop of fewer connections than asked for would answer another question, so it is refused before anything is
sent. An open loop's connections are the most it may need; fewer are used, and a note says so.
"""

import math
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from msgspec.structs import replace

from compare.errors import CompareError
from compare.loadgen.dial import leave_from
from compare.loadgen.protocol import Order, StreamOrder

if sys.platform != "win32":
    import resource

SPARE_FILES = 64  # beside the connections: the loop's own, pipes, timers
PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
OTHER_PORTS = (49152, 65535)  # IANA's dynamic ports: what macOS and the BSDs use
# Of the ports of one source address: others use some, and the kernel looks long for the last ones.
USABLE_PORTS = 0.75
MOST_SOURCES = 254


class LimitError(CompareError):
    """What was asked for is more than this machine allows: one sentence."""


def fit(order: Order) -> tuple[Order, tuple[str, ...]]:
    """Return `order` as this machine can play it, and what was done to that end, one sentence each.

    Raises LimitError when a closed loop needs more open files or local ports than there may be.
    """
    ported, spread = fit_ports(order)
    fitted, raised = fit_files(ported)
    return fitted, (*raised, *spread)


def raise_open_files(needed: int) -> int:
    """Raise the limits on open files towards `needed`, the hard one too where that is allowed (root).

    Returns how many files there may be, at most `needed`.
    """
    if sys.platform == "win32":
        return needed
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if hard != unlimited and hard < needed:
        with suppress(ValueError, OSError):  # not root, or beyond fs.nr_open
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, needed))
            return needed
    most = needed if hard == unlimited else min(needed, hard)
    if soft != unlimited and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def fit_files(order: Order) -> tuple[Order, tuple[str, ...]]:
    """Return `order` with the connections there are files for; see `fit`."""
    needed = sum(stream.connections for stream in order.streams) + SPARE_FILES
    hard = _hard_limit()
    allowed = raise_open_files(needed)
    if allowed == needed:
        if hard is None or hard >= needed:
            return order, ()
        return order, (f"The hard limit on open files was raised from {hard:,} to {needed:,}.",)
    words = (
        f"need {needed:,} open files, and the hard limit is {allowed:,} (ulimit -Hn); {how_to_raise(needed)}"
    )
    return _fewer(order, needed - allowed, words)


def how_to_raise(needed: int) -> str:
    """Return a clause with the command that raises both limits on open files of the shell it is typed in."""
    return f"raise it in this shell with `sudo prlimit --pid $$ --nofile={needed}`"


def _hard_limit() -> int | None:
    if sys.platform == "win32":
        return None
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def _fewer(order: Order, missing: int, words: str) -> tuple[Order, tuple[str, ...]]:
    load, *others = order.streams
    if load.rate_rps is None:
        raise LimitError(
            f"{load.connections:,} connections cannot be opened: with what stands by they {words}."
        )
    room = max(1, load.connections - missing)
    note = f"A limit was hit: at most {room:,} connections instead of {load.connections:,}, which {words}."
    fewer = replace(load, connections=room, opened_first=min(room, load.opened_first))
    return replace(order, streams=(fewer, *others)), (note,)


def local_ports() -> int:
    """Return how many connections may leave one source address for one peer."""
    try:
        first, last = map(int, PORTS.read_text().split())
    except (OSError, ValueError):
        first, last = OTHER_PORTS
    return last - first + 1


def fit_ports(order: Order) -> tuple[Order, tuple[str, ...]]:
    """Return `order` with as many source addresses as its connections to one peer need; see `fit`."""
    load = order.streams[0]
    total = sum(one.connections for one in order.streams if one.address == load.address)
    ports = int(USABLE_PORTS * local_ports())
    each = min(load.per_source or ports, ports)
    if total <= each:
        return order, ()
    try:
        sources = _sources(load, math.ceil(total / each))
    except LimitError as error:
        if load.rate_rps is None:
            raise
        return _fewer(order, total - each, f"need that many local ports; {error}")
    streams = tuple(
        replace(one, sources=sources) if one.address == load.address else one for one in order.streams
    )
    span = f"{len(sources)} addresses, {sources[0]} to {sources[-1]}"
    return replace(order, streams=streams), (f"Connections leave from {span}, at most {each:,} from each.",)


def _sources(stream: StreamOrder, count: int) -> tuple[str, ...]:
    """Return `count` addresses of this machine from which the peer can be reached; raises LimitError."""
    host = ip_address(stream.address[0].partition("%")[0])
    if stream.family != socket.AF_INET or not host.is_loopback:
        raise LimitError(
            f"{stream.connections:,} connections to {host} need {count} source addresses, and further ones are "
            "known of 127.0.0.0/8 alone: ask for fewer, e.g. --concurrency 20000."
        )
    if count > MOST_SOURCES:
        raise LimitError(
            f"{stream.connections:,} connections need {count} source addresses; {MOST_SOURCES} are used at most, "
            f"e.g. --per-address {math.ceil(stream.connections / MOST_SOURCES)}."
        )
    sources = tuple(f"127.0.0.{number}" for number in range(1, count + 1))
    for source in sources:
        _check(source, stream.connections)
    return sources


def _check(source: str, connections: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        try:
            leave_from(sock, source)
        except OSError as error:
            raise LimitError(
                f"{connections:,} connections need the source address {source}, which this machine does not have "
                f"({error.strerror}); macOS: sudo ifconfig lo0 alias {source}."
            ) from error
