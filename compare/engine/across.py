"""A round across a wire: servers on one machine of the cluster, the load from another, as one machine of the run."""

import contextlib
import os
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from compare.engine import clocks, press
from compare.engine.clocks import ClockError
from compare.engine.cluster import Cluster, ClusterError
from compare.engine.machine import Machine
from compare.engine.press import Far, Place, SeatError
from compare.engine.remote import Open


class Pair(msgspec.Struct, frozen=True):
    """The names of two workers: where servers run, and where the load comes from."""

    server_on: str
    load_from: str


class Across:
    """The one machine that two workers make, for `Fleet`: it is there when both are.

    `order` has a field `far`, which says where the load comes from.
    """

    def __init__(self, cluster: Cluster, run: str, opened: Open, order: msgspec.Struct, pair: Pair) -> None:
        self._cluster, self._run, self._opened, self._order, self._pair = cluster, run, opened, order, pair
        self._token = os.urandom(clocks.TOKEN_BYTES)
        self._clocks: dict[str, tuple[str, int]] = {}  # of workers that joined, by their addresses
        self._check()

    def find(self) -> list[Machine]:
        """Return the pair as a machine, nothing while one of the two is missing."""
        there = self._cluster.workers()
        server, load = (_address(there, name) for name in (self._pair.server_on, self._pair.load_from))
        if server is None or load is None:
            return []
        if load not in self._clocks:
            self._clocks[load] = self._joined(load, there[load])
        far = Far(self._run, load, there[load], self._clocks[load], self._token, _host(server))
        name = f"{there[server]} under load from {there[load]}"
        order = replace(self._order, far=far)
        return self._cluster.machines(self._run, self._opened, order, only={server: name})

    def drop(self) -> None:
        """End the cells that run now."""
        self._cluster.drop()

    def end(self) -> None:
        """End what the worker holds from which the load came."""
        with contextlib.suppress(Exception):  # a worker that is gone holds nothing
            self._cluster.beside(press.leave, self._run, at=list(self._clocks))

    def _joined(self, address: str, name: str) -> tuple[str, int]:
        """Have the worker take its seat; return where its clock answers."""
        key = f"{self._run}-join-{address}"
        try:
            clock: tuple[str, int] = self._cluster.ask(
                address, name, press.join, self._run, Place(_host(address)), self._token, key=key
            )
        except (SeatError, ClockError) as error:
            raise ClusterError(f"{name}: {error}") from error
        return clock

    def _check(self) -> None:
        """Raise ClusterError when the pair cannot be."""
        there = self._cluster.workers()
        for name in (self._pair.server_on, self._pair.load_from):
            if _address(there, name) is None:
                named = ", ".join(sorted(one.rpartition(":")[0] for one in there.values()))
                raise ClusterError(f"The cluster has no worker named {name}; there are {named}.")


def _address(there: dict[str, str], name: str) -> str | None:
    """Return the address of the worker that `compare cluster worker --name` calls so."""
    return next((one for one, called in there.items() if called.rpartition(":")[0] == name), None)


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""
