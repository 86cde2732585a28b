"""Hosts in network namespaces: real sockets over links whose delay and loss are measured."""

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from compare.network import hosts
from compare.network.hosts import Link, NetworkError, inside, measure, network

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="network namespaces need root and the package iproute2",
)


@needs_root
def test_a_link_delays_there_and_back_and_loses_what_it_is_asked_to():
    with network(seed=3) as made:
        plain, far = made.add(), made.add(Link(round_trip_s=0.01))
        lossy = made.add(Link(loss=0.5))
        found = measure(far, made.hub, 20)
        assert found.came_back == 20
        assert measure(plain, made.hub, 20).p50_s < found.p50_s
        assert found.p50_s >= 0.01
        # both ways at one half each: a quarter comes back
        assert 2 <= measure(lossy, made.hub, 40).came_back <= 20


@needs_root
def test_hosts_know_each_other_before_they_speak_so_that_a_link_loses_data_only():
    with network() as made:
        hosts = [made.hub, made.add(Link(loss=0.5)), made.add()]
        for here in hosts:
            listed = subprocess.run(
                here.command(["ip", "neigh"]), capture_output=True, text=True, check=True
            ).stdout
            known = {line.split()[0] for line in listed.splitlines() if "PERMANENT" in line}
            assert known == {there.address for there in hosts if there is not here}


@needs_root
def test_hosts_reach_each_other_and_a_cut_one_comes_back_when_healed():
    with network() as made:
        one, other = made.add(), made.add()
        with inside(one):
            listening = socket.create_server((one.address, 0))
        with listening, inside(other):
            address = listening.getsockname()
            socket.create_connection(address, timeout=60).close()
            made.cut(one)
            with pytest.raises(OSError):  # noqa: PT011  # which one depends on what the kernel still remembers
                socket.create_connection(address, timeout=0.2)
            made.heal(one)
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(address, timeout=0.5).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline, "the host did not come back"


@needs_root
def test_a_command_runs_on_its_host_under_its_own_process_id():
    with network() as made:
        host = made.add()
        words = [sys.executable, "-c", "import os, socket; print(os.getpid(), socket.if_nameindex())"]
        process = subprocess.Popen(host.command(words), stdout=subprocess.PIPE, text=True)
        said, _ = process.communicate(timeout=60)
        assert said.startswith(f"{process.pid} ")
        assert "eth0" in said


@needs_root
def test_nothing_is_left_behind():
    def there():
        return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout

    with network() as made:
        made.add(Link(round_trip_s=0.001))
        name = made.hub.name
        assert name in there()
    assert name not in there()


@needs_root
def test_what_a_killed_process_left_is_removed_by_the_next():
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = f"cmp{gone.pid}-hub"
    subprocess.run(["ip", "netns", "add", left], check=True)
    with network():
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        assert left not in listed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("os.geteuid", lambda: 1000), "Network namespaces need root"),
        (("sys.platform", "darwin"), "Network namespaces exist on Linux only"),
        (("shutil.which", lambda _: None), "need the command ip: install the package iproute2"),
    ],
)
def test_where_namespaces_cannot_be_made_the_reason_is_one_sentence(change, sentence, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(*change)
    with pytest.raises(NetworkError, match=sentence):
        hosts._check()
