"""One worker as a machine of a run."""

import contextlib

import pytest

from compare.engine import remote
from compare.engine.machine import Machine, UnreadyError
from compare.engine.ready import Seen
from compare.errors import CompareError


class Cluster:
    """Answers what was asked of a worker, or raises it."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def ask(self, address, _name, function, *words, key):
        self.asked.append((address, function, words, key))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def machine(cluster):
    return Machine(cluster, "tls://10.0.0.1:701", "m1:701", "run", None, None, contextlib.nullcontext())


def test_a_worker_makes_ready_and_says_what_it_saw():
    cluster = Cluster(Seen(took_s=2.0))
    assert machine(cluster).prepare() == Seen(took_s=2.0)
    ((address, function, words, _),) = cluster.asked
    assert (address, function, words) == ("tls://10.0.0.1:701", remote.prepare, ("run", None, None))


def test_a_worker_that_cannot_make_ready_is_named():
    with pytest.raises(UnreadyError, match=r"^m1:701: The database is missing\.$"):
        machine(Cluster(CompareError("The database is missing."))).prepare()
