"""How the command line is used: its exit codes and the kinds of parameters its commands share."""

import enum
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import click


class ExitCode(enum.IntEnum):
    """What a command tells the shell."""

    DONE = 0
    FAILED = 1
    MISTYPED = 2  # click's own, and CompareError's where a setting cannot be
    UNRELIABLE = 3  # done, but not to be relied on: `--strict`, `--fail-above`
    INTERRUPTED = 130  # 128 + SIGINT, as shells count


def typed() -> str:
    """Return how this program is called where it was called: `compare` may not be found, or be ImageMagick's."""
    asked, found = Path(sys.argv[0]), shutil.which("compare")
    if asked.name == "__main__.py":
        return "python -m compare"
    return "compare" if found and asked.exists() and asked.samefile(found) else sys.argv[0]


LEAST_S, MOST_S = 0.05, 86_400.0
_UNIT_S = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|)", re.ASCII)


def seconds(text: str) -> float:
    """Return the seconds of a duration such as 0.5, 500ms, 90s or 10m."""
    found = _DURATION.fullmatch(text)
    value = float(found[1]) * _UNIT_S[found[2]] if found else 0.0
    if not LEAST_S <= value <= MOST_S:
        raise click.BadParameter(
            f"{text!r} is not a duration from {LEAST_S:g} s to a day, such as 0.5, 90s or 10m."
        )
    return value


def choice(values: Iterable[str]) -> click.Choice[str]:
    """Return the parameter that takes one of `values`, an enum of strings, and names them all when it is another."""
    return click.Choice([str(value) for value in values])


def levels(text: str) -> tuple[int, ...]:
    """Return the whole numbers from 1 up that `text` holds, separated by commas."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and int(word) for word in words):
        raise click.BadParameter(
            f"{text!r} is not a comma-separated list of positive integers, such as 10,100,1000."
        )
    return tuple(map(int, words))


def statuses(text: str) -> tuple[int, ...]:
    """Return the HTTP statuses that `text` holds, separated by commas."""
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch("[1-5][0-9]{2}", word) for word in words):
        raise click.BadParameter(
            f"{text!r} is not a comma-separated list of HTTP statuses from 100 to 599, such as 200,204."
        )
    return tuple(map(int, words))


def share(text: str) -> float:
    """Return the share that `text` holds, such as 5%."""
    number = text.removesuffix("%")
    if number == text or not number.replace(".", "", 1).isdecimal():
        raise click.BadParameter(f"{text!r} is not a percentage, such as 5%.")
    return float(number) / 100


def file_name(text: str) -> str:
    """Return `text` when it can be part of one folder's name."""
    if not re.fullmatch(r"[\w.-]*", text):
        raise click.BadParameter(
            f"{text!r} is not a name of letters, digits, dots, dashes and underscores, such as after-upgrade."
        )
    return text
