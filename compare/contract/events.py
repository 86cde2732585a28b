"""What `GET /events` sends: one struct for each kind of event, told apart by `kind`; every time is the server's clock.

`at_s` counts seconds on a clock that never goes back and has no zero of meaning: only differences say something.
`flight` numbers the long I/Os that are watched. `thread` is `loop`, `pool 1` and up, or `thread 1` and up.
"""

from collections.abc import Iterable

import msgspec

from compare.contract.bounds import Server
from compare.contract.paradigm import Paradigm


class Event(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower):
    """Something that happened at `at_s`."""

    at_s: float


class Hello(Event, frozen=True):
    """The first event of every viewer: who is watched, how wide the pool is, what is in flight already, unwatched.

    `beside` is where the twin is that may be shown beside, empty without one.
    """

    server: Server
    pid: int
    work: str
    slots: int
    in_flight: int
    beside: str


class Admitted(Event, frozen=True):
    """A long I/O was accepted and begins to wait."""

    flight: int
    paradigm: Paradigm
    delay_s: float


class Rejected(Event, frozen=True):
    """A long I/O was refused: too many are in flight, or the server stops."""

    paradigm: Paradigm


class Started(Event, frozen=True):
    """The blocking face of the work begins on a thread."""

    flight: int
    thread: str


class Ended(Event, frozen=True):
    """The blocking face returned or raised; `orphan` when its request was over before."""

    flight: int
    thread: str
    orphan: bool


class Resumed(Event, frozen=True):
    """The handler goes on, on the loop, with the work's result."""

    flight: int


class Answered(Event, frozen=True):
    """The answer has been handed to the connection."""

    flight: int


class Failed(Event, frozen=True):
    """The long I/O ended in an error answer: the work raised, or no thread could be started."""

    flight: int


class Expired(Event, frozen=True):
    """The long I/O took longer than `--io-timeout`."""

    flight: int


class Cancelled(Event, frozen=True):
    """The client left, or the server stops."""

    flight: int


class Orphaned(Event, frozen=True):
    """The request is over and its work goes on in a thread, which cannot be cancelled."""

    flight: int


class Held(Event, frozen=True):
    """The loop did nothing else between `from_s` and `at_s`: a timer due at `from_s` ran only then."""

    from_s: float


class Tick(Event, frozen=True):
    """The counters of `GET /stats`, about ten times a second, and by how much a timer was late, at most, since."""

    lag_s: float
    threads: int
    in_flight: int
    orphaned: int
    completed: int
    failed: int
    rejected: int


class Lost(Event, frozen=True):
    """What this viewer is not shown: whole long I/Os in a flood, or events that it did not read in time."""

    flights: int
    events: int


_encode = msgspec.json.Encoder().encode

EVENT_HEADERS = {
    "Content-Type": "text/event-stream",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def frames(events: Iterable[Event]) -> bytes:
    """Return events as server-sent events, one `data` line each (WHATWG HTML, section 9.2)."""
    return b"".join(b"data: " + _encode(event) + b"\n\n" for event in events)
