"""A dask cluster as machines: one worker is one machine that has one cell at a time.

Four defaults of dask would falsify a benchmark and are off here: a cell measured again when its worker dies (the
scheduler's `allowed-failures`, and `retries`), a lost result computed again (results are fetched at once, and attempts
leave markers), a result reused because two tasks look alike (`pure`), and idle noise (`quiet`). A scheduler's port runs
whatever reaches it, so a plain `tcp://` address is allowed on loopback only.
"""

import contextlib
import ipaddress
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
import msgspec

from compare.engine import certificates, quiet, remote
from compare.engine.machine import Machine
from compare.engine.many import MachineLostError, Turns
from compare.engine.remote import Inventory, Open
from compare.errors import CompareError

quiet.keep_loggers()
from distributed import Client, LocalCluster, Security  # noqa: E402  # after its loggers were dealt with
from distributed.scheduler import KilledWorker  # noqa: E402  # after its loggers were dealt with

CONNECT_S = 10.0
ROLES = ("client", "scheduler", "worker")
LOCAL = re.compile(r"local:(\d+)")


class ClusterError(CompareError):
    """A cluster that cannot be used as it is: one sentence that says what to do."""


class Site:
    """The machines of a cluster as one run sees them: `find` for those that are there now, `drop` for Ctrl-C."""

    def __init__(self, cluster: "Cluster", run: str, opened: Open, order: msgspec.Struct) -> None:
        self._cluster, self._run, self._opened, self._order = cluster, run, opened, order

    def find(self) -> list[Machine]:
        """Return the workers that are there now."""
        return self._cluster.machines(self._run, self._opened, self._order)

    def drop(self) -> None:
        """End the cells that run now."""
        self._cluster.drop()


class Cluster:
    """A connected cluster whose workers were checked."""

    def __init__(self, client: Client, *, shared_host: bool = False) -> None:
        self._client, self._shared_host = client, shared_host
        self._turn = Turns() if shared_host else contextlib.nullcontext()
        self._seen: dict[str, Inventory] = {}

    def check(self) -> list[Inventory]:
        """Return what the workers are; raises ClusterError when they cannot be measured on."""
        found = self._client.run(remote.inventory)
        if not found:
            raise ClusterError("The cluster has no worker: start one with `compare cluster worker ADDRESS`.")
        _check_alike([remote.inventory(), *found.values()])
        hosts = Counter(urlsplit(address).hostname for address in found)
        crowded = [host for host, count in hosts.items() if count > 1]
        if crowded and not self._shared_host:
            raise ClusterError(
                f"{hosts[crowded[0]]} workers run on {crowded[0]}, where they disturb each other: stop all but one."
            )
        for address, one in found.items():
            if one.cpus < 2 and not self._shared_host:
                raise ClusterError(
                    f"The worker at {address} may use {one.cpus} CPU: a cell needs two, one for the load generator."
                )
        self._seen |= found
        return list(found.values())

    def workers(self) -> dict[str, str]:
        """Return the names of the workers that are there now, by their addresses; none once the scheduler is lost."""
        there = self._client.scheduler_info(n_workers=-1).get("workers", {})
        return {address: _called(address, about) for address, about in there.items()}

    def ask(
        self,
        address: str,
        name: str,
        function: Callable[..., Any],
        *words: Any,
        key: str,
        within_s: float | None = None,
    ) -> Any:
        """Return what `function` returns on one worker, which does nothing else meanwhile.

        Raises MachineLostError when the worker is gone, or has not answered within so many seconds.
        """
        future = self._client.submit(
            function,
            *words,
            key=key,
            pure=False,
            retries=0,
            workers=[address],
            allow_other_workers=False,
            resources={quiet.MACHINE: 1},
        )
        lost = f"{name} was lost"
        try:
            return future.result(within_s)
        except (KilledWorker, OSError, TimeoutError) as error:
            raise MachineLostError(f"{lost} ({type(error).__name__}).") from error
        except Exception as error:
            if type(error).__name__ in {"NoValidWorkerError", "FutureCancelledError", "CancelledError"}:
                raise MachineLostError(f"{lost} ({type(error).__name__}).") from error
            raise
        finally:
            future.release()

    def beside(self, function: Callable[..., Any], *words: Any, at: Sequence[str]) -> None:
        """Call `function` on those of the workers `at` that are there, beside the queue of tasks.

        One of those may be waited for. A worker that is gone would be dialled for half a minute.
        """
        there = self.workers()
        self._client.run(function, *words, workers=[one for one in at if one in there], on_error="ignore")

    def machines(
        self, run: str, opened: Open, order: msgspec.Struct, only: Mapping[str, str] | None = None
    ) -> list[Machine]:
        """Return the workers that are there now, as machines of `run`; `only` names some of them by their addresses."""
        there = self.workers() if only is None else only
        return [
            Machine(self, address, name, run, opened, order, self._turn) for address, name in there.items()
        ]

    @contextlib.contextmanager
    def site(self, run: str, opened: Open, order: msgspec.Struct) -> Iterator[Site]:
        """Yield the machines of `run`; what they hold for it is closed afterwards."""
        try:
            yield Site(self, run, opened, order)
        finally:
            self.end(run)

    def drop(self) -> None:
        """End the cells that run now."""
        self._client.run(remote.drop)

    def end(self, run: str) -> None:
        """Close the sessions of `run` on every worker."""
        ends = [
            self._client.submit(remote.end, run, key=f"{run}-end-{address}", pure=False, workers=[address])
            for address in self.workers()
        ]
        with contextlib.suppress(Exception):  # a worker that is gone has ended its session already
            self._client.gather(ends, errors="skip")


def _called(address: str, about: dict[str, Any]) -> str:
    """Name a worker by its name and port: a nanny that begins a dead worker anew gives it another port."""
    where = urlsplit(address)
    return f"{about.get('name', where.hostname)}:{where.port}"


def _check_alike(all_of_them: Sequence[Inventory]) -> None:
    """Refuse versions that differ: tasks are pickled by reference, and other code would measure otherwise."""
    here = all_of_them[0]
    for one in all_of_them[1:]:
        if one.python != here.python:
            raise ClusterError(
                f"{one.host} runs Python {one.python} and this process {here.python}: use one version for both."
            )
        for name, version in here.versions.items():
            if one.versions.get(name) != version:
                raise ClusterError(
                    f"{one.host} has {name} {one.versions.get(name)} and this process {version}: install one version."
                )


@contextlib.contextmanager
def connect(where: str, folder: Path | None = None) -> Iterator[Cluster]:
    """Connect to `where`, `tls://HOST:PORT` or `local:N`; raises ClusterError, one sentence, when that cannot be.

    `folder` is the one that `compare cluster certs` made. `local:N` starts N workers on this machine: they
    take turns, round by round, because they would disturb each other.
    """
    with dask.config.set(quiet.SETTINGS):
        wanted = LOCAL.fullmatch(where)
        if wanted:
            with local(int(wanted[1])) as cluster:
                yield cluster
            return
        security = _security(where, folder)
        try:
            client = Client(where, security=security, timeout=CONNECT_S, set_as_default=False)
        except ssl.SSLError as error:
            raise ClusterError(
                f"The scheduler at {where} does not accept these certificates: {error.reason}."
            ) from error
        except (OSError, TimeoutError) as error:
            raise ClusterError(
                f"No scheduler answers at {where}: start one with `compare cluster scheduler`."
            ) from error
        with client:
            yield Cluster(client)


@contextlib.contextmanager
def local(workers: int) -> Iterator[Cluster]:
    """Start so many workers on this machine, with the settings that dask has now; raises ClusterError."""
    if not 1 <= workers <= 64:
        raise ClusterError(f"--cluster local:N takes from 1 to 64 workers, such as local:2, not {workers}.")
    with quiet.deaf():
        made = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0,
            resources={quiet.MACHINE: 1}, silence_logs=50,
            scheduler_kwargs={"dashboard": False, "dashboard_address": ":0"},  # no fixed port: there may be two
        )  # fmt: skip
    with made, Client(made, set_as_default=False) as client:
        yield Cluster(client, shared_host=True)


def _security(where: str, folder: Path | None) -> Security | None:
    url = urlsplit(where)
    if url.scheme not in {"tls", "tcp"} or not url.hostname or not url.port:
        raise ClusterError(
            f"--cluster must be tls://HOST:PORT or local:N, such as tls://10.0.0.1:8786, not {where!r}."
        )
    if url.scheme == "tcp":
        if not _is_loopback(url.hostname):
            raise ClusterError(
                f"{where} is not encrypted, and a scheduler's port runs any code that reaches it: use tls:// "
                "with the certificates that `compare cluster certs` makes."
            )
        return None
    if folder is None:
        raise ClusterError(
            "tls:// needs --certs FOLDER, the folder that `compare cluster certs FOLDER` made."
        )
    return security(folder)


def security(folder: Path) -> Security:
    """Return mutual TLS with the certificates in a folder; raises ClusterError when one is missing or expired."""
    try:
        certificates.check(folder)
    except certificates.CertificatesError as error:
        raise ClusterError(str(error)) from error
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    roles = {f"tls_{role}_{part}": file for role in ROLES for part, file in (("cert", cert), ("key", key))}
    return Security(tls_ca_file=str(folder / "ca.pem"), require_encryption=True, **roles)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
