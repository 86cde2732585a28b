"""The scheduler of a cluster is lost in the middle of a run; a file of its own, as hosts bear the process's number."""

import os
import shutil

import pytest

from benchmarks import apart
from benchmarks.apart import Waiting
from compare.contract import Paradigm, Server
from compare.engine.cluster import connect
from compare.engine.many import Finished, Many
from compare.network import hosts
from compare.records import Cell, Closed, Contestant

pytestmark = [
    pytest.mark.full,
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("ip") is None,
        reason="namespaces need root and the package iproute2",
    ),
]


def test_a_scheduler_that_is_lost_ends_the_run_and_what_was_made_is_kept():
    rounds = [
        [Cell("x", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(10), round=n)] for n in range(40)
    ]
    with (
        apart.site(1) as there,
        hosts.inside(there.network.hub),
        connect(there.where, there.certs) as cluster,
    ):
        many = Many(
            rounds,
            lambda: cluster.machines(f"gone-{os.getpid()}", apart.opened, Waiting(0.5)),
            patience_s=3.0,
        )
        finished = []
        for event in many.events():
            if isinstance(event, Finished):
                finished.append(event.attempt.round)
                there.scheduler.kill()
        assert finished
        assert sorted({*many.spread.unmade, *many.spread.given_up, *finished}) == list(range(40))
