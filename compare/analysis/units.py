"""Units of measured numbers and how each is written for a person. Pure."""

import enum
import math
from collections.abc import Callable


class Unit(enum.StrEnum):
    """What a number counts; times are always seconds, memory always bytes."""

    RATE = "1/s"
    SECONDS = "s"
    BYTES = "B"
    COUNT = "count"
    SHARE = "share"  # 1 = all
    THREAD_SECONDS = "thread-s"

    def text(self, value: float) -> str:
        """Return `value` in three significant digits and the unit that suits it."""
        return _TEXT[self](value)


def count_text(value: float) -> str:
    """Return a count or rate: whole above 100, three digits below."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percent_text(share: float) -> str:
    """Return a share as people write it: `10 %`, `99.5 %`."""
    return f"{100 * share:g} %"


def counted(count: int) -> str:
    """Return a small number as a word: `three`; one above ten as it is."""
    return _COUNTED[count] if 0 <= count < len(_COUNTED) else str(count)


def bytes_text(value: float) -> str:
    """Return bytes in decimal units: `10.5 kB`, `38 MB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(value) >= 0.9995 * size:
            return f"{count_text(value / size)} {unit}"
    return f"{value:.0f} B"


def seconds_text(value_s: float) -> str:
    """Return a time in three significant digits and the unit that suits it: `340 us`, `12.3 ms`, `1.23 s`."""
    if not math.isfinite(value_s):
        return "n/a"
    for unit, size_s in (("s", 1.0), ("ms", 1e-3)):
        if abs(value_s) >= 0.9995 * size_s:
            return f"{_three_digits(value_s / size_s)} {unit}"
    return f"{_three_digits(value_s / 1e-6)} us"


def duration_text(seconds: float) -> str:
    """Return a duration as people say it: `40 s`, `4 min`, `2 h 10 min`."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _three_digits(value: float) -> str:
    whole_digits = len(str(int(round(abs(value), 2))))
    return f"{value:,.{max(0, 3 - whole_digits)}f}"


_COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_TEXT: dict[Unit, Callable[[float], str]] = {
    Unit.RATE: count_text,
    Unit.SECONDS: seconds_text,
    Unit.BYTES: bytes_text,
    Unit.COUNT: count_text,
    Unit.SHARE: lambda value: f"{value:.1%}",
    Unit.THREAD_SECONDS: lambda value: f"{count_text(value)} thread-s",
}
