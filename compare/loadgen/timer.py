"""Wake the loop at an absolute time, to a few hundredths of a millisecond.

Loops round their timers to whole milliseconds: a pacer on `call_at` sends 0.5-1.1 ms late. Linux's timerfd is a file
that becomes readable at a given time of CLOCK_MONOTONIC, which is the clock of `time.monotonic`.
"""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from math import inf, modf
from time import monotonic
from typing import Protocol

CLOCK_MONOTONIC, TFD_TIMER_ABSTIME = 1, 1  # <time.h>, <sys/timerfd.h>
COARSE = "There is no timerfd here: requests leave up to 1 ms late."


class Timer(Protocol):
    """Calls back once at or after the time last set, on `time.monotonic`."""

    def set(self, at_s: float) -> None:
        """Call back at `at_s`; at once when that is past."""

    def close(self) -> None:
        """Never call back again."""


class TimerFd:
    """A timer of the kernel's. Raises OSError or AttributeError where the system has none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._loop, self._callback = loop, callback
        self._fd = _create()
        loop.add_reader(self._fd, self._fired)

    def set(self, at_s: float) -> None:
        """Call back at `at_s`."""
        _arm(self._fd, at_s)

    def close(self) -> None:
        """Give the descriptor back."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:  # set anew between becoming readable and now
            return
        self._callback()


if sys.version_info >= (3, 13):

    def _create() -> int:
        return os.timerfd_create(CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)

    def _arm(fd: int, at_s: float) -> None:
        os.timerfd_settime(fd, flags=TFD_TIMER_ABSTIME, initial=max(at_s, 1e-9))  # 0 would disarm it

else:

    class _TimeSpec(ctypes.Structure):
        _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))

    class _TimerSpec(ctypes.Structure):
        _fields_ = (("interval", _TimeSpec), ("first", _TimeSpec))

    _LIBC = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    _SPEC = _TimerSpec()  # made once: it is filled for each request, which takes half as long
    _FIRST, _AT = _SPEC.first, ctypes.byref(_SPEC)

    def _create() -> int:
        flags = os.O_NONBLOCK | os.O_CLOEXEC
        return _checked(_LIBC.timerfd_create(CLOCK_MONOTONIC, flags))  # type: ignore[union-attr]  # None: no timerfd

    def _arm(fd: int, at_s: float) -> None:
        part_s, whole_s = modf(max(at_s, 1e-9))  # 0 would disarm it
        _FIRST.seconds, _FIRST.nanoseconds = int(whole_s), int(part_s * 1e9)
        _checked(_LIBC.timerfd_settime(fd, TFD_TIMER_ABSTIME, _AT, None))  # type: ignore[union-attr]  # created before

    def _checked(answer: int) -> int:
        if answer < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return answer


class LoopTimer:
    """The loop's own timer, for systems without timerfd."""

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._loop, self._callback = loop, callback
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at_s: float) -> None:
        """Call back at `at_s`, or up to a millisecond later."""
        self.close()
        self._handle = self._loop.call_later(max(0.0, at_s - monotonic()), self._callback)

    def close(self) -> None:
        """Never call back again."""
        if self._handle:
            self._handle.cancel()


def make(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> Timer:
    """Return the finest timer of this system."""
    try:
        return TimerFd(loop, callback)
    except (OSError, AttributeError):
        return LoopTimer(loop, callback)


class Pacer:
    """Calls `due(at_s)` for every time of a schedule, in order, never early, whatever became of the earlier ones."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, schedule: Iterator[float], due: Callable[[float], None]
    ) -> None:
        self._schedule, self._due = schedule, due
        self.next_s = next(schedule, inf)
        self._timer = make(loop, self._fired)
        self._rearm()

    @property
    def note(self) -> str | None:
        """What is to be said of the timer used."""
        return COARSE if isinstance(self._timer, LoopTimer) else None

    def _fired(self) -> None:
        now_s = monotonic()
        # one reading of the clock: the loop gets its turn even when we are behind
        while self.next_s <= now_s:
            self._due(self.next_s)
            self.next_s = next(self._schedule, inf)
        self._rearm()

    def _rearm(self) -> None:
        if self.next_s < inf:
            self._timer.set(self.next_s)

    def close(self) -> None:
        """Stop, whatever is still to come."""
        self._timer.close()
