"""What the load generator's process is told on stdin, and what it says before its raw stamps on stdout.

`CUT` ends the order that is played: the window ends then, and what is in flight has a second left. An order that waits
says `Opened` when its connections are there, and begins at the moment that a line of `START` names.
"""

import msgspec

# Among the notes of an outcome, it makes the whole of it worthless.
CUT = b"cut\n"  # the line that ends an order early
START = b"start "  # before the moment on `time.monotonic` at which an order that waits begins, and a newline
START_WITHIN_S = 60.0  # an order that waits ends when it is not told by then
UNASKED = "The server answers before it is asked, so nothing it says is the answer to a request."


class Tls(msgspec.Struct, frozen=True):
    """TLS to a peer that is to have a certificate for `host`; any certificate will do when not `verify`."""

    host: str
    verify: bool = True


class StreamOrder(msgspec.Struct, frozen=True):
    """One stream of requests. Closed loop when `rate_rps` is None, as in `records.Load`.

    `family` and `address` are a socket's; `request` is sent as it is, every time, on connections of their own for each
    where not `keep_alive`. Connections leave from `sources` in turns, from where the system likes if there are none;
    from one source address at most `per_source` do, 0 = as many as there are ports. An open loop's schedule begins
    `first_s` seconds after the start: several machines take turns that way.
    """

    family: int
    address: tuple[str, int]
    request: bytes
    connections: int
    opened_first: int
    ramp_s: float = 0.0
    rate_rps: float | None = None
    poisson: bool = False
    seed: int = 0
    keep_alive: bool = True
    tls: Tls | None = None
    sources: tuple[str, ...] = ()
    per_source: int = 0
    first_s: float = 0.0


class Order(msgspec.Struct, frozen=True):
    """A whole run: the load first, then the bystander. Times as in `records.Load`.

    One that `waits` begins when it is told, any other as soon as its connections are open. While one that goes `ahead`
    is played, other processes of its machine come second, where the system allows that.
    """

    streams: tuple[StreamOrder, ...]
    warmup_s: float
    duration_s: float
    timeout_s: float
    waits: bool = False
    ahead: bool = False

    @property
    def ramp_s(self) -> float:
        """How long it takes until every connection of a closed loop has sent."""
        return max(stream.ramp_s for stream in self.streams)

    @property
    def longest_s(self) -> float:
        """More seconds than a run can take: one that is still there then hangs."""
        waited_s = START_WITHIN_S if self.waits else 0.0
        return self.ramp_s + self.warmup_s + self.duration_s + 2 * self.timeout_s + waited_s + 60.0


class StreamOutcome(msgspec.Struct, frozen=True):
    """What one stream did; its `rows` follow in the raw bytes."""

    rows: int
    connections: int
    reconnects: int


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The line in the middle of an order that waits: nothing was sent yet, and `START` is to follow."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The line in place of an outcome: nothing was sent, for a `reason` of one sentence."""

    reason: str


class Outcome(msgspec.Struct, frozen=True, tag="outcome"):
    """The line before the raw bytes. `window` and `end_s` are on `time.monotonic`, shared by all processes."""

    streams: tuple[StreamOutcome, ...]
    window: tuple[float, float]
    end_s: float
    cpu_share: float
    notes: tuple[str, ...] = ()
    cut: bool = False  # ended early, because a line came while it was played
    clean: bool = True  # nothing of this order is left in the process: it may play another


Said = Outcome | Refused | Opened
