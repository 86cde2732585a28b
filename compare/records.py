"""What a measurement is, and how it is kept: run.json for facts, samples.npz for raw stamps.

These structs are the border between the harness, which fills them, and the analysis, which reads them.

run.json is `{"schema_version", "sha256", "body": {"run", "stamps"}}`: the digest is of the bytes of `body` as they
stand in the file, and `stamps` has, per measurement, the keys of its samples. Each key is the digest of an array in
samples.npz, packed as `compare.samples` says, so that nothing can be edited, exchanged or lost unnoticed.
"""

import enum
import hashlib
import lzma
import zipfile
from pathlib import Path
from typing import TypeVar

import msgspec

from compare.contract import Loop, LoopLag, Paradigm, Server
from compare.samples import Arrays, Stamps, add, load, pack, unpack, write_whole
from compare.samples import Samples as Samples  # noqa: PLC0414 - a measurement's samples are met through records
from compare.samples import SampleStatus as SampleStatus  # noqa: PLC0414

SCHEMA_VERSION = 1


class Arrivals(enum.StrEnum):
    """When an open loop sends: evenly, or like independent users."""

    CONSTANT = "constant"
    POISSON = "poisson"


class Contestant(msgspec.Struct, frozen=True):
    """What is measured: two contestants of one chart differ in one of these fields and in nothing else."""

    server: Server
    paradigm: Paradigm
    threads: int | None = None  # size of the executor pool; None = Python's own default
    loop: Loop = Loop.ASYNCIO
    work: str = "sleep"
    workers: int = 1
    python: str = ""  # path or name of the interpreter; "" = the one that runs the benchmark
    max_in_flight: int = 0

    @property
    def waits_as_asked(self) -> bool:
        """Whether its work waits the load's `delay_s`: a user's own `module:attribute` takes what it takes."""
        return ":" not in self.work


class Load(msgspec.Struct, frozen=True):
    """What is sent to a contestant.

    Closed loop when `rate_rps` is None: `concurrency` connections, each sends again when answered. Open loop
    else: requests leave at `rate_rps` whatever the answers do, on at most `concurrency` connections.
    """

    concurrency: int
    delay_s: float = 0.1
    duration_s: float = 2.0  # the measured window
    warmup_s: float = 0.5  # before the window; requests intended in it are not counted
    rate_rps: float | None = None
    arrivals: Arrivals = Arrivals.CONSTANT
    timeout_s: float = 10.0  # after the window, how long an unanswered request is waited for
    mixed: bool = False  # one stream of many: all paradigms, errors and clients that leave go on beside it


class Cell(msgspec.Struct, frozen=True):
    """One measurement to make: one contestant, one load, one round."""

    experiment: str
    contestant: Contestant
    load: Load
    round: int = 0
    side: str = ""  # tells cells apart that are equal in all else: the two sides of an A/A comparison


class GeneratorReport(msgspec.Struct, frozen=True):
    """What the load generator says of itself over the measured window."""

    cpu_share: float  # CPU seconds it used per second of its core
    connections: int  # opened at the start
    reconnects: int  # opened later, because the server closed one
    notes: tuple[str, ...] = ()  # one sentence each: a limit hit, a raised ulimit, a missing timerfd


class Usage(msgspec.Struct, frozen=True):
    """What a server process used over the measured window (all processes of it, if there are several)."""

    cpu_s: float
    window_s: float
    rss_idle_bytes: int  # after ready and a first request, before the load
    rss_peak_bytes: int
    threads_peak: int
    voluntary_switches: int
    involuntary_switches: int
    open_files_peak: int = 0


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
    rss_bytes: int
    threads: int
    open_files: int


class Soak(msgspec.Struct, frozen=True):
    """What a long mixed load left in a server: `before` and `after` are at rest, `course` is under the load.

    `answers` counts those that were right by the name of the stream, `wrong` all others by stream and status; `left`
    is how many clients left before they were answered.
    """

    before: Moment
    after: Moment
    course: tuple[Moment, ...]
    answers: dict[str, int]
    wrong: dict[str, int]
    left: int


class Measurement(msgspec.Struct, frozen=True):
    """What one cell gave. A failed cell has a `failure` (one sentence) and nothing else: never a number."""

    cell: Cell
    failure: str | None = None
    usage: Usage | None = None
    generator: GeneratorReport | None = None
    loop_lag_s: LoopLag | None = None
    noise: Noise | None = None
    rerun: bool = False  # made again because the first try was noisy
    samples: Samples | None = None  # kept in samples.npz, not in run.json
    bystander: Samples | None = None  # /ping, 50 a second, while the load ran
    orphaned_s: tuple[tuple[float, int], ...] = ()  # (seconds since window start, orphaned) for `abandon`
    soak: Soak | None = None  # where the load was mixed
    limit: int = 0  # how many its work does at once whatever the paradigm (a pool's size); 0 = any number


class Environment(msgspec.Struct, frozen=True):
    """Where a run was made."""

    cpu_model: str
    cpus: int
    affinity: tuple[int, ...]
    governor: str
    kernel: str
    memory_bytes: int
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
    seed: int
    environment: Environment
    measurements: tuple[Measurement, ...] = ()
    planned: int = 0  # cells planned; more than measured when the run was stopped
    schema_version: int = SCHEMA_VERSION
    not_measured: tuple[NotMeasured, ...] = ()


class RecordsError(Exception):
    """A run that cannot be kept or read; one sentence naming the file and what is wrong with it."""


# How zipfile, numpy and the decompressor say that a file is damaged.
_DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, lzma.LZMAError, NotImplementedError)

_Pair = tuple[Stamps | None, Stamps | None]  # of the load and of the bystander


class _Body(msgspec.Struct, frozen=True):
    run: Run  # its measurements without samples
    stamps: tuple[_Pair, ...]


class _Names(msgspec.Struct, frozen=True):
    name: str
    created: str
    command: str


class _KeptBody(msgspec.Struct, frozen=True):
    """What of a body tells whose it is and what it already has; the rest is skipped, which is much faster."""

    run: _Names
    stamps: tuple[_Pair, ...]


_AnyBody = TypeVar("_AnyBody", _Body, _KeptBody)


class _Version(msgspec.Struct, frozen=True):
    schema_version: int


class _Document(msgspec.Struct, frozen=True):
    schema_version: int
    sha256: str
    body: msgspec.Raw


def save(run: Run, folder: Path) -> None:
    """Keep `run`, which may have grown since it was last saved there, in `folder`.

    Samples kept before are not written again. Each file is replaced as a whole, samples first: killed at any moment,
    the folder holds the run as it was or as it is. Raises RecordsError when it cannot be written, or holds another
    run, which is not touched.
    """
    before = _kept_of(run, folder)
    new: Arrays = {}
    stamps = [
        (_packed(one.samples, new), _packed(one.bystander, new)) for one in run.measurements[len(before) :]
    ]
    try:
        add(new, folder)
        write_whole(folder / "run.json", _document(run, (*before, *stamps)))
    except _DAMAGED as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecordsError(f"Cannot keep the run in {folder}: {reason}.") from error


def read(folder: Path) -> Run:
    """Return the run kept in `folder`, samples included, to the microsecond.

    Raises RecordsError when there is none, its schema version is another, it was truncated or edited, or samples are
    missing.
    """
    body = _read_body(folder, _Body)
    try:
        arrays = load(folder)
        measurements = tuple(
            msgspec.structs.replace(one, samples=_unpacked(load, arrays), bystander=_unpacked(ping, arrays))
            for one, (load, ping) in zip(body.run.measurements, body.stamps, strict=True)
        )
    except KeyError as error:
        raise RecordsError(f"{folder}: samples that run.json names are missing from samples.npz.") from error
    except _DAMAGED as error:
        raise RecordsError(f"{folder}: samples.npz is damaged ({error}).") from error
    return msgspec.structs.replace(body.run, measurements=measurements)


def _kept_of(run: Run, folder: Path) -> tuple[_Pair, ...]:
    """Return the stamps `folder` already holds of this run; raises RecordsError when it holds another."""
    if not (folder / "run.json").exists():
        return ()
    kept = _read_body(folder, _KeptBody)
    same = kept.run == _Names(run.name, run.created, run.command)
    if not same or len(kept.stamps) > len(run.measurements):
        raise RecordsError(f"{folder} holds another run, {kept.run.name}; it was not overwritten.")
    return kept.stamps


def _read_body(folder: Path, kind: type[_AnyBody]) -> _AnyBody:
    path = folder / "run.json"
    try:
        text = path.read_bytes()
        version = msgspec.json.decode(text, type=_Version).schema_version
        if version != SCHEMA_VERSION:
            raise RecordsError(f"{path} is of schema version {version}; this program reads {SCHEMA_VERSION}.")
        document = msgspec.json.decode(text, type=_Document)
        if hashlib.sha256(document.body).hexdigest() != document.sha256:
            raise RecordsError(f"{path} was edited: its checksum does not match.")
        return msgspec.json.decode(document.body, type=kind)
    except OSError as error:
        raise RecordsError(f"{folder} holds no run: run.json cannot be read ({error.strerror}).") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordsError(f"{path} is truncated or no record of a run ({error}).") from error


def _document(run: Run, stamps: tuple[_Pair, ...]) -> bytes:
    bare = tuple(msgspec.structs.replace(one, samples=None, bystander=None) for one in run.measurements)
    body = msgspec.json.encode(_Body(msgspec.structs.replace(run, measurements=bare), stamps))
    digest = hashlib.sha256(body).hexdigest()
    return msgspec.json.encode(_Document(SCHEMA_VERSION, digest, msgspec.Raw(body)))


def _packed(samples: Samples | None, arrays: Arrays) -> Stamps | None:
    if samples is None:
        return None
    stamps, arrays[stamps.key] = pack(samples)
    return stamps


def _unpacked(stamps: Stamps | None, arrays: Arrays) -> Samples | None:
    return unpack(stamps, arrays[stamps.key]) if stamps is not None else None
