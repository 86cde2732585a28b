"""Two workers as one machine: servers on one, the load from the other."""

import msgspec
import pytest

from compare.engine import press
from compare.engine.across import Across, Pair
from compare.engine.cluster import ClusterError
from compare.engine.press import Far, SeatError


class Order(msgspec.Struct, frozen=True):
    far: Far | None = None


class Cluster:
    """A cluster as `Across` sees it; `there` are names by addresses."""

    def __init__(self, *names, failure=None):
        self.there = {f"tls://10.0.0.{number}:70{number}": name for number, name in enumerate(names, 1)}
        self.joined, self.left, self.made, self._failure = [], [], [], failure

    def workers(self):
        return dict(self.there)

    def ask(self, address, _name, function, *_, **__):
        assert function is press.join
        if self._failure:
            raise self._failure
        self.joined.append(address)
        return "10.0.0.9", 99

    def beside(self, function, _run, *, at):
        assert function is press.leave
        self.left += at

    def machines(self, _run, _opened, order, only):
        self.made.append((order, only))
        return list(only.values())


def across(cluster):
    return Across(cluster, "run", None, Order(), Pair("a", "b"))


def test_the_two_are_one_machine_with_both_names_and_the_load_is_told_where_to_go():
    cluster = Cluster("a:701", "b:702", "c:703")
    assert across(cluster).find() == ["a:701 under load from b:702"]
    order, only = cluster.made[0]
    assert list(only) == ["tls://10.0.0.1:701"]
    assert (order.far.address, order.far.listen) == ("tls://10.0.0.2:702", "10.0.0.1")
    assert order.far.clock == ("10.0.0.9", 99)


def test_the_worker_that_sends_joins_once_and_leaves_at_the_end():
    cluster = Cluster("a:701", "b:702")
    both = across(cluster)
    for _ in range(3):
        both.find()
    both.end()
    assert cluster.joined == cluster.left == ["tls://10.0.0.2:702"]


def test_while_one_of_the_two_is_missing_there_is_no_machine():
    cluster = Cluster("a:701", "b:702")
    both = across(cluster)
    del cluster.there["tls://10.0.0.2:702"]
    assert both.find() == []


def test_a_worker_that_was_begun_anew_joins_anew():
    cluster = Cluster("a:701", "b:702")
    both = across(cluster)
    both.find()
    del cluster.there["tls://10.0.0.2:702"]
    cluster.there["tls://10.0.0.2:999"] = "b:999"
    assert both.find() == ["a:701 under load from b:999"]
    assert cluster.joined == ["tls://10.0.0.2:702", "tls://10.0.0.2:999"]


def test_a_name_that_no_worker_has_is_refused_with_those_there_are():
    with pytest.raises(ClusterError, match=r"The cluster has no worker named b; there are a, c\."):
        across(Cluster("c:702", "a:701"))


def test_a_worker_that_serves_another_command_is_named():
    with pytest.raises(ClusterError, match=r"b:702: it takes part in another load"):
        across(Cluster("a:701", "b:702", failure=SeatError("it takes part in another load."))).find()
