"""A benchmark over a cluster: the same rounds as here, each measured whole on one of its machines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from compare import preparing
from compare.analysis.rounds import with_figures
from compare.engine.drive import Noticing, Watcher
from compare.engine.fleet import Fleet
from compare.preparing import CannotStartError, Order
from compare.records import Cell, Measurement, Run


@contextmanager
def driving(
    where: str,
    certs: Path | None,
    begun: Run,
    order: Order,
    *,
    sentry: Noticing,
    keep: Callable[[Run], None],
    watcher: Watcher,
    expected_s: Callable[[Cell], float],
    clock: Callable[[], float],
) -> Iterator[Fleet]:
    """Connect to the cluster `where`, check its workers and yield what drives rounds over them.

    `certs` is the folder that `compare cluster certs` made. Raises CannotStartError without the extra `cluster`, and
    ClusterError, one sentence, when the cluster cannot be measured on.
    """
    try:
        from compare.engine import cluster  # noqa: PLC0415  # dask and distributed are an extra
    except ModuleNotFoundError as error:
        raise CannotStartError(
            f"--cluster needs {error.name}: pip install 'tornado-aiohttp-compare[cluster]'."
        ) from error
    with cluster.connect(where, certs) as connected:
        for one in connected.check():
            watcher.remark(f"Worker on {one.host}: Python {one.python}, {one.cpus} CPUs.")
        with connected.site(begun.name, preparing.opened, order) as site:
            yield Fleet(
                begun,
                site,
                _whole,
                sentry=sentry,
                keep=keep,
                watcher=watcher,
                expected_s=expected_s,
                clock=clock,
            )


def _whole(measurement: Measurement) -> Measurement:
    """Add the numbers of its samples, with the ceilings of the machine that made it."""
    where = measurement.environment
    return measurement if where is None else with_figures(measurement, where)
