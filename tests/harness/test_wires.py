"""A server behind a link is measured over that link."""

import os
import shutil
from pathlib import Path

import pytest

from compare.contract import Paradigm, Server
from compare.harness import probe
from compare.harness.servers import serve
from compare.harness.wires import stretched
from compare.records import Contestant, Link

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="network namespaces need root and the package iproute2",
)
FAR = Link(round_trip_s=0.05)


def test_without_links_nothing_is_made():
    with stretched([]) as wires:
        assert wires.hosts == {}


@needs_root
@pytest.mark.parametrize("server", Server)
def test_a_server_behind_a_link_is_reached_over_it_and_gone_after_the_block(server):
    with stretched([FAR, FAR]) as wires:
        (wire,) = wires.found
        assert wire.p50_s >= FAR.round_trip_s
        contestant = Contestant(server, Paradigm.NATIVE, link=FAR)
        with serve(contestant, host=wires.hosts[FAR]) as running:
            assert running.base_url.startswith(f"http://{wires.hosts[FAR].address}:")
            assert probe.get(f"{running.base_url}/ping").status == 200
            running.check_alive()
        pid = running.pid
    assert not Path(f"/proc/{pid}").exists()
