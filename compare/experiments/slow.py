"""A work of one's own takes what it takes: windows chosen from that, or a sentence why they cannot be. Pure."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from compare.analysis.units import duration_text, seconds_text
from compare.errors import CompareError
from compare.experiments.options import Options, expected_s
from compare.records import Abandoned, Cell, Mixed

LONGER = 1.5  # times the wait that was asked for, below which the windows for that wait do
WAITS = 4  # in a window that is long enough


class TooSlowError(CompareError):
    """The work takes longer than what was asked for can hold; one sentence with what to type."""


def fitted(options: Options, took_s: float) -> Options:
    """Return `options` with the wait that the work really takes, where none was asked for and it takes longer."""
    if options.delay_s is not None or not _slow(options, took_s):
        return options
    return replace(options, delay_s=round(took_s, 3))


def _slow(options: Options, took_s: float) -> bool:
    return took_s > LONGER * options.wait_s


def sentence(work: str, took_s: float) -> str:
    """Return what a person is told when windows are chosen from what the work takes."""
    return f"{work} takes {seconds_text(took_s)}: windows, warm-up and patience are chosen from that."


def check(cells: Sequence[Cell], options: Options, took_s: float, most_s: float) -> None:
    """Raise TooSlowError where a window of `cells` holds no answer, or where all of them take more than `most_s`.

    A wait or a window that was asked for may take as long as it takes; a work as fast as the preset's wait takes as
    long as that.
    """
    own = [cell for cell in cells if cell.contestant.work == options.work]
    short = [
        cell for cell in own if not isinstance(cell.load, Abandoned | Mixed) and cell.load.duration_s < took_s
    ]
    takes = f"{options.work} takes {seconds_text(took_s)}"
    if short:
        raise TooSlowError(
            f"{takes}, and a window of {short[0].load.duration_s:g} s of the experiment {short[0].experiment} holds no "
            f"answer: ask for a longer one, such as --duration {math.ceil(WAITS * took_s)}."
        )
    lasts_s = sum(map(expected_s, cells))
    unasked = options.delay_s is None and options.duration_s is None
    if unasked and _slow(options, took_s) and lasts_s > most_s:
        raise TooSlowError(
            f"{takes}, so these {len(cells):,} cells would take about {duration_text(lasts_s)} and not the "
            f"{duration_text(most_s)} of the preset {options.preset}: ask for fewer, such as --server aiohttp "
            f"--concurrency 100 --rounds 1, or for as long as it takes with --delay {took_s:.3g}."
        )
