"""Whether a server answered throughout, fell silent for a while, or stopped for good. Pure.

A collapse is the most important result there is: it is counted and told first, and never dropped as invalid or
averaged away. Every answer counts, to the load and to the bystander alike, whatever it says.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from compare.late import Late
from compare.records import Samples, SampleStatus

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Late("numpy")

# A silence longer than this many waits; a wait of nothing is silent always.
STALL_WAITS, STALL_LEAST_S = 3, 0.1
COLLAPSE_WAITS, COLLAPSE_LEAST_S = 10, 1.0  # to the end of observation
OBSERVE_S = 2.0  # past its window a cell is observed at least this long, unless all is answered before

_UNANSWERED = (SampleStatus.UNANSWERED, SampleStatus.UNSENT)


class Outcome(enum.StrEnum):
    """What a server did under its load, from the start of the window to the end of observation."""

    ANSWERED = "answered"
    STALLED = "stalled"  # silent for more than STALL_WAITS, then answered again
    COLLAPSED = "collapsed"  # silent to the end of observation, with requests outstanding


class Silence(msgspec.Struct, frozen=True):
    """The outcome of one round and what it rests on; times in seconds."""

    outcome: Outcome
    longest_s: float  # the longest silence with requests outstanding, within observation
    collapsed_after_s: float  # from the start of the load to the last answer; NaN where it did not collapse
    unanswered: int  # never answered, those sent before the window included
    exposure_s: float  # from the start of the load to the end of observation


def silence(samples: Samples, bystander: Samples | None, wait_s: float, warmup_s: float) -> Silence:
    """Return how a round went whose requests wait `wait_s`, after a warm-up of `warmup_s` seconds.

    What was answered before the window is not in the samples: a silence begins at the window's start at the earliest.
    """
    every = [samples] if bystander is None else [samples, bystander]
    done, intended = _joined(every)
    answered = np.isfinite(done)
    end_s = max(one.end_s for one in every)
    pending = intended[~answered]
    gaps = _gaps(done[answered], intended[answered], pending)
    last_s = float(np.max(done[answered], initial=0.0))
    open_s = end_s - max(last_s, float(np.min(pending))) if len(pending) else 0.0
    longest_s = max(float(np.max(gaps, initial=0.0)), open_s)
    collapsed = open_s >= max(COLLAPSE_WAITS * wait_s, COLLAPSE_LEAST_S)
    stalled = longest_s > max(STALL_WAITS * wait_s, STALL_LEAST_S)
    outcome = Outcome.COLLAPSED if collapsed else Outcome.STALLED if stalled else Outcome.ANSWERED
    return Silence(
        outcome,
        longest_s,
        warmup_s + last_s if collapsed else math.nan,
        int(np.count_nonzero(np.isin(samples.status, _UNANSWERED))),
        warmup_s + end_s,
    )


def _joined(every: Iterable[Samples]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when each request was answered, NaN where it never was, and when it was intended.

    A connection that was refused or broke is an answer of the machine's, not of the server's: it ends the waiting.
    """
    done = [np.where(np.isin(one.status, _UNANSWERED), np.nan, one.done_s) for one in every]
    return np.concatenate(done), np.concatenate([np.maximum(one.intended_s, 0.0) for one in every])


def _gaps(
    done: NDArray[np.float64], intended: NDArray[np.float64], pending: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how long each answer was the first after, while somebody waited all that time."""
    if not len(done):
        return done
    order = np.argsort(done)
    ends = np.maximum(done[order], 0.0)
    waiting_since = np.minimum.accumulate(intended[order][::-1])[::-1]  # of this and all later answers
    if len(pending):
        waiting_since = np.minimum(waiting_since, float(np.min(pending)))
    before = np.concatenate([[0.0], ends[:-1]])
    gaps: NDArray[np.float64] = ends - np.maximum(before, waiting_since)
    return gaps


class Reliability(msgspec.Struct, frozen=True):
    """The outcomes of a row over its rounds, each a fresh server: counts are told, not tested."""

    servers: int = 0
    collapsed: int = 0
    stalled: int = 0
    exposure_s: float = 0.0  # of all servers together
    unanswered: int = 0
    longest_silence_s: float = 0.0  # of the servers that did not collapse
    collapsed_after_s: tuple[float, ...] = ()  # ascending

    @property
    def words(self) -> str:
        """`stopped answering in 3 of 9 fresh servers`, or "" where none did."""
        if not self.collapsed:
            return ""
        if self.collapsed == self.servers:
            each = f"each of {self.servers} fresh servers" if self.servers > 1 else "the one fresh server"
            return f"stopped answering in {each}"
        return f"stopped answering in {self.collapsed} of {self.servers} fresh servers"


def reliability(rounds: Sequence[Silence]) -> Reliability:
    """Return the outcomes of a row."""
    lived = [one.longest_s for one in rounds if one.outcome is not Outcome.COLLAPSED]
    died = [one.collapsed_after_s for one in rounds if one.outcome is Outcome.COLLAPSED]
    return Reliability(
        len(rounds),
        len(died),
        sum(one.outcome is Outcome.STALLED for one in rounds),
        sum(one.exposure_s for one in rounds),
        sum(one.unanswered for one in rounds),
        max(lived, default=0.0),
        tuple(sorted(died)),
    )
