"""What is sent to a contestant: one struct per kind of load, told apart by a tag in records."""

import enum

import msgspec

from compare.records.checked import Positive, Rate, Seconds, Window


class Arrivals(enum.StrEnum):
    """When an open loop sends: evenly, or like independent users."""

    CONSTANT = "constant"
    POISSON = "poisson"


class Timing(msgspec.Struct, frozen=True, tag_field="loop"):
    """What every load has: connections, the wait asked for, and the seconds of its window and warm-up."""

    concurrency: (
        Positive  # connections: those in flight of a closed loop, the most there may be of an open one
    )
    delay_s: Seconds = 0.1
    duration_s: Window = 2.0  # the measured window
    warmup_s: Seconds = 0.5  # before the window; requests intended in it are not counted


class Closed(Timing, frozen=True, tag="closed"):
    """Closed loop: each of `concurrency` connections sends again when it is answered."""

    timeout_s: Seconds = 10.0  # after the window, how long an unanswered request is waited for


class Open(Timing, frozen=True, kw_only=True, tag="open"):
    """Open loop: requests leave at `rate_rps` whatever the answers do."""

    rate_rps: Rate
    arrivals: Arrivals = Arrivals.CONSTANT
    timeout_s: Seconds = 10.0


class Abandoned(Timing, frozen=True, tag="abandoned"):
    """A closed loop whose clients all leave when the window ends, in the middle of their waits."""

    @property
    def timeout_s(self) -> float:
        """Nobody waits for an answer after the window."""
        return 0.0


class Mixed(Timing, frozen=True, kw_only=True, tag="mixed"):
    """Streams of all paradigms at `rate_rps` each, of errors and of clients that leave, side by side."""

    rate_rps: Rate
    arrivals: Arrivals = Arrivals.POISSON
    timeout_s: Seconds = 10.0


Load = Closed | Open | Abandoned | Mixed


def rate_rps(load: Load) -> float | None:
    """Return the rate at which requests leave, None in a closed loop, where answers decide it."""
    return load.rate_rps if isinstance(load, Open | Mixed) else None
