"""What runs on a worker, here in this process."""

import contextlib
import os

import cluster_work
import pytest

from compare.contract import Paradigm, Server
from compare.engine import remote
from compare.engine.many import MachineLostError
from compare.engine.ready import Ready, Seen
from compare.engine.spread import Attempt
from compare.records import Cell, Closed, Contestant


def test_a_task_started_twice_measures_nothing_the_second_time():
    cell, attempt = (
        Cell("concurrency", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(10)),
        Attempt(0, 1, "m"),
    )
    words = ("twice", cluster_work.opened, cluster_work.Order(0), cell, attempt, 0)
    try:
        assert not isinstance(remote.measure(*words), remote.Rerun)
        second = remote.measure(*words)
        assert isinstance(second, remote.Rerun)
        assert f"process {os.getpid()}" in second.first
    finally:
        remote.end("twice")


def test_a_session_is_opened_once_and_closed_at_the_end():
    cell = Cell("concurrency", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(10))
    order = cluster_work.Order(0)
    assert remote.prepare("session", cluster_work.opened, order) == Seen()
    for number in (1, 2):
        remote.measure("session", cluster_work.opened, order, cell, Attempt(0, number, "m"), 0)
    assert len(remote._sessions) == 1
    remote.end("session")
    assert not remote._sessions
    # the markers are gone too, so the same run may be made again
    assert not isinstance(
        remote.measure("session", cluster_work.opened, order, cell, Attempt(0, 1, "m"), 0), remote.Rerun
    )
    remote.end("session")


def test_a_session_whose_other_machine_was_lost_is_closed_so_that_the_next_attempt_opens_one_anew():
    cell = Cell("concurrency", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(10))
    closed = []

    @contextlib.contextmanager
    def opened(_order):
        def measure(_cell):
            raise MachineLostError("m2 was lost.")

        yield Ready(measure)
        closed.append(True)

    for number in (1, 2):
        with pytest.raises(MachineLostError):
            remote.measure("afar", opened, cluster_work.Order(0), cell, Attempt(0, number, "m"), 0)
    assert closed == [True, True]
    remote.end("afar")
