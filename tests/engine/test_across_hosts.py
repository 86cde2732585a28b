"""Servers on one host and their load from another, over TLS and a wire between network namespaces."""

import os
import shutil
import subprocess

import numpy as np
import pytest
from watching import Notes

from benchmarks import apart
from compare import bench, records
from compare.bench import Ask
from compare.clustered import Where
from compare.contract import Paradigm
from compare.engine.fleet import Fleet
from compare.experiments.options import Options
from compare.network import hosts

AHEAD_S = 5000.0  # the clock of the host that the load comes from
OPTIONS = Options(paradigms=(Paradigm.NATIVE,), concurrency=(20,), delay_s=0.02, duration_s=0.5, rounds=2)

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("ip") is None or not os.path.exists("/proc/self/timens_offsets"),  # noqa: PTH110
        reason="namespaces need root, the package iproute2 and a kernel with time namespaces",
    ),
]


class Replacing(Notes):
    """Does something once when it is said that round 1 begins."""

    def __init__(self, do):
        super().__init__()
        self._do = do

    def remark(self, sentence):
        super().remark(sentence)
        if self._do is not None and "begins round 1" in sentence:
            do, self._do = self._do, None
            do()


@pytest.fixture(scope="module")
def site():
    with apart.site(2, ahead_s=(0.0, AHEAD_S)) as there:
        yield there


def measured(site, out, watcher):
    """Run the benchmark as the command does on the hub; return what was kept."""
    server_on, load_from = (host.name for host in site.network.hosts)
    where = Where(site.where, site.certs, server_on=server_on, load_from=load_from)
    with hosts.inside(site.network.hub):
        outcome = bench.run(Ask(options=OPTIONS, out=out, cluster=where), watcher)
    return records.read(outcome.folder)


def frames_sent(host):
    words = host.command(["cat", "/sys/class/net/eth0/statistics/tx_packets"])
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def answered(run):
    return sum(np.count_nonzero(one.samples.status == 200) for one in run.measurements)


def names(machine):
    """Return the workers that a machine of two is made of."""
    return [one.rpartition(":")[0] for one in machine.split(" under load from ")]


def test_every_request_crosses_the_wire_and_no_number_shows_that_the_clocks_are_apart(site, tmp_path):
    there = site.network.hosts
    before = frames_sent(there[1])
    run = measured(site, tmp_path, Notes())
    assert {one.failure for one in run.measurements} == {None}
    assert sorted(one.cell.round for one in run.measurements) == [0, 0, 1, 1]
    assert {tuple(names(one.machine)) for one in run.measurements} == {tuple(host.name for host in there)}
    assert frames_sent(there[1]) - before >= answered(run) > 0
    for one in run.measurements:
        assert one.usage.cpu_s > 0  # of the load's window, which began 5,000 s later on the other clock
        assert one.generator.notes == ()
        response_s = one.samples.done_s - one.samples.intended_s
        assert np.nanmin(response_s) > 0.0199
        assert np.nanmax(response_s) < AHEAD_S / 100


def test_a_round_whose_load_dies_is_made_again_whole_when_that_machine_is_back(site, tmp_path, monkeypatch):
    # a busy machine needs longer than 30 s to start a worker
    monkeypatch.setitem(Fleet.__init__.__kwdefaults__, "patience_s", 150.0)
    load = site.network.hosts[1]

    def replace():
        site.kill(load)
        site.begin(load, AHEAD_S)

    watcher = Replacing(replace)
    run = measured(site, tmp_path, watcher)
    results = [one for one in run.measurements if not one.superseded]
    assert sorted((one.cell.round, one.attempt) for one in results) == [(0, 2), (0, 2), (1, 1), (1, 1)]
    assert {one.failure for one in results} == {None}
    (lost,) = run.lost
    assert (lost.round, lost.attempt) == (0, 1)
    assert f"{load.name}:" in lost.reason
    assert any(said.endswith("Its round 1 is made again elsewhere.") for said in watcher.remarks)
