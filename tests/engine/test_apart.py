"""Workers on hosts of their own, which are network namespaces: clocks that are far apart, a host that is cut off."""

import os
import shutil

import made
import numpy as np
import pytest

from benchmarks import apart
from benchmarks.apart import Waiting
from compare.commands import load_machines
from compare.contract import Paradigm, Server
from compare.engine import joint, pressers
from compare.engine.cluster import connect
from compare.engine.many import Began, Finished, Many
from compare.engine.spread import Lost
from compare.harness import reference
from compare.harness.together import Part
from compare.network import hosts
from compare.records import Cell, Closed, Contestant

AHEAD_S = 5000.0
LOAD = made.opened(Closed(20, delay_s=0.0, duration_s=1.0, warmup_s=0.2), 400.0)

pytestmark = [
    pytest.mark.full,
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("ip") is None or not os.path.exists("/proc/self/timens_offsets"),  # noqa: PTH110
        reason="namespaces need root, the package iproute2 and a kernel with time namespaces",
    ),
]


@pytest.fixture(scope="module")
def site():
    """Two machines; the clock of the second is far ahead."""
    with apart.site(2, ahead_s=(0.0, AHEAD_S)) as there, hosts.inside(there.network.hub):
        yield there


@pytest.fixture
def cluster(site):
    with connect(site.where, site.certs) as cluster:
        cluster.check()
        yield cluster


def test_machines_whose_clocks_are_far_apart_begin_together_and_no_latency_shows_it(site, cluster):
    hub = site.network.hub
    with reference.serving(host=hub.address) as url, pressers.crew(cluster, "skew") as machines:
        pressed = joint.press(machines, Part(url, LOAD))
    apart_s = abs(pressed[1].ahead_s - pressed[0].ahead_s)
    unsure_s = sum(one.unsure_s for one in pressed)
    assert apart_s == pytest.approx(AHEAD_S, abs=0.01 + unsure_s)
    assert abs(pressed[1].result.window[0] - pressed[0].result.window[0]) == pytest.approx(
        AHEAD_S, abs=0.01 + unsure_s
    )
    pool = load_machines.pool(pressed)
    report = load_machines.of(url, LOAD, pool, pressed)
    assert report.overlap > 0.95
    assert report.sent == pytest.approx(400, abs=4)
    assert np.nanmax(pool.samples.done_s - pool.samples.intended_s) < 60
    # the slots of one machine lie between those of the other: 2.5 ms apart, and both clocks are known far better
    assert np.diff(pool.samples.intended_s) == pytest.approx(0.0025, abs=0.001 + unsure_s)


def test_a_host_that_is_cut_off_in_a_round_loses_it_and_every_round_is_made_once(site, cluster):
    rounds = [[Cell("x", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(10), round=n)] for n in range(4)]
    many = Many(rounds, lambda: cluster.machines(f"cut-{os.getpid()}", apart.opened, Waiting(1.0)))
    finished, lost, cut_off = [], [], None
    try:
        for event in many.events():
            if isinstance(event, Began) and cut_off is None:
                name = event.attempt.machine.rpartition(":")[0]
                cut_off = next(host for host in site.network.hosts if host.name == name)
                site.network.cut(cut_off)
            elif isinstance(event, Finished):
                finished.append(event.attempt.round)
            elif isinstance(event, Lost):
                lost.append(event.attempt)
    finally:
        site.network.heal(cut_off)
    assert sorted(finished) == [0, 1, 2, 3]
    (one,) = lost
    assert one.machine.startswith(cut_off.name)
