"""A cluster whose machines are network namespaces of this one: the scheduler on the hub, a worker on each host.

Needs root. `compare cluster` starts all of it, with TLS, as on real machines; `rounds_once` and tests use it.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from compare.engine import certificates
from compare.engine.cluster import Client, security
from compare.engine.ready import Ready
from compare.network import hosts
from compare.network.hosts import Host, Network
from compare.processes import launch
from compare.records import Cell, Measurement

PORT = 8786
START_S = 120.0
ROOT = Path(__file__).resolve().parents[1]  # where workers find this module


class Waiting(msgspec.Struct, frozen=True):
    """How long a made-up cell takes, in seconds."""

    seconds: float


@contextlib.contextmanager
def opened(order: Waiting) -> Iterator[Ready]:
    """Measure by waiting."""

    def measure(cell: Cell) -> Measurement:
        time.sleep(order.seconds)
        return Measurement(cell)

    yield Ready(measure)


class Site:
    """The processes of such a cluster; `where` and `certs` are what `--cluster` and `--certs` take."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network, self._folder = network, folder
        self.where, self.certs = f"tls://{network.hub.address}:{PORT}", folder / "certs"
        certificates.make(self.certs)
        self.scheduler = self._started(network.hub, ["scheduler", "--host", network.hub.address])
        self.workers: dict[Host, subprocess.Popen[bytes]] = {}

    def begin(self, host: Host, ahead_s: float = 0.0) -> None:
        """Start the worker of `host`, whose clock is ahead of this machine's by so many whole seconds."""
        skewed = ["unshare", "--time", "--monotonic", f"{ahead_s:.0f}", "--fork", "--kill-child"]
        words = ["worker", self.where, "--name", host.name, "--host", host.address]
        self.workers[host] = self._started(host, words, skewed if ahead_s else [])

    def ready(self) -> None:
        """Return when all workers are there."""
        with (
            hosts.inside(self.network.hub),
            Client(
                self.where, security=security(self.certs), set_as_default=False, timeout=START_S
            ) as client,
        ):
            client.wait_for_workers(len(self.workers), timeout=START_S)

    def kill(self, host: Host) -> None:
        """Kill the worker of `host`, its nanny and what they started, as a machine that loses its power."""
        _kill(self.workers.pop(host))

    def end(self) -> None:
        """Kill all."""
        for process in (*self.workers.values(), self.scheduler):
            _kill(process)

    def _started(self, host: Host, words: list[str], before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        own = Path(tempfile.mkdtemp(dir=self._folder))
        command = [
            *before,
            sys.executable,
            "-P",
            "-m",
            "compare",
            "cluster",
            *words,
            "--certs",
            str(self.certs),
        ]
        with (self._folder / f"{host.name}.log").open("ab") as log:
            return subprocess.Popen(
                launch.argv(host.command(command)),  # it ends with this process, also by kill -9
                cwd=own,
                env=os.environ | {"PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@contextlib.contextmanager
def site(machines: int, ahead_s: Sequence[float] = ()) -> Iterator[Site]:
    """Yield a cluster of so many machines, all of them there; the clock of each is ahead by its entry of `ahead_s`."""
    with hosts.network() as network, tempfile.TemporaryDirectory() as folder:
        there = Site(network, Path(folder))
        try:
            for number in range(machines):
                there.begin(network.add(), ahead_s[number] if number < len(ahead_s) else 0.0)
            there.ready()
            yield there
        finally:
            there.end()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in (*psutil.Process(process.pid).children(recursive=True), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()
