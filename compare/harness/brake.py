"""A process slowed from outside by a known share: the difference that a benchmark has to find."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PERIOD_S = 0.02  # in which it runs before it is stopped again: short beside any window


@contextmanager
def braked(pid: int, slower: float) -> Iterator[None]:
    """Stop process `pid` again and again within the block, `slower` seconds for each that it runs: 0.25 is 25 %.

    What its CPU limits it then does 1 / (1 + `slower`) times as often. The process may end meanwhile; it is never left
    stopped.
    """
    over = threading.Event()
    brake = threading.Thread(target=_brake, args=(pid, slower, over), daemon=True, name="brake")
    if slower:
        brake.start()
    try:
        yield
    finally:
        over.set()
        if slower:
            brake.join()


def owed_s(slower: float, elapsed_s: float, stopped_s: float) -> float:
    """Return how long to stop now a process that was stopped for `stopped_s` of `elapsed_s` seconds."""
    return max(0.0, slower * (elapsed_s - stopped_s) - stopped_s)


def _brake(pid: int, slower: float, over: threading.Event) -> None:
    begun_s, stopped_s = time.monotonic(), 0.0
    with suppress(ProcessLookupError):  # it has ended, which those who wait for its answers will say
        while not over.wait(PERIOD_S):
            since_s = time.monotonic()
            os.kill(pid, signal.SIGSTOP)
            time.sleep(owed_s(slower, since_s - begun_s, stopped_s))  # longer than asked: the next is shorter
            os.kill(pid, signal.SIGCONT)
            stopped_s += time.monotonic() - since_s
