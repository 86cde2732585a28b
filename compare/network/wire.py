"""A wire in user space: carries Ethernet frames between two TAP devices, late and with losses, as asked.

Kernels without `netem` can shape bandwidth and not delay. This process reads frames from one end, keeps each for the
delay, and writes it to the other; the delay is constant, so frames leave in the order in which they came. It tells what
it did in one JSON line when its standard input ends.

    python -m compare.network.wire LEFT RIGHT --delay 0.0025 --loss 0.001 --seed 1       LEFT and RIGHT are descriptors
"""

import argparse
import json
import os
import random
import select
import sys
import time
from collections import deque
from collections.abc import Callable

FRAME_BYTES = 65536
BATCH = 64  # frames read from one end before the other gets its turn
SPIN_S = 0.0002  # the last of a wait is spent awake: poll counts whole milliseconds
MOST_WAITING = 200_000  # frames; beyond it a real wire's queue would overflow too


class Wire:
    """Frames on their way. `now` and `write` are arguments, so that a test plays it without a device."""

    def __init__(self, delay_s: float, loss: float, seed: int, write: Callable[[int, bytes], object]) -> None:
        self._delay_s, self._loss, self._write = delay_s, loss, write
        self._random = random.Random(seed)
        self._waiting: deque[tuple[float, int, bytes]] = deque()
        self.carried = self.lost = self.overflowed = 0
        self.late_s = 0.0  # the largest lateness of a frame, in seconds

    def take(self, frame: bytes, end: int, now: float) -> None:
        """Accept a frame that is to leave at `end`, unless it is lost."""
        if self._loss and self._random.random() < self._loss:
            self.lost += 1
        elif len(self._waiting) >= MOST_WAITING:
            self.overflowed += 1
        else:
            self._waiting.append((now + self._delay_s, end, frame))

    def deliver(self, now: float) -> None:
        """Write every frame that is due."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= now:
            due, end, frame = waiting.popleft()
            try:
                self._write(end, frame)
            except OSError:  # the device is down or full: as on a real wire, the frame is gone
                self.overflowed += 1
                continue
            self.carried += 1
            self.late_s = max(self.late_s, now - due)

    def next_s(self, now: float) -> float | None:
        """Return the seconds until the next frame is due; None when there is none."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else None

    def report(self) -> dict[str, float]:
        """Return what was done so far."""
        return {
            "carried": self.carried,
            "lost": self.lost,
            "overflowed": self.overflowed,
            "late_s": round(self.late_s, 6),
        }


def run(left: int, right: int, wire: Wire, stop: int) -> None:
    """Carry frames between the devices `left` and `right` until the descriptor `stop` ends."""
    other = {left: right, right: left}
    poll = select.poll()
    for end in (left, right):
        os.set_blocking(end, False)
        poll.register(end, select.POLLIN)
    poll.register(stop, select.POLLIN | select.POLLHUP)
    while True:
        wait_s = wire.next_s(time.monotonic())
        timeout_ms = None if wait_s is None else max(0.0, wait_s - SPIN_S) * 1e3 // 1
        for end, _ in poll.poll(timeout_ms):
            if end == stop:
                return
            _read(wire, end, other[end])
        wire.deliver(time.monotonic())


def _read(wire: Wire, end: int, to: int) -> None:
    for _ in range(BATCH):
        try:
            frame = os.read(end, FRAME_BYTES)
        except OSError:  # nothing more to read, or the device is down
            return
        wire.take(frame, to, time.monotonic())


def main(argv: list[str]) -> None:
    """Run a wire until standard input ends."""
    parser = argparse.ArgumentParser(prog="compare.network.wire")
    parser.add_argument("left", type=int)
    parser.add_argument("right", type=int)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds each way")
    parser.add_argument("--loss", type=float, default=0.0, help="share of frames lost, each way")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    wire = Wire(given.delay, given.loss, given.seed, os.write)
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    run(given.left, given.right, wire, sys.stdin.fileno())
    sys.stdout.write(json.dumps(wire.report()) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
