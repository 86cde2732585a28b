"""When a number may be believed: every rule of validity, as one enum that words itself. Pure."""

import enum
import math

import msgspec

from compare.analysis.observed import (
    ENOUGH_RESPONSES,
    LEAST_WINDOW_S,
    LITTLES_TOLERANCE,
    MANY_THREADS,
    MANY_THREADS_S,
)
from compare.analysis.outcome import STALL_WAITS, Outcome
from compare.analysis.units import counted, percent_text


class Warning(enum.StrEnum):  # noqa: A001 - the field's word for it; the builtin is never used here
    """A doubt about a row. `invalid` ones take its numbers away, the others only comment on them."""

    WAIT_SKIPPED = "wait_skipped"
    BLOCKS_LOOP = "blocks_loop"
    LATE_SENDS = "late_sends"
    SENT_TOO_FEW = "sent_too_few"
    GENERATOR_BUSY = "generator_busy"
    LITTLES_LAW = "littles_law"
    LIMIT_HIT = "limit_hit"
    NO_SUCCESS = "no_success"
    COLLAPSED = "collapsed"
    STALLED = "stalled"
    ROUND_FAILED = "round_failed"
    ROUND_INVALID = "round_invalid"
    LIMITED_BY_WAIT = "limited_by_wait"
    NOT_STEADY = "not_steady"
    TOO_SHORT = "too_short"
    NOT_SETTLED = "not_settled"
    ERRORS = "errors"
    NOISY = "noisy"

    @property
    def invalid(self) -> bool:
        """Whether a row with this warning is invalid: shown as such, never as numbers."""
        return self in INVALID

    @property
    def words(self) -> str:
        """The warning as a sentence without its full stop."""
        return _WORDS[self]


LATE_S, LATE_SHARE = (
    1e-3,
    0.1,
)  # of the median response: a p99 of the send lag beyond both is the load generator's
LEAST_SENT_SHARE = 0.995
MOST_GENERATOR_SHARE = 0.7  # of its core: beyond, the load generator may be what is measured
AT_CEILING = 0.95  # of what waiting allows: beyond, a server may be faster than could be seen
OVER_CEILING = 1.01  # beyond, something was answered that cannot have waited
MOST_SHORT_WAITS_SHARE = 0.01
UNSETTLED = 0.1  # halves of a window that are further apart than this are told

INVALID = frozenset(
    {
        Warning.WAIT_SKIPPED,
        Warning.BLOCKS_LOOP,
        Warning.LATE_SENDS,
        Warning.SENT_TOO_FEW,
        Warning.GENERATOR_BUSY,
        Warning.LITTLES_LAW,
        Warning.LIMIT_HIT,
        Warning.NO_SUCCESS,
    }
)

_WORDS = {
    Warning.WAIT_SKIPPED: "the wait was skipped: more was answered than waiting allows, or Server-Timing says so",
    Warning.BLOCKS_LOOP: "this native face blocks the loop",
    Warning.LATE_SENDS: (
        f"requests left late: lag p99 exceeds {1e3 * LATE_S:g} ms and {percent_text(LATE_SHARE)} of the median response"
    ),
    Warning.SENT_TOO_FEW: f"less than {percent_text(LEAST_SENT_SHARE)} of the intended requests were sent",
    Warning.GENERATOR_BUSY: (
        f"the load generator used more than {percent_text(MOST_GENERATOR_SHARE)} of its core"
    ),
    Warning.LITTLES_LAW: (
        f"Little's law fails by more than {percent_text(LITTLES_TOLERANCE)}: "
        "samples are missing or the generator paused"
    ),
    Warning.LIMIT_HIT: (
        "a limit was hit (open files, ports or threads), or the server was too slow to accept all connections"
    ),
    Warning.NO_SUCCESS: "no request succeeded in the measured window",
    Warning.COLLAPSED: "the server stopped answering, and nobody was answered to the end of observation",
    Warning.STALLED: (f"the server answered nobody for more than {counted(STALL_WAITS)} waits, then went on"),
    Warning.ROUND_FAILED: "a round failed and gave no number",
    Warning.ROUND_INVALID: "a round was invalid; the numbers are those of the others",
    Warning.LIMITED_BY_WAIT: "limited by the wait, not by the paradigm",
    Warning.NOT_STEADY: "the queue grew or shrank throughout: latencies hold for a window of this length only",
    Warning.TOO_SHORT: (
        f"too short: the window is below {LEAST_WINDOW_S:g} s, {MANY_THREADS_S:g} s with over {MANY_THREADS} threads, "
        f"or {ENOUGH_RESPONSES} median responses"
    ),
    Warning.NOT_SETTLED: f"not settled: the halves of the window are over {percent_text(UNSETTLED)} apart",
    Warning.ERRORS: "some requests failed; they count as errors, not as throughput",
    Warning.NOISY: "the machine was busy with something else",
}


class Signs(msgspec.Struct, frozen=True):
    """What the rules are asked about, of one round. NaN where it was not measured: no rule holds against that."""

    successes: int  # completed in the window
    failures: int  # answered with an error, refused or broken
    ceiling_share: float  # throughput over the ceiling; NaN without a ceiling
    most_successes: float  # that waiting allows in the window; infinite without a ceiling
    short_waits_share: float  # of successes whose Server-Timing is shorter than the wait
    median_s: float  # of the response
    lag_p99_s: float  # of the bystander in a closed loop, whose own requests are due when they leave
    sent_share: float  # of the requests intended, counted from the schedule where it is known
    generator_cpu_share: float
    littles_ratio: float
    littles_tolerance: float
    steady: bool
    limit_hit: bool
    noisy: bool
    outcome: Outcome = Outcome.ANSWERED
    wave: float = 0.0  # answers that may come at once: as many as wait at a time
    too_short: bool = False
    halves: tuple[int, int] | None = (
        None  # successes in either half of the window; None where the load changes
    )


def judge(signs: Signs) -> tuple[Warning, ...]:
    """Return every warning that applies, in the enum's order."""
    median_s = signs.median_s if math.isfinite(signs.median_s) else 0.0
    answered = signs.outcome is Outcome.ANSWERED  # a queue that nobody serves is in no steady state
    # waits may march in step, and then a whole wave slips in at the window's edge
    too_many = signs.successes > OVER_CEILING * signs.most_successes + max(1.0, signs.wave)
    at_ceiling = signs.ceiling_share > AT_CEILING and not too_many
    found = {
        Warning.WAIT_SKIPPED: too_many or signs.short_waits_share > MOST_SHORT_WAITS_SHARE,
        Warning.LATE_SENDS: signs.lag_p99_s > max(LATE_S, LATE_SHARE * median_s),
        Warning.SENT_TOO_FEW: signs.sent_share < LEAST_SENT_SHARE,
        Warning.GENERATOR_BUSY: signs.generator_cpu_share > MOST_GENERATOR_SHARE,
        Warning.LITTLES_LAW: answered and abs(signs.littles_ratio - 1) > signs.littles_tolerance,
        Warning.LIMIT_HIT: signs.limit_hit,
        Warning.NO_SUCCESS: signs.successes == 0 and signs.outcome is not Outcome.COLLAPSED,
        Warning.COLLAPSED: signs.outcome is Outcome.COLLAPSED,
        Warning.STALLED: signs.outcome is Outcome.STALLED,
        Warning.LIMITED_BY_WAIT: at_ceiling,
        Warning.NOT_STEADY: not signs.steady,
        Warning.TOO_SHORT: signs.too_short,
        Warning.NOT_SETTLED: answered and not at_ceiling and not _settled(signs),
        Warning.ERRORS: signs.failures > 0,
        Warning.NOISY: signs.noisy,
    }
    return tuple(warning for warning in Warning if found.get(warning))


def _settled(signs: Signs) -> bool:
    """Return whether the halves of the window hold about as many answers, except for one that fell on either side."""
    if signs.halves is None:
        return True
    apart = abs(signs.halves[1] - signs.halves[0])
    return apart <= max(1.0, UNSETTLED * sum(signs.halves) / 2)
