"""Hosts on this machine: a network namespace each, joined by a bridge in a namespace of its own.

Namespaces need root and iproute2. Delay and loss come from the kernel's `netem` where it has it, and elsewhere from a
wire in user space (`wire`); rows tell which one it was and what `measure` found it to do. Everything is gone when the
block ends; what a killed process left is removed by the next one, which finds its process id in the names.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO

import msgspec

from compare.errors import CompareError
from compare.processes.child import Child

TAP = 0x0002 | 0x1000  # IFF_TAP | IFF_NO_PI, <linux/if_tun.h>
TUNSETIFF = 0x400454CA
CLONE_NEWNET = 0x40000000  # <linux/sched.h>
QUEUE = "10000"  # frames a device keeps: a burst of a thousand connections must not be lost before the wire sees it
PROBES = 200
WIRE = "compare.network.wire"
START_S, END_S = 20.0, 5.0  # of a wire
_OURS = re.compile(r"^cmp(\d+)-\S+", re.MULTILINE)


class NetworkError(CompareError):
    """Hosts that cannot be made here: one sentence."""


class Link(msgspec.Struct, frozen=True):
    """What lies between a host and the others: seconds there and back, and the share of frames lost each way."""

    round_trip_s: float = 0.0
    loss: float = 0.0

    @property
    def shaped(self) -> bool:
        """Whether anything has to be done at all."""
        return bool(self.round_trip_s or self.loss)


class Found(msgspec.Struct, frozen=True):
    """What a link does as measured with `sent` small datagrams: round trips in seconds, and how many came back."""

    kind: str  # veth, netem or wire
    sent: int
    came_back: int
    p50_s: float
    p99_s: float


class Host:
    """A namespace with an address that the hub and the other hosts reach."""

    def __init__(self, name: str, address: str, link: Link, kind: str) -> None:
        self.name, self.address, self.link, self.kind = name, address, link, kind

    def command(self, words: list[str]) -> list[str]:
        """Return the arguments that run `words` on this host; the process id stays that of the child."""
        return ["ip", "netns", "exec", self.name, *words]


class Network:
    """A hub with a bridge, and hosts around it; use `network` to make one."""

    def __init__(self, name: str, seed: int) -> None:
        self.hub, self._seed = Host(f"{name}-hub", "10.77.0.1", Link(), "bridge"), seed
        self._name = name
        self.hosts: list[Host] = []
        self._wires: list[Child] = []
        self._stack = contextlib.ExitStack()

    def add(self, link: Link = Link()) -> Host:  # noqa: B008  # frozen
        """Make one more host behind `link`; raises NetworkError."""
        number = len(self.hosts)
        kind = "veth" if not link.shaped else "netem" if has_netem() else "wire"
        host = Host(f"{self._name}-{number}", f"10.77.0.{10 + number}", link, kind)
        self._namespace(host.name)
        near, far = f"h{number}", "eth0"
        if kind == "wire":
            self._wire(host, near, far)
        else:
            pair = ["type", "veth", "peer", "name", far, "netns", host.name]
            _ip("link", "add", near, "netns", self.hub.name, *pair)
        _ip("-n", self.hub.name, "link", "set", near, "master", "br0", "up", "txqueuelen", QUEUE)
        _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", far)
        _ip("-n", host.name, "link", "set", far, "up", "txqueuelen", QUEUE)
        if kind == "netem":
            for where, device in ((self.hub, near), (host, far)):
                _netem(where, device, link)
        self._introduce(host, far)
        self.hosts.append(host)
        return host

    def _introduce(self, host: Host, device: str) -> None:
        """Tell the new host and the others each other's hardware addresses.

        Otherwise they ask for them when they first speak, over a link that may lose the question three times: then
        the kernel gives up for a second, and a link that loses half its frames appears to lose all.
        """
        _ip("-n", host.name, "link", "set", device, "address", _hardware(host.address))
        for other, its_device in [(self.hub, "br0"), *((older, "eth0") for older in self.hosts)]:
            for here, there, out in ((host, other, device), (other, host, its_device)):
                known = f"to {there.address} lladdr {_hardware(there.address)} dev {out} nud permanent"
                _ip("-n", here.name, "neigh", "replace", *known.split())

    def cut(self, host: Host) -> None:
        """Take the host off the network; what is on its way is lost."""
        _ip("-n", self.hub.name, "link", "set", self._near(host), "down")

    def heal(self, host: Host) -> None:
        """Put the host back."""
        _ip("-n", self.hub.name, "link", "set", self._near(host), "up")

    def _near(self, host: Host) -> str:
        return f"h{self.hosts.index(host)}"

    def _namespace(self, name: str) -> None:
        _ip("netns", "add", name)
        self._stack.callback(_ip, "netns", "del", name)
        _ip("-n", name, "link", "set", "lo", "up")

    def begin(self) -> None:
        """Make the hub."""
        self._namespace(self.hub.name)
        _ip("-n", self.hub.name, "link", "add", "br0", "type", "bridge", "forward_delay", "0")
        _ip("-n", self.hub.name, "link", "set", "br0", "address", _hardware(self.hub.address))
        _ip("-n", self.hub.name, "addr", "add", f"{self.hub.address}/24", "dev", "br0")
        _ip("-n", self.hub.name, "link", "set", "br0", "up")

    def end(self) -> None:
        """Remove everything; the wires first, because they hold the devices."""
        for wire in self._wires:
            wire.end(END_S)
        self._stack.close()

    def _wire(self, host: Host, near: str, far: str) -> None:
        ends = []
        for side, where, final in (("a", self.hub, near), ("b", host, far)):
            name = f"{self._name}{side}"
            ends.append(_tap(name))
            self._stack.callback(os.close, ends[-1])
            _ip("link", "set", name, "netns", where.name)
            _ip("-n", where.name, "link", "set", name, "name", final)
        delay = ["--delay", repr(host.link.round_trip_s / 2), "--loss", repr(host.link.loss)]
        command = [sys.executable, "-P", "-m", WIRE, *map(str, ends), *delay, "--seed", str(self._seed)]
        wire = Child(command, pass_fds=ends)
        self._wires.append(wire)
        if not wire.line(START_S):
            raise NetworkError(f"The wire between two hosts did not start: {wire.last_words()}.")


@contextlib.contextmanager
def network(seed: int = 0) -> Iterator[Network]:
    """Yield a network without hosts; raises NetworkError, one sentence, when this machine or user cannot have one."""
    _check()
    _sweep()
    made = Network(f"cmp{os.getpid()}", seed)
    try:
        made.begin()
        yield made
    finally:
        made.end()


def _check() -> None:
    if sys.platform != "linux":
        raise NetworkError("Network namespaces exist on Linux only.")
    if os.geteuid() != 0:
        raise NetworkError("Network namespaces need root: run it as root, such as with sudo.")
    if shutil.which("ip") is None:
        raise NetworkError("Network namespaces need the command ip: install the package iproute2.")


def _sweep() -> None:
    """Remove the namespaces of processes that are gone."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    for found in _OURS.finditer(listed):
        if not os.path.exists(f"/proc/{found[1]}"):  # noqa: PTH110
            _ip("netns", "del", found[0])


def has_netem() -> bool:
    """Return whether this kernel can delay frames by itself."""
    if shutil.which("tc") is None:
        return False
    tried = subprocess.run(
        ["unshare", "-n", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


def _netem(where: Host, device: str, link: Link) -> None:
    shape = f"limit 200000 delay {link.round_trip_s / 2 * 1e6:.0f}us loss {link.loss:.4%}"
    _run(["tc", "-n", where.name, "qdisc", "add", "dev", device, "root", "netem", *shape.split()])


@contextlib.contextmanager
def inside(host: Host) -> Iterator[None]:
    """Put the calling thread on `host`: sockets it opens, and threads and processes it starts, are there."""
    with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{host.name}", "rb") as there:  # noqa: PTH123
        _enter(there)
        try:
            yield
        finally:
            _enter(before)


def _enter(namespace: IO[bytes]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), CLONE_NEWNET):
        raise NetworkError(f"Cannot enter a network namespace: {os.strerror(ctypes.get_errno())}.")


def measure(host: Host, hub: Host, probes: int = PROBES) -> Found:
    """Send small datagrams from the hub to the host and back, one at a time; return what the link really does."""
    with inside(host):
        there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        there.bind((host.address, 0))
    with inside(hub):
        here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    patience_s = 4 * host.link.round_trip_s + 0.05
    trips: list[float] = []
    with there, here:
        there.settimeout(patience_s)
        here.settimeout(patience_s)
        for number in range(probes):
            word = struct.pack("!I", number)
            start = time.monotonic()
            here.sendto(word, there.getsockname())
            with contextlib.suppress(TimeoutError):
                _echo(there, word)
                while here.recv(4) != word:
                    pass
                trips.append(time.monotonic() - start)
    trips.sort()
    p50, p99 = (
        trips[min(len(trips) - 1, int(len(trips) * share))] if trips else float("nan")
        for share in (0.5, 0.99)
    )
    return Found(host.kind, probes, len(trips), p50, p99)


def _echo(there: socket.socket, word: bytes) -> None:
    """Send `word` back; one that comes late, after its sender gave up, is passed over."""
    while True:
        came, sender = there.recvfrom(4)
        if came == word:
            there.sendto(came, sender)
            return


def _tap(name: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), TAP))
    except OSError as error:
        os.close(end)
        raise NetworkError(f"Cannot make a TAP device: {os.strerror(error.errno or errno.EIO)}.") from error
    return end


def _hardware(address: str) -> str:
    """Return a locally administered hardware address that holds the IPv4 address."""
    return "02:00:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def _ip(*words: str) -> None:
    _run(["ip", *words])


def _run(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NetworkError(f"`{' '.join(words)}` failed: {done.stderr.strip() or done.returncode}.")
