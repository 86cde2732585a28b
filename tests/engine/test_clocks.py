"""Clocks that are apart by a known time, over a real connection."""

import itertools
import socket
import time
from contextlib import closing

import pytest

from compare.engine import clocks
from compare.engine.clocks import Clock, ClockError, read

TOKEN = b"0123456789abcdef"


@pytest.mark.parametrize("ahead_s", [0.0, 5.0, -3600.0])
def test_a_clock_that_is_ahead_is_found_to_be_by_so_much(ahead_s):
    with closing(Clock("127.0.0.1", TOKEN, clock=lambda: time.monotonic() + ahead_s)) as there:
        found = read(there.address, TOKEN)
    assert abs(found.ahead_s - ahead_s) <= found.unsure_s
    assert 0 < found.unsure_s < 1.0


def test_the_shortest_round_trip_tells_and_half_of_it_is_unsure():
    moments = iter([10.0, 10.4, 20.0, 20.1, 30.0, 30.2])
    answers = iter([110.0, 120.06, 130.0])
    with closing(Clock("127.0.0.1", TOKEN, clock=lambda: next(answers))) as there:
        found = read(there.address, TOKEN, pings=3, clock=lambda: next(moments))
    assert found.ahead_s == pytest.approx(100.01)
    assert found.unsure_s == pytest.approx(0.05)


def test_a_clock_serves_one_after_the_other():
    with closing(Clock("127.0.0.1", TOKEN)) as there:
        assert [read(there.address, TOKEN, pings=2).unsure_s > 0 for _ in range(2)] == [True, True]


def test_a_stranger_is_told_no_time():
    with closing(Clock("127.0.0.1", TOKEN)) as there, pytest.raises(ClockError, match="does not answer"):
        read(there.address, b"f" * len(TOKEN))


def test_a_clock_that_was_closed_does_not_answer(monkeypatch):
    monkeypatch.setattr(clocks, "PATIENCE_S", 0.2)
    with closing(Clock("127.0.0.1", TOKEN)) as there:
        pass
    with pytest.raises(ClockError, match="let this machine reach the workers' ports"):
        read(there.address, TOKEN)


def test_a_port_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(clocks, "PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ClockError, match="timed out"):
        read(silent.getsockname(), TOKEN)


def test_where_the_way_is_long_few_pings_are_enough():
    moments = itertools.count(0.0, 0.15)  # each round trip appears to take 150 ms
    with closing(Clock("127.0.0.1", TOKEN)) as there:
        read(there.address, TOKEN, clock=lambda: next(moments))
    assert next(moments) == pytest.approx(2 * 10 * 0.15)
