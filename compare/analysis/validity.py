"""When a number may be believed: every rule of validity, as one enum that words itself. Pure."""

import enum


class Warning(enum.StrEnum):  # noqa: A001 - the field's word for it; the builtin is never used here
    """A doubt about a row. `invalid` ones take its numbers away, the others only comment on them."""

    WAIT_SKIPPED = "wait_skipped"
    LATE_SENDS = "late_sends"
    SENT_TOO_FEW = "sent_too_few"
    GENERATOR_BUSY = "generator_busy"
    LITTLES_LAW = "littles_law"
    LIMIT_HIT = "limit_hit"
    NO_SUCCESS = "no_success"
    ROUND_FAILED = "round_failed"
    LIMITED_BY_WAIT = "limited_by_wait"
    NOT_STEADY = "not_steady"
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


INVALID = frozenset(
    {
        Warning.WAIT_SKIPPED,
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
    Warning.LATE_SENDS: "requests left late: lag p99 exceeds 1 ms and 10 % of the median response",
    Warning.SENT_TOO_FEW: "less than 99.5 % of the intended requests were sent",
    Warning.GENERATOR_BUSY: "the load generator used more than 70 % of its core",
    Warning.LITTLES_LAW: "Little's law fails by more than 3 %: samples are missing or the generator paused",
    Warning.LIMIT_HIT: "a limit was hit: open files, ports or threads",
    Warning.NO_SUCCESS: "no request succeeded in the measured window",
    Warning.ROUND_FAILED: "a round failed and gave no number",
    Warning.LIMITED_BY_WAIT: "limited by the wait, not by the paradigm",
    Warning.NOT_STEADY: "the queue grew or shrank throughout: latencies hold for a window of this length only",
    Warning.ERRORS: "some requests failed; they count as errors, not as throughput",
    Warning.NOISY: "the machine was busy with something else",
}
