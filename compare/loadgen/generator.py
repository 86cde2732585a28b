"""The load generator's process: `python -m compare.loadgen.generator`, an `Order` on stdin, stamps on stdout.

One clock, `time.monotonic`: on Linux it is CLOCK_MONOTONIC in every process, so the window compares with what the
benchmark's own process stamps. It must be lighter than any server it measures, hence no numpy here (see `ledger`).
"""

import asyncio
import gc
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from typing import BinaryIO

import msgspec

from compare.loadgen import limits, priority
from compare.loadgen.hearing import Hearing, TooLateError
from compare.loadgen.ledger import FIRST_ROWS, Ledger
from compare.loadgen.protocol import CUT, START, Opened, Order, Outcome, Refused, Said, StreamOrder
from compare.loadgen.streams import Stream, make

if sys.platform != "win32":
    import uvloop

NEW_LOOP = None if sys.platform == "win32" else uvloop.new_event_loop
CUT_S = 1.0  # what is in flight when an order is cut may still be answered for so long
LEAD_S = 0.005  # between the last preparation and the first request
# The window is a nanosecond early: what is due exactly at one of its edges belongs after it, and sums of a clock that
# counts from boot are off by a thousandth of that, in either direction.
EDGE_S = 1e-9
QUIET_GC = 50_000  # nothing is collected in a run that works; a storm of failures must not eat the memory


class Mark:
    """CPU seconds of this process at a moment."""

    def __init__(self) -> None:
        self.at_s, self.cpu_s = time.monotonic(), time.process_time()

    def share_since(self, earlier: "Mark") -> float:
        """Return CPU seconds per second since `earlier`."""
        return (self.cpu_s - earlier.cpu_s) / max(1e-9, self.at_s - earlier.at_s)


Say = Callable[[Said], None]


def _unheard(said: Said) -> None:
    raise AssertionError(f"An order that waits says {said} to nobody.")


async def measure(
    order: Order, hearing: Hearing | None = None, say: Say = _unheard
) -> tuple[Outcome, list[Ledger]]:
    """Run `order` and return its outcome; one that waits will `say` so, and begins when its start is heard.

    Raises TooLateError when that is heard too late.
    """
    loop, hearing = asyncio.get_running_loop(), hearing or Hearing()
    ledgers = [Ledger(first_rows(stream, order)) for stream in order.streams]
    streams = [make(*pair) for pair in zip(order.streams, (loop,) * len(ledgers), ledgers, strict=True)]
    await _open(streams, order.timeout_s)
    gc.collect()
    gc.freeze()
    gc.set_threshold(QUIET_GC)
    try:
        start_s = await _told(hearing, say) if order.waits else time.monotonic() + LEAD_S
    except TooLateError:
        for stream in streams:
            stream.stop()
        raise
    opens_s = start_s + order.ramp_s + order.warmup_s - EDGE_S
    window = (opens_s, opens_s + order.duration_s)
    with priority.ahead() if order.ahead else nullcontext():
        for stream in streams:
            stream.begin(start_s, window[1], order.timeout_s)
        return await _finish(streams, (start_s, *window), order, hearing), ledgers


async def _told(hearing: Hearing, say: Say) -> float:
    say(Opened())
    return await hearing.start()


def first_rows(stream: StreamOrder, order: Order) -> int:
    """Return for how many requests to make room beforehand."""
    seconds = order.warmup_s + order.duration_s + 1.0
    return FIRST_ROWS if stream.rate_rps is None else int(seconds * stream.rate_rps * 1.1) + 64


async def _open(streams: list[Stream], timeout_s: float) -> None:
    opening = [asyncio.ensure_future(stream.open()) for stream in streams]
    _, late = await asyncio.wait(opening, timeout=timeout_s)
    for task in late:  # what is missing is opened when a request is due
        task.cancel()
    for task in (await asyncio.wait(opening))[0] - late:
        task.result()


async def _finish(
    streams: list[Stream], times: tuple[float, float, float], order: Order, hearing: Hearing
) -> Outcome:
    start_s, *window = times
    await until(window[0], hearing)
    opened = Mark()
    await until(window[1], hearing)
    share = Mark().share_since(opened)
    patience_s = order.timeout_s
    if hearing.cut:  # the warm-up counts where the window had not begun
        window = [window[0] if opened.at_s >= window[0] else min(start_s, opened.at_s - EDGE_S), opened.at_s]
        window[1] = max(time.monotonic(), window[0] + EDGE_S)
        patience_s = min(patience_s, CUT_S)
    for stream in streams:
        stream.close_window(window[1])
    left_s = window[1] + patience_s - time.monotonic()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*(stream.settled.wait() for stream in streams)), left_s)
    end_s = time.monotonic()
    ends = tuple(stream.stop() for stream in streams)
    notes = sorted(set().union(*(stream.notes for stream in streams)))
    return Outcome(ends, (window[0], window[1]), end_s, share, tuple(notes), cut=hearing.cut)


async def until(at_s: float, hearing: Hearing | None = None) -> None:
    """Return when the order is cut or the clock says `at_s`: a loop's own, in milliseconds, may wake it early.

    A window closed early would miss the requests that are still to be sent in it.
    """
    hearing = hearing or Hearing()
    left_s = at_s - time.monotonic()
    while left_s > 0 and not hearing.cut:
        await hearing.within(left_s)
        left_s = at_s - time.monotonic()


def live_no_longer_than(lifeline: BinaryIO, longest_s: float, hearing: Hearing | None = None) -> None:
    """End this process when `lifeline` ends, because its starter is gone, or after `longest_s`; lines are heard."""

    def heard() -> None:
        said = os.read(lifeline.fileno(), 64)
        if not said:
            os._exit(1)
        if hearing is not None:
            hearing.hear(said)

    asyncio.get_running_loop().add_reader(lifeline.fileno(), heard)
    signal.alarm(int(longest_s) + 1)


def live_on(lifeline: BinaryIO) -> None:
    """Undo `live_no_longer_than`: between two orders this process waits for the next as long as it may."""
    asyncio.get_running_loop().remove_reader(lifeline.fileno())
    os.set_blocking(lifeline.fileno(), True)  # libuv made it non-blocking, and `readline` would find its end
    signal.alarm(0)


async def run(order: Order, say: Say = _unheard) -> tuple[Outcome, list[Ledger]]:
    """Measure, bound to the life of the process that asked."""
    if sys.platform == "win32":
        return await measure(order)
    hearing = Hearing()
    live_no_longer_than(sys.stdin.buffer, order.longest_s, hearing)
    try:
        return await measure(order, hearing, say)
    finally:
        live_on(sys.stdin.buffer)


def emit(out: BinaryIO, outcome: Said, ledgers: list[Ledger]) -> None:
    """Write one line and the rows."""
    out.write(msgspec.json.encode(outcome) + b"\n")
    for ledger in ledgers:
        out.writelines(ledger.parts())
    out.flush()


class Residue:
    """What this process holds between two orders: open files, and the garbage collector as it was."""

    def __init__(self) -> None:
        with asyncio.Runner(loop_factory=NEW_LOOP) as runner:
            runner.get_loop()  # with its first loop libuv opens a pipe for signals, for good
        self._thresholds, self._files = gc.get_threshold(), _open_files()

    def cleared(self) -> bool:
        """Reset what an order changed; return whether nothing else of it is left."""
        gc.unfreeze()
        gc.collect()
        gc.set_threshold(*self._thresholds)
        return _open_files() == self._files and threading.active_count() == 1


def _open_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # names alone
    except OSError:  # no /proc: nothing can be said
        return 0


def played(order: Order, say: Say = _unheard) -> tuple[Outcome | Refused, list[Ledger]]:
    """Return the outcome of `order`: refused where this machine's limits do not allow it, or its start came late."""
    try:
        order, notes = limits.fit(order)
    except limits.LimitError as error:
        return Refused(str(error)), []
    residue = Residue()
    try:
        with asyncio.Runner(loop_factory=NEW_LOOP) as runner:
            outcome, ledgers = runner.run(run(order, say))
    except TooLateError as error:
        residue.cleared()
        return Refused(str(error)), []
    notes = (*notes, *outcome.notes)
    return msgspec.structs.replace(outcome, notes=notes, clean=residue.cleared()), ledgers


def serve(orders: Iterable[bytes], out: BinaryIO) -> None:
    """Play `orders`, one a line; write for each one line and the raw bytes."""
    for line in orders:
        if line == CUT or line.startswith(START):  # it came when its order was over
            continue
        emit(out, *played(msgspec.json.decode(line, type=Order), lambda said: emit(out, said, [])))


def main() -> None:
    """Serve orders from stdin until it ends.

    `sys.stdout.buffer` would not do: under PYTHONUNBUFFERED it is raw and drops what a pipe did not take.
    """
    with (
        open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as raw,
        io.BufferedWriter(raw) as out,
        # not buffered: what follows an order is heard while that is played
        open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as orders,
    ):
        serve(iter(orders.readline, b""), out)


if __name__ == "__main__":
    main()
