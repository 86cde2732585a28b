"""The workers of a cluster as the machines of one load."""

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from compare.engine import clocks, press
from compare.engine.clocks import Offset
from compare.engine.cluster import Cluster
from compare.engine.many import MachineLostError
from compare.engine.press import Place
from compare.errors import CompareError
from compare.harness.load import LoadResult
from compare.harness.together import Part

READY_S = 40.0  # to join and to open connections; a cell of a benchmark may come first in the queue


class PressError(CompareError):
    """A machine could not take part in a load: one sentence that names it."""


class Presser:
    """One worker."""

    def __init__(self, cluster: Cluster, run: str, address: str, name: str, place: Place) -> None:
        self.name = name
        self._cluster, self._run, self._address, self._place = cluster, run, address, place
        self._token = os.urandom(clocks.TOKEN_BYTES)
        self._clock: tuple[str, int] | None = None

    def offset(self) -> Offset:
        """Return how far its clock is ahead of this machine's; the first time it joins the load."""
        with self._named():
            if self._clock is None:
                self._clock = self._ask(press.join, self._place, self._token)
            return clocks.read(self._clock, self._token)

    def prepare(self, part: Part) -> None:
        """Have it open its connections."""
        with self._named():
            self._ask(press.prepare, part, self._place, within_s=READY_S + part.load.timeout_s)

    def begin(self, start_s: float) -> LoadResult:
        """Have it send from `start_s` on its own clock; return what came."""
        with self._named():
            result: LoadResult = self._ask(press.begin, start_s, within_s=None)
            return result

    def cut(self) -> None:
        """Have it end early."""
        self._cluster.beside(press.cut, self._run, at=[self._address])

    def _ask(self, function: Callable[..., Any], *words: Any, within_s: float | None = READY_S) -> Any:
        key = f"{self._run}-{function.__name__}-{self._address}"
        try:
            return self._cluster.ask(
                self._address, self.name, function, self._run, *words, key=key, within_s=within_s
            )
        except MachineLostError as error:
            if within_s is None or not isinstance(error.__cause__, TimeoutError):
                raise
            raise PressError(
                f"it did not get ready within {within_s:g} s: another run may have it."
            ) from error

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Put the machine's name before what it says of itself."""
        try:
            yield
        except MachineLostError:  # its name is in the sentence
            raise
        except CompareError as error:
            raise PressError(f"{self.name}: {error}") from error


@contextlib.contextmanager
def crew(cluster: Cluster, run: str) -> Iterator[list[Presser]]:
    """Yield all workers as machines of the load `run`; what they hold for it is ended afterwards."""
    workers = cluster.workers()
    hosts = {address: urlsplit(address).hostname or "" for address in workers}
    crowds, seen = Counter(hosts.values()), Counter[str]()
    pressers = []
    for address, name in workers.items():
        host = hosts[address]
        pressers.append(Presser(cluster, run, address, name, Place(host, seen[host], crowds[host])))
        seen[host] += 1
    try:
        yield pressers
    finally:
        with contextlib.suppress(Exception):  # a worker that is gone holds nothing
            cluster.beside(press.leave, run, at=list(workers))
