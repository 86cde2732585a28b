"""What a measurement is: the structs that the harness fills and the analysis reads."""

import msgspec

from compare.contract import Accept, Gc, GcPauses, Loop, LoopLag, Paradigm, Server
from compare.records.checked import Count, MaybeCount, Positive, Rate, Seconds, Window
from compare.records.loads import Load
from compare.records.packing import Samples

SCHEMA_VERSION = 2


class Link(msgspec.Struct, frozen=True):
    """What lies between a server and its clients: seconds there and back, and the share of frames lost each way."""

    round_trip_s: Seconds = 0.0
    loss: Seconds = 0.0


class Contestant(msgspec.Struct, frozen=True):
    """What is measured: two contestants of one chart differ in one of these fields and in nothing else."""

    server: Server
    paradigm: Paradigm
    threads: Positive | None = None  # size of the executor pool; None = Python's own default
    loop: Loop = Loop.ASYNCIO
    work: str = "sleep"
    workers: Positive = 1
    accept: Accept = Accept.REUSEPORT  # how several workers share the port
    loops: Positive = 1  # event loops of one process, a thread and a socket each
    python: str = ""  # tag of the interpreter, such as 3.13 or 3.14t; "" = the one that runs the benchmark
    max_in_flight: Count = 0
    gc: Gc = Gc.DEFAULT
    switch_interval_s: Seconds | None = None  # None = Python's own, which is 5 ms
    link: Link | None = None  # None = loopback
    pinned: bool = True  # to one CPU, where there is one to spare; not with several workers

    @property
    def waits_as_asked(self) -> bool:
        """Whether its work waits the load's `delay_s`: a user's own `module:attribute` takes what it takes."""
        return ":" not in self.work


class Cell(msgspec.Struct, frozen=True):
    """One measurement to make: one contestant, one load, one round."""

    experiment: str
    contestant: Contestant
    load: Load
    round: Count = 0
    side: str = ""  # tells cells apart that are equal in all else: the two sides of an A/A comparison


class GeneratorReport(msgspec.Struct, frozen=True):
    """What the load generator says of itself over the measured window."""

    cpu_share: Seconds  # CPU seconds it used per second of its core
    connections: Count  # opened at the start
    reconnects: Count  # opened later, because the server closed one
    notes: tuple[str, ...] = ()  # one sentence each: a limit hit, a raised ulimit, a missing timerfd


class Usage(msgspec.Struct, frozen=True):
    """What a server process used over the measured window (all processes of it, if there are several)."""

    cpu_s: Seconds
    window_s: Window
    rss_idle_bytes: Count  # after ready and 100 requests one at a time, before the load
    rss_peak_bytes: Count
    threads_peak: Count
    voluntary_switches: MaybeCount
    involuntary_switches: MaybeCount
    open_files_peak: Count = 0  # of the process that has most


class Noise(msgspec.Struct, frozen=True):
    """What else the machine did meanwhile."""

    load_1m: float
    steal_share: float  # share of CPU time taken by the hypervisor
    pressure_share: float  # share of time some task waited for a CPU (PSI)
    spin_ratio: float  # a fixed spin's time over the fastest seen in this run; 1 = undisturbed
    noisy: bool = False


class Moment(msgspec.Struct, frozen=True):
    """What a server process holds at one moment, in seconds since the start of the window."""

    at_s: float
    rss_bytes: Count
    threads: Count
    open_files: Count


class Orphans(msgspec.Struct, frozen=True, tag="orphans"):
    """What went on for clients that had left: (seconds since the window's start, requests without a client)."""

    course: tuple[tuple[float, Count], ...] = ()


class Soak(msgspec.Struct, frozen=True, tag="soak"):
    """What a long mixed load left in a server: `before` and `after` are at rest, `course` is under the load.

    `answers` counts those that were right by the name of the stream, `wrong` all others by stream and status; `left`
    is how many clients left before they were answered.
    """

    before: Moment
    after: Moment
    course: tuple[Moment, ...]
    answers: dict[str, Count]
    wrong: dict[str, Count]
    left: Count


class Environment(msgspec.Struct, frozen=True):
    """Where a run was made."""

    cpu_model: str
    cpus: Count
    affinity: tuple[int, ...]
    governor: str
    kernel: str
    memory_bytes: Count
    python: str
    implementation: str
    gil: bool
    switch_interval_s: float
    versions: dict[str, str]
    open_files_limit: int
    commit: str
    dirty: bool
    server_cpus: tuple[int, ...] = ()
    generator_cpus: tuple[int, ...] = ()
    shared_core_penalty: Seconds | None = None  # by what share a spin takes longer while the other CPU spins


class Interpreter(msgspec.Struct, frozen=True):
    """A Python that servers ran on besides the benchmark's own, as it was with both apps imported."""

    version: str
    implementation: str
    gil: bool
    versions: dict[str, str]


class Wire(msgspec.Struct, frozen=True):
    """What a link did before anything was measured over it: `sent` small datagrams there and back, one at a time."""

    link: Link
    kind: str  # veth, netem, or wire: a process that carries frames where the kernel has no netem
    sent: Count
    came_back: Count
    p50_s: float
    p99_s: float


class Figures(msgspec.Struct, frozen=True):
    """The numbers of one round as they were when it was measured: all there is where its samples are left out.

    None is a number that was not measured. `percentiles` are by latency and percentile: how much is known, and seconds.
    """

    numbers: dict[str, float | None]  # by the name of the metric
    percentiles: dict[str, dict[str, tuple[str, float | None]]]
    errors: dict[str, Count]
    intended: Count
    ceiling_rps: Rate | None
    limit: Count
    warnings: tuple[str, ...]
    outcome: str = "answered"


class Measurement(msgspec.Struct, frozen=True):
    """What one cell gave on one machine. A failed cell has a `failure` (one sentence) and no number."""

    cell: Cell
    environment: Environment | None = None  # where it was made; None = where the run was
    failure: str | None = None
    usage: Usage | None = None
    generator: GeneratorReport | None = None
    loop_lag_s: LoopLag | None = None
    gc: GcPauses | None = None
    noise: Noise | None = None
    rerun: bool = False  # made again because the first try was noisy
    superseded: bool = False  # the noisier of two tries: kept, but not a result
    samples: Samples | None = None  # kept in samples.npz, not in run.json
    bystander: Samples | None = None  # /ping, 50 a second, while the load ran
    finding: Orphans | Soak | None = None  # what loads of a special kind are made for
    limit: Count = 0  # how many its work does at once whatever the paradigm (a pool's size); 0 = any number
    shares: tuple[
        Count, ...
    ] = ()  # of several workers: how many long I/Os each answered, the warm-up's among them
    pool_threads: Count = 0  # of the server's default pool, as it said itself; 0 = not known
    figures: Figures | None = None
    machine: str = ""  # of a cluster, by its name there; "" = where the run was made
    attempt: Positive = 1  # above 1 when machines were lost that had begun its round
    blank_cpu_share: Seconds | None = None  # of the same server without a load, bystander and /stats alone
    wire: Wire | None = None  # of its link, on the machine of a cluster that made it; else the run has it


class LostRound(msgspec.Struct, frozen=True):
    """A round that a machine had begun when it was lost; `reason` is one sentence."""

    experiment: str
    round: Count
    attempt: Positive
    machine: str
    reason: str


class Look(msgspec.Struct, frozen=True):
    """One look at a primary pair, which spends its part of the pair's error budget."""

    experiment: str
    a: Contestant
    b: Contestant
    concurrency: Positive
    rounds: Count
    word: str  # what could be said then


class NotMeasured(msgspec.Struct, frozen=True):
    """A paradigm that was asked for and that no cell was made of; `reason` is one sentence."""

    work: str
    paradigm: Paradigm
    reason: str


class Run(msgspec.Struct, frozen=True):
    """One invocation of the benchmark: what was asked, where, and every measurement made."""

    name: str
    created: str  # ISO 8601, UTC
    command: str
    seed: Count
    environment: Environment
    measurements: tuple[Measurement, ...] = ()
    planned: Count = 0  # cells planned; more than measured when the run was stopped
    schema_version: int = SCHEMA_VERSION
    not_measured: tuple[NotMeasured, ...] = ()
    looks: tuple[Look, ...] = ()  # in the order in which they were made
    wires: tuple[Wire, ...] = ()  # of the links that contestants name
    lost: tuple[LostRound, ...] = ()  # each was made again as the next attempt, or is missing
    blocking: tuple[str, ...] = ()  # works whose native face was seen to block the loop beforehand
    interpreters: dict[str, Interpreter] = {}  # by the tag that contestants name
