"""A real dask cluster of worker processes: rounds are spread, and a killed worker's round is made again and told."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import cluster_work
import msgspec
import pytest
from running import HANG_S, free_port

from compare.contract import Paradigm, Server
from compare.engine import certificates, remote
from compare.engine.cluster import Client, ClusterError, _check_alike, connect, security
from compare.engine.many import Finished, Made, Many
from compare.engine.spread import Lost
from compare.records import Cell, Closed, Contestant

pytestmark = pytest.mark.xdist_group("cluster")


def rounds_of(count, cells=2):
    paradigms = list(Paradigm)[:cells]
    return [
        [Cell("concurrency", Contestant(Server.AIOHTTP, one), Closed(10), round=number) for one in paradigms]
        for number in range(count)
    ]


@pytest.fixture(autouse=True)
def workers_find_the_test_module(monkeypatch):
    folder = str(Path(cluster_work.__file__).parent)
    monkeypatch.setenv("PYTHONPATH", folder)


@pytest.mark.full
def test_rounds_are_spread_over_the_workers_and_a_killed_one_loses_only_its_own():
    rounds = rounds_of(6)
    with connect("local:2") as cluster:
        victim, _ = cluster.check()
        many = Many(rounds, lambda: cluster.machines("kill", cluster_work.opened, cluster_work.Order(0.2)))
        finished, made, lost = [], {}, []
        for event in many.events():
            if isinstance(event, Made):
                made.setdefault(event.attempt, []).append(event.measurement.cell)
                if victim:
                    os.kill(victim.pid, signal.SIGKILL)
                    victim = None
            elif isinstance(event, Finished):
                finished.append(event.attempt)
            elif isinstance(event, Lost):
                lost.append(event)
        cluster.end("kill")
    assert sorted(attempt.round for attempt in finished) == list(range(6))
    assert all(made[attempt] == rounds[attempt.round] for attempt in finished)
    (one,) = lost
    assert " was lost (" in one.reason
    again = [attempt for attempt in finished if attempt.round == one.attempt.round]
    assert [attempt.number for attempt in again] == [2]


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("tcp://10.1.2.3:8786", r"is not encrypted, and a scheduler's port runs any code that reaches it"),
        (
            "http://127.0.0.1:1",
            r"--cluster must be tls://HOST:PORT or local:N, such as tls://10\.0\.0\.1:8786",
        ),
        ("tls://127.0.0.1:8786", r"tls:// needs --certs FOLDER"),
        ("tcp://127.0.0.1:1", r"No scheduler answers at tcp://127\.0\.0\.1:1"),
        ("local:0", r"--cluster local:N takes from 1 to 64 workers, such as local:2, not 0"),
    ],
)
def test_what_cannot_be_connected_to_is_one_sentence(where, sentence, monkeypatch):
    monkeypatch.setattr("compare.engine.cluster.CONNECT_S", 0.5)
    with pytest.raises(ClusterError, match=sentence), connect(where):
        pass


def test_workers_of_other_versions_are_refused_by_name():
    here = remote.inventory()
    for changed, sentence in (
        ({"python": "3.9.1"}, "runs Python 3.9.1 and this process"),
        ({"versions": here.versions | {"msgpack": "0.1"}}, "has msgpack 0.1 and this process"),
    ):
        other = msgspec.structs.replace(here, **changed)
        with pytest.raises(ClusterError, match=sentence):
            _check_alike([here, other])


@pytest.fixture
def certs(tmp_path):
    certificates.make(tmp_path / "certs")
    return tmp_path / "certs"


def started(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "compare", "cluster", *map(str, words)], stderr=subprocess.PIPE, text=True
    )


@pytest.mark.full
def test_over_tls_a_worker_with_our_certificates_is_let_in_and_a_foreign_one_is_not(
    certs, tmp_path, monkeypatch
):
    certificates.make(tmp_path / "foreign")
    port = free_port()
    address = f"tls://127.0.0.1:{port}"
    scheduler = started("scheduler", "--port", port, "--certs", certs)
    ours = started("worker", address, "--certs", certs, "--name", "ours")
    theirs = started("worker", address, "--certs", tmp_path / "foreign", "--name", "theirs")
    try:
        with Client(address, security=security(certs), set_as_default=False, timeout=HANG_S) as client:
            client.wait_for_workers(1, timeout=HANG_S)
        with connect(address, certs) as cluster:
            (machine,) = cluster.machines("tls", cluster_work.opened, cluster_work.Order(0))
            assert machine.name.startswith("ours:")
            assert cluster.check()[0].python == remote.inventory().python
        monkeypatch.setattr("compare.engine.cluster.CONNECT_S", 1.0)
        foreign = "does not accept these certificates|No scheduler answers"
        with pytest.raises(ClusterError, match=foreign), connect(address, tmp_path / "foreign"):
            pass
    finally:
        for process in (ours, theirs, scheduler):
            process.terminate()
        for process in (ours, theirs, scheduler):
            process.communicate(timeout=HANG_S)
