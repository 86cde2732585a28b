"""What the machine allows: limits raised, connections spread over addresses, and what cannot be is refused."""

import errno
import resource
import socket

import pytest

from compare.loadgen import limits
from compare.loadgen.limits import LimitError, fit
from compare.loadgen.protocol import Order, StreamOrder

HERE = (socket.AF_INET, ("127.0.0.1", 80))
RPS = 100.0


def asking_for(*connections, where=HERE, rate_rps=None, per_source=0):
    streams = [
        StreamOrder(*where, b"", each, each, rate_rps=rate_rps, per_source=per_source) for each in connections
    ]
    return Order(tuple(streams), warmup_s=0.0, duration_s=1.0, timeout_s=1.0)


class OpenFiles:
    """The limits on open files of a process that is root or is not."""

    def __init__(self, monkeypatch, soft, hard, *, root):
        self.now, self._root = (soft, hard), root
        monkeypatch.setattr(limits.resource, "getrlimit", lambda _: self.now)
        monkeypatch.setattr(limits.resource, "setrlimit", self._set)

    def _set(self, _, wanted):
        if wanted[1] > self.now[1] and not self._root:
            raise ValueError("not allowed to raise maximum limit")
        self.now = wanted


@pytest.mark.parametrize(
    ("soft", "hard", "root", "after", "said"),
    [
        (200, 4000, False, (564, 4000), ()),
        (1000, 4000, False, (1000, 4000), ()),
        (200, resource.RLIM_INFINITY, False, (564, resource.RLIM_INFINITY), ()),
        (200, 300, True, (564, 564), ("The hard limit on open files was raised from 300 to 564.",)),
    ],
)
def test_the_limits_on_open_files_are_raised_as_far_as_they_need_and_may(
    monkeypatch, soft, hard, root, after, said
):
    files = OpenFiles(monkeypatch, soft, hard, root=root)
    order = asking_for(400, 100)
    assert fit(order) == (order, said)
    assert files.now == after


def test_a_closed_loop_beyond_the_hard_limit_is_refused(monkeypatch):
    OpenFiles(monkeypatch, 200, 300, root=False)
    with pytest.raises(LimitError) as caught:
        fit(asking_for(400, 100))
    assert str(caught.value) == (
        "400 connections cannot be opened: with what stands by they need 564 open files, and "
        "the hard limit is 300 (ulimit -Hn); raise it in this shell with `sudo prlimit --pid $$ --nofile=564`."
    )


def test_an_open_loop_beyond_the_hard_limit_uses_fewer_connections_and_says_so(monkeypatch):
    files = OpenFiles(monkeypatch, 200, 300, root=False)
    fitted, (note,) = fit(asking_for(400, 100, rate_rps=RPS))
    assert [(one.connections, one.opened_first) for one in fitted.streams] == [(136, 136), (100, 100)]
    assert note.startswith("A limit was hit: at most 136 connections instead of 400, which need 564 open")
    assert files.now == (300, 300)


@pytest.fixture
def ports(monkeypatch, tmp_path):
    """100 ports, of which 75 are used from one address; as many files as anybody needs."""
    OpenFiles(monkeypatch, 10_000, 10_000, root=False)
    path = tmp_path / "ip_local_port_range"
    path.write_text("1001\t1100\n")
    monkeypatch.setattr(limits, "PORTS", path)


def test_connections_that_one_address_has_ports_for_leave_as_the_system_likes(ports):
    order = asking_for(70, 5)
    assert fit(order) == (order, ())


def test_more_connections_leave_from_further_loopback_addresses(ports):
    fitted, (said,) = fit(asking_for(150, 5))
    assert {one.sources for one in fitted.streams} == {("127.0.0.1", "127.0.0.2", "127.0.0.3")}
    assert said == "Connections leave from 3 addresses, 127.0.0.1 to 127.0.0.3, at most 75 from each."


def test_fewer_from_each_address_can_be_asked_for(ports):
    fitted, _ = fit(asking_for(40, per_source=20))
    assert fitted.streams[0].sources == ("127.0.0.1", "127.0.0.2")


@pytest.mark.parametrize("where", [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("::1", 80))])
def test_a_peer_that_has_one_address_for_us_is_not_asked_for_more_than_that_has_ports(ports, where):
    with pytest.raises(LimitError, match=r"76 connections to \S+ need 2 source addresses"):
        fit(asking_for(76, where=where))
    fitted, (note,) = fit(asking_for(76, where=where, rate_rps=RPS))
    assert fitted.streams[0].connections == 75
    assert "at most 75 connections instead of 76" in note


def test_a_machine_without_further_loopback_addresses_is_told_how_to_get_one(ports, monkeypatch):
    def leave_from(sock, source):
        if source != "127.0.0.1":
            raise OSError(errno.EADDRNOTAVAIL, "Can't assign requested address")

    monkeypatch.setattr(limits, "leave_from", leave_from)
    with pytest.raises(LimitError) as caught:
        fit(asking_for(76))
    assert str(caught.value) == (
        "76 connections need the source address 127.0.0.2, which this machine does not have (Can't assign requested "
        "address); macOS: sudo ifconfig lo0 alias 127.0.0.2."
    )


def test_more_source_addresses_than_are_used_are_refused_with_what_would_do(ports):
    with pytest.raises(LimitError, match=r"254 are used at most, e\.g\. --per-address 4"):
        fit(asking_for(1000, per_source=1))


@pytest.mark.parametrize("text", ["", "no numbers"])
def test_a_system_that_does_not_tell_its_ports_has_the_usual_ones(monkeypatch, tmp_path, text):
    path = tmp_path / "ip_local_port_range"
    if text:
        path.write_text(text)
    monkeypatch.setattr(limits, "PORTS", path)
    assert limits.local_ports() == 16384
