"""How the command line is used: its exit codes and the kinds of parameters its commands share."""

import enum
import math
from collections.abc import Iterable
from typing import Any, ClassVar

import click


class ExitCode(enum.IntEnum):
    """What a command tells the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNRELIABLE = 3  # done, but not to be relied on: `--strict`, `--fail-above`
    INTERRUPTED = 130  # 128 + SIGINT, as shells count


class Seconds(click.FloatRange):
    """A duration: 90, 90s, 10m or 1h; its value is in seconds."""

    _UNITS: ClassVar = {"s": 1.0, "m": 60.0, "h": 3600.0}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds that `value` stands for; fails as any option does when it stands for none."""
        number, unit = str(value)[:-1], self._UNITS.get(str(value)[-1:], 0.0)
        if unit and number.replace(".", "", 1).isdecimal():
            value = float(number) * unit
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not in the range of seconds.", param, ctx)
        return seconds


SECONDS = Seconds(min=0.05, max=3600)


def choice(values: Iterable[str]) -> click.Choice[str]:
    """Return the parameter that takes one of `values`, an enum of strings, and names them all when it is another."""
    return click.Choice([str(value) for value in values])


def levels(text: str) -> tuple[int, ...]:
    """Return the whole numbers from 1 up that `text` holds, separated by commas."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and int(word) for word in words):
        raise click.BadParameter(f"{text!r} is no list of whole numbers from 1 up, such as 10,100,1000.")
    return tuple(map(int, words))


def share(text: str) -> float:
    """Return the share that `text` holds, such as 5%."""
    number = text.removesuffix("%")
    if number == text or not number.replace(".", "", 1).isdecimal():
        raise click.BadParameter(f"{text!r} is no percentage such as 5%.")
    return float(number) / 100
