"""What is done over a cluster: a benchmark whose rounds its machines measure, and a load that they put together."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from compare import preparing
from compare.analysis.rounds import with_figures
from compare.engine import joint
from compare.engine.drive import Noticing, Watcher
from compare.engine.fleet import Fleet, Machines, elsewhere
from compare.engine.joint import Pressed
from compare.engine.ready import Ready
from compare.harness.together import Part
from compare.preparing import CannotStartError, Order
from compare.records import Cell, Measurement, Run

if TYPE_CHECKING:
    from compare.engine.cluster import Cluster


class Where(msgspec.Struct, frozen=True):
    """A cluster: `address` is tls://HOST:PORT or local:N, `certs` the folder that `compare cluster certs` made.

    With `server_on` and `load_from`, names of two workers, servers run on one and the load comes from the other.
    """

    address: str
    certs: Path | None = None
    server_on: str = ""
    load_from: str = ""


@contextmanager
def connected(where: Where) -> Iterator["Cluster"]:
    """Connect to the cluster `where`.

    Raises CannotStartError without the extra `cluster`, and ClusterError, one sentence, when it cannot be used.
    """
    try:
        from compare.engine import cluster  # noqa: PLC0415  # dask and distributed are an extra
    except ModuleNotFoundError as error:
        raise CannotStartError(
            f"--cluster needs {error.name}: pip install 'tornado-aiohttp-compare[cluster]'."
        ) from error
    with cluster.connect(where.address, where.certs) as there:
        yield there


def load(whole: Part, where: Where) -> list[Pressed]:
    """Have all machines of the cluster `where` put `whole` on its target together; return what each gave."""
    with connected(where) as cluster:
        from compare.engine import pressers  # noqa: PLC0415  # as above

        cluster.check()
        run = f"load-{time.time_ns():x}-{os.getpid()}"
        with pressers.crew(cluster, run) as machines:
            return joint.press(machines, whole)


@contextmanager
def driving(
    where: Where,
    begun: Run,
    order: Order,
    *,
    sentry: Noticing,
    keep: Callable[[Run], None],
    watcher: Watcher,
    expected_s: Callable[[Cell], float],
    clock: Callable[[], float],
) -> Iterator[tuple[Fleet, Ready]]:
    """Check the workers of the cluster `where`, which make ready what `order` says; yield what drives rounds over them.

    Raises as `connected`, and CompareError when a worker cannot make that ready.
    """
    _refuse_links(where, order)
    with connected(where) as cluster:
        for one in cluster.check():
            watcher.remark(f"Worker on {one.host}: Python {one.python}, {one.cpus} CPUs.")
        with _site(cluster, where, begun.name, order) as site:
            fleet = Fleet(
                begun,
                site,
                _whole,
                sentry=sentry,
                keep=keep,
                watcher=watcher,
                expected_s=expected_s,
                clock=clock,
            )
            ready = Ready(elsewhere, fleet.prepare())
            fleet.run = ready.told(begun)
            yield fleet, ready


def _refuse_links(where: Where, order: Order) -> None:
    if where.server_on and any(one.link for one in order.contestants):
        raise CannotStartError(
            "The experiment network makes hosts of its own, which no other machine reaches: leave out --server-on."
        )


@contextmanager
def _site(cluster: "Cluster", where: Where, run: str, order: Order) -> Iterator[Machines]:
    """Yield the machines of `run`: each worker, or the pair that `where` names."""
    with cluster.site(run, preparing.opened, order) as site:
        if not where.server_on:
            yield site
            return
        from compare.engine import across  # noqa: PLC0415  # dask and distributed are an extra

        pair = across.Pair(where.server_on, where.load_from)
        both = across.Across(cluster, run, preparing.opened, order, pair)
        try:
            yield both
        finally:
            both.end()


def _whole(measurement: Measurement) -> Measurement:
    """Add the numbers of its samples, with the ceilings of the machine that made it."""
    where = measurement.environment
    return measurement if where is None else with_figures(measurement, where)
