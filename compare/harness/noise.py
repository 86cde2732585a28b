"""The noise sentry: tells whether anything else was at work on this machine while we measured.

Between rounds, when nothing of ours runs, a fixed spin of about 0.2 s is timed: a busy neighbour, a throttled or shared
core shows in its time and in the pressure (PSI) meanwhile. Before each cell a spin of a tenth of that is timed on the
server's CPU. Pressure while the load runs would be of our own making, so only the time stolen by the hypervisor is
watched then.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from compare.processes.child import Child
from compare.records import Noise

SPIN_STEPS = 3_000_000  # about 0.2 s on a 2020s core
SHORT_STEPS = SPIN_STEPS // 10
MAX_SPIN_RATIO = 1.25  # an undisturbed shared core varies by 10 % by itself
MAX_STEAL_SHARE = 0.05
SHARED_CORE = 0.15  # a penalty above this says that two CPUs share a core
SHARED_TRIES = 5  # the fastest of so many short spins: 0.1 s
SPINNER, SPINNER_START_S = "print(flush=True)\nwhile True: pass", 5.0
MAX_PRESSURE_SHARE = 0.25  # some runnable task waited for a CPU this share of the spin


class CellNoise(Protocol):
    """What a measuring function asks about the machine, as `Sentry` answers it."""

    def before_cell(self) -> None:
        """Look at the server's CPU before a cell."""

    def cell(self) -> Noise:
        """Return the noise of a cell that has ended."""
        ...


class Counters(msgspec.Struct, frozen=True):
    """Running totals of the machine; all 0 where the system does not tell."""

    cpu_ticks: int = 0
    steal_ticks: int = 0
    pressure_us: int = 0


def counters(stat: str | None = None, pressure: str | None = None) -> Counters:
    """Return the totals from the texts of `/proc/stat` and `/proc/pressure/cpu`, read when not given."""
    ticks = [int(word) for word in _first_line("/proc/stat", stat).split()[1:9]]
    totals = [
        word for word in _first_line("/proc/pressure/cpu", pressure).split() if word.startswith("total=")
    ]
    return Counters(
        cpu_ticks=sum(ticks),
        steal_ticks=ticks[7] if len(ticks) == 8 else 0,
        pressure_us=int(totals[0].removeprefix("total=")) if totals else 0,
    )


def spin(steps: int = SPIN_STEPS) -> float:
    """Return how many seconds a fixed piece of pure Python takes."""
    start = time.perf_counter()
    total = 0
    for step in range(steps):
        total += step
    return time.perf_counter() - start


def short_spin(cpu: int | None) -> float:
    """Return how many seconds a tenth of `spin` takes on `cpu`; None = where this thread runs now."""
    if cpu is None or not hasattr(os, "sched_setaffinity"):
        return spin(SHORT_STEPS)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        return spin(SHORT_STEPS)
    finally:
        os.sched_setaffinity(0, allowed)


def shared_core_penalty(first: int | None, second: int | None) -> float | None:
    """Return by what share a spin on CPU `first` takes longer while CPU `second` spins too; None without two CPUs.

    CPUs that share a core take turns in it, and a virtual machine may hide that they do: then a load generator that
    uses much of its CPU slows the server down.
    """
    if first is None or second is None:
        return None
    alone_s = min(short_spin(first) for _ in range(SHARED_TRIES))
    with Child([sys.executable, "-I", "-S", "-c", SPINNER], cpu=second) as beside:
        beside.line(SPINNER_START_S)
        together_s = min(short_spin(first) for _ in range(SHARED_TRIES))
    return max(0.0, together_s / alone_s - 1)


class Sentry:
    """Watches the machine from round to round and from cell to cell. The measuring functions are arguments.

    `cpu` is the server's, on which the short spin before a cell is made.
    """

    def __init__(
        self,
        spin: Callable[[], float] = spin,
        counters: Callable[[], Counters] = counters,
        clock: Callable[[], float] = time.perf_counter,
        short: Callable[[int | None], float] = short_spin,
        cpu: int | None = None,
    ) -> None:
        self._spin, self._counters, self._clock, self._short, self._cpu = spin, counters, clock, short, cpu
        self._fastest_s = self._fastest_short_s = float("inf")
        self._ratio, self._pressure, self._load_1m = 1.0, 0.0, 0.0
        self._short_ratio = 1.0
        self._last = Counters()

    def calibrate(self) -> Noise:
        """Spin once and return the noise meanwhile. Called when nothing of ours runs: before and after a round."""
        before, start = self._counters(), self._clock()
        spin_s = self._spin()
        after, elapsed_s = self._counters(), self._clock() - start
        self._fastest_s = min(self._fastest_s, spin_s)
        self._ratio, self._short_ratio = spin_s / self._fastest_s, 1.0
        self._pressure = (after.pressure_us - before.pressure_us) / 1e6 / max(elapsed_s, 1e-9)
        self._load_1m = os.getloadavg()[0]
        self._last = after
        return self._noise(before, after)

    def before_cell(self) -> None:
        """Spin shortly on the server's CPU: what else runs there now is the next cell's noise."""
        spin_s = self._short(self._cpu)
        self._fastest_short_s = min(self._fastest_short_s, spin_s)
        self._short_ratio = spin_s / self._fastest_short_s

    def cell(self) -> Noise:
        """Return the noise of a cell: its own steal and short spin, beside the round's last calibration."""
        before, self._last = self._last, self._counters()
        return self._noise(before, self._last)

    def _noise(self, before: Counters, after: Counters) -> Noise:
        steal = (after.steal_ticks - before.steal_ticks) / max(after.cpu_ticks - before.cpu_ticks, 1)
        ratio = max(self._ratio, self._short_ratio)
        noisy = ratio > MAX_SPIN_RATIO or steal > MAX_STEAL_SHARE or self._pressure > MAX_PRESSURE_SHARE
        return Noise(self._load_1m, steal, self._pressure, ratio, noisy)


def _first_line(path: str, text: str | None) -> str:
    if text is None:
        try:
            text = Path(path).read_text(encoding="ascii")
        except OSError:
            text = ""
    return text.partition("\n")[0]
