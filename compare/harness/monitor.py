"""What a server process uses while it is measured: CPU, memory, threads, context switches, open files.

A thread samples the process and its children 20 times a second, each sample stamped on `time.monotonic`, the
clock of the generator's window; what a window used is read off those samples afterwards. CPU time is interpolated at
the window's ends. It comes from the process's CPU-time clock, which counts nanoseconds: `/proc/PID/stat` counts ticks
of 10 ms, more than a whole cell of one connection uses.

Linux keeps no running total of a process's context switches that others may read: `/proc` shows those of living
threads, one file each, and a thread per request makes a thousand new ones a second. What the kernel accounts to the
process at its end is exact, so a window's switches are that total less what was before the load, in the window's share
of the CPU time used from entering to leaving the context.
"""

import resource
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
import psutil

from compare.records import Usage

INTERVAL_S = 0.05
SLOW_EVERY = (
    10  # samples: looking for children and counting open files costs milliseconds, so it is done rarely
)


class Reading(msgspec.Struct, frozen=True):
    """One sample of all processes of a server together. `at_s` is on `time.monotonic`.

    `open_files` are those of the process that has most: the limit holds for each by itself.
    """

    at_s: float
    cpu_s: float
    rss_bytes: int
    threads: int
    open_files: int


class Switches(msgspec.Struct, frozen=True):
    """Context switches: given up to wait, and taken away by the scheduler."""

    voluntary: int
    involuntary: int


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that process `pid` and all its threads, ended ones too, have used so far.

    The clock's id is what `clock_getcpuclockid(3)` computes: `~pid << 3 | CPUCLOCK_SCHED`. Raises OSError when the
    process is gone.
    """
    return time.clock_gettime(~pid << 3 | 2)


class Monitor:
    """Samples process `pid` and its children from entering to leaving the context.

    The last reading before entering is the idle one: enter when the server is ready and has answered once.
    """

    def __init__(self, pid: int, *, interval_s: float = INTERVAL_S) -> None:
        self._process = psutil.Process(pid)
        self._family = [self._process]
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="monitor")
        self._open_files = 0
        self.readings: list[Reading] = []
        self._switches_before = Switches(0, 0)

    def __enter__(self) -> Self:
        self._look_around()
        self._switches_before = self._switches()
        self.readings.append(self._read())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        with suppress(OSError, psutil.Error):  # the process may have ended
            self.readings.append(self._read())

    def usage(self, window: tuple[float, float], exit_usage: resource.struct_rusage | None = None) -> Usage:
        """Return what was used within `window`, start and end in seconds of `time.monotonic`.

        `exit_usage` is the kernel's account of the whole life of the process; without it no context switches are
        known, and both counts are -1.
        """
        return usage(self.readings, window, _between(self._switches_before, exit_usage))

    def _watch(self) -> None:
        count = 0
        while not self._stop.wait(self._interval_s):
            count += 1
            try:
                if count % SLOW_EVERY == 0:
                    self._look_around()
                self.readings.append(self._read())
            except (OSError, psutil.Error):  # the process ended; `check_alive` finds that out and says so
                return

    def _look_around(self) -> None:
        self._family = [self._process, *self._process.children(recursive=True)]
        self._open_files = max(_open_files(process) for process in self._family)

    def _read(self) -> Reading:
        return Reading(
            at_s=time.monotonic(),
            cpu_s=sum(cpu_s(process.pid) for process in self._family),
            rss_bytes=sum(process.memory_info().rss for process in self._family),
            threads=sum(process.num_threads() for process in self._family),
            open_files=self._open_files,
        )

    def _switches(self) -> Switches:
        """Return those of each process's main thread: before the load there is hardly another."""
        counts = [process.num_ctx_switches() for process in self._family]
        return Switches(sum(c.voluntary for c in counts), sum(c.involuntary for c in counts))


def usage(readings: list[Reading], window: tuple[float, float], switches: Switches | None = None) -> Usage:
    """Return what `readings`, the first of them idle, show for `window`; pure.

    `switches` are those from the first reading to the last; None when they are not known.
    """
    at_s = np.array([reading.at_s for reading in readings])
    used_s = np.array([reading.cpu_s for reading in readings])
    start_s, end_s = np.interp(window, at_s, used_s)
    share = (end_s - start_s) / max(used_s[-1] - used_s[0], 1e-9)
    inside = [r for r in readings if window[0] <= r.at_s <= window[1]] or readings[-1:]
    return Usage(
        cpu_s=float(end_s - start_s),
        window_s=window[1] - window[0],
        rss_idle_bytes=readings[0].rss_bytes,
        rss_peak_bytes=max(r.rss_bytes for r in inside),
        threads_peak=max(r.threads for r in inside),
        voluntary_switches=-1 if switches is None else round(switches.voluntary * share),
        involuntary_switches=-1 if switches is None else round(switches.involuntary * share),
        open_files_peak=max(r.open_files for r in inside),
    )


def _between(before: Switches, end: resource.struct_rusage | None) -> Switches | None:
    if end is None:
        return None
    return Switches(end.ru_nvcsw - before.voluntary, end.ru_nivcsw - before.involuntary)


def _open_files(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return process.num_fds()
    return 0
