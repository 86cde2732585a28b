"""What has to stand before a cell can be measured: companions, load generator, servers that do as asked."""

import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

import msgspec
from msgspec.structs import replace

from compare.contract import Paradigm
from compare.engine.drive import Watcher
from compare.engine.press import Far
from compare.engine.ready import Ready, Seen
from compare.errors import CompareError
from compare.harness import bytecode, environment, load
from compare.harness.ahead import Ahead
from compare.harness.companions import CompanionError, companions
from compare.harness.environment import Pinning
from compare.harness.generators import Generator, Player
from compare.harness.measure import Harness, Refusals, server_of
from compare.harness.noise import SHARED_CORE, CellNoise, Sentry, shared_core_penalty
from compare.harness.servers import ServerError
from compare.harness.wires import stretched
from compare.loadgen import limits
from compare.processes import interpreters
from compare.records import Cell, Closed, Contestant, Environment, Measurement, NotMeasured, Wire


class CannotStartError(CompareError):
    """Nothing was measured and nothing can be; one sentence saying why."""


class Order(msgspec.Struct, frozen=True):
    """What a machine of a cluster needs to know before its first cell."""

    contestants: tuple[Contestant, ...]
    upstream: str = ""
    dsn: str = ""
    seed: int = 0
    far: Far | None = None  # where the load comes from; None = the same machine


def check_open_files(cells: Sequence[Cell]) -> None:
    """Raise CannotStartError where the hard limit on open files is below what the largest closed loop needs.

    Servers and generator raise their own limits as far as the hard one; every cell beyond it would fail.
    """
    most = max((cell.load.concurrency for cell in cells if isinstance(cell.load, Closed)), default=0)
    needed = most + load.BYSTANDER_CONNECTIONS + limits.SPARE_FILES
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise CannotStartError(
            f"{most:,} in flight need {needed:,} open files in each process, and the hard limit is {hard:,} "
            f"(ulimit -Hn): {limits.how_to_raise(needed)}, or ask for fewer, such as --concurrency 100."
        )


def here(pins: Pinning, watcher: Watcher, cells: Sequence[Cell] = ()) -> Environment:
    """Return where this is; with `cells`, which real servers are to run, also what the two CPUs cost each other.

    Raises CannotStartError where too few files may be open for them.
    """
    check_open_files(cells)
    penalty = shared_core_penalty(pins.server, pins.generator) if cells else None
    if penalty is not None:
        shared = "Either they share a core, which slows the servers down, or this machine has other work."
        told = f"A calculation on CPU {pins.server} takes {penalty:.0%} longer while CPU {pins.generator} calculates."
        watcher.remark(f"{told} {shared}" if penalty > SHARED_CORE else told)
    if cells:
        watcher.remark("Each way of waiting is tried once before anything is timed.")
    return environment.read(pins, penalty)


@contextmanager
def opened(order: Order) -> Iterator[Ready]:
    """Prepare this machine for what `order` says, as `measuring` does; yield what stands ready then."""
    pins = environment.pinning()
    tags = sorted({one.python for one in order.contestants} - {""})
    pythons = {tag: interpreters.find(tag).path for tag in tags}
    with measuring(order, pins, environment.read(pins), Sentry(cpu=pins.server), pythons=pythons) as ready:
        yield replace(ready, measure=lambda cell: with_wire(ready.measure(cell), ready.wires))


def with_wire(measurement: Measurement, wires: Sequence[Wire]) -> Measurement:
    """Add what its link was found to do on this machine: each machine of a cluster makes links of its own."""
    link = measurement.cell.contestant.link
    return replace(measurement, wire=next((one for one in wires if one.link == link), None))


@contextmanager
def measuring(
    order: Order,
    pins: Pinning,
    here: Environment,
    sentry: CellNoise,
    *,
    pythons: Mapping[str, str] | None = None,
) -> Iterator[Ready]:
    """Run what the works need beside the servers; yield how those that keep the contract are measured.

    `pythons` holds the paths of the other interpreters that contestants name, by their tags.
    """
    bytecode.write()
    works = [contestant.work for contestant in order.contestants]
    try:
        with (
            environment.bound(pins.generator),
            stretched((one.link for one in order.contestants if one.link), order.seed) as wires,
            companions(works, upstream=order.upstream, dsn=order.dsn, cpu=pins.generator) as beside,
            _player(order.far, pins) as generator,
            interpreters.code() as code,
            Ahead() as ahead,
        ):
            harness = Harness(
                pins,
                beside.upstream,
                beside.dsn,
                order.seed,
                generator,
                pythons=dict(pythons or {}),
                code=code,
                hosts=wires.hosts,
                listen=order.far.listen if order.far else "",
                ahead=ahead,
            )
            missing = {work: found.missing for work, found in beside.works.items()}
            whole = replace(
                harness,
                environment=here,
                sentry=sentry,
                limits={work: found.limit for work, found in beside.works.items()},
                refusals=preflight(harness, order.contestants, missing),
            )
            took_s = max((found.took_s for found in beside.works.values()), default=0.0)
            blocking = tuple(work for work, found in beside.works.items() if found.blocks_loop)
            seen = Seen(not_measured(order.contestants, missing), took_s, blocking)
            yield Ready(whole.measure, seen, wires.found, ahead.announce)
    except CompanionError as error:
        raise CannotStartError(str(error)) from error


def _player(far: Far | None, pins: Pinning) -> AbstractContextManager[Player]:
    """Return what plays the loads: a process here, or one on another worker of the cluster."""
    if far is None:
        return closing(Generator(pins.generator))
    from compare.engine.afar import Afar  # noqa: PLC0415  # dask and distributed are an extra

    return nullcontext(Afar(far))


def not_measured(
    contestants: Sequence[Contestant], missing: Mapping[str, Mapping[Paradigm, str]]
) -> tuple[NotMeasured, ...]:
    """Return what was asked for of works that have no face for it, once for all servers."""
    asked = dict.fromkeys((one.work, one.paradigm) for one in contestants)
    return tuple(
        NotMeasured(work, paradigm, missing[work][paradigm])
        for work, paradigm in asked
        if paradigm in missing.get(work, {})
    )


def preflight(
    harness: Harness, contestants: Sequence[Contestant], missing: Mapping[str, Mapping[Paradigm, str]]
) -> Refusals:
    """Ask each server every kind of request it will be sent; raises CannotStartError when one does not start.

    `missing` holds, by work, the paradigms it has no face for, each with the reason.
    """
    paradigms: dict[Contestant, set[Paradigm]] = {}
    for contestant in contestants:
        paradigms.setdefault(server_of(contestant), set()).add(contestant.paradigm)
    reasons: dict[tuple[Contestant, Paradigm], str] = {}
    for server, asked in paradigms.items():
        refused = dict(missing.get(server.work, {}))
        try:
            refused |= harness.preflight(server, tuple(sorted(asked - refused.keys())))
        except ServerError as error:
            raise CannotStartError(f"The {server.server} server cannot be measured. {error}") from error
        reasons |= {(server, paradigm): reason for paradigm, reason in refused.items()}
    return Refusals(reasons)
