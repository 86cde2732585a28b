"""What a worker does for a load, in this process: it joins, prepares, begins and leaves."""

import os
import time

import made
import psutil
import pytest

from compare.engine import clocks, press
from compare.engine.press import Place, SeatError
from compare.harness import load, reference
from compare.harness.together import Part
from compare.records import Closed

HERE = Place("127.0.0.1")
TOKEN = b"0123456789abcdef"


@pytest.fixture(autouse=True)
def nobody_stays():
    yield
    for run in list(press._seats):
        press.leave(run)


@pytest.fixture(scope="module")
def part():
    with reference.serving() as url:
        yield Part(url, made.opened(Closed(4, delay_s=0.0, duration_s=0.2, warmup_s=0.05), 200.0))


def generators():
    mine = psutil.Process().children()
    return [
        one for one in mine if one.is_running() and "compare.loadgen.generator" in " ".join(one.cmdline())
    ]


def test_a_worker_tells_its_time_and_sends_from_the_moment_it_is_told(part):
    address = press.join("a", HERE, TOKEN)
    assert abs(clocks.read(address, TOKEN).ahead_s) < 1.0  # it is this machine's own clock
    press.prepare("a", part, HERE)
    start_s = time.monotonic() + 1.0
    result = press.begin("a", start_s)
    assert result.window[0] == pytest.approx(start_s + 0.05, abs=1e-6)
    assert set(result.samples.status.tolist()) == {200}
    assert not generators()  # it ends with the load, and does not wait for the command to say so


def test_a_worker_takes_part_in_one_load_at_a_time(part):
    press.join("a", HERE, TOKEN)
    press.prepare("a", part, HERE)
    with pytest.raises(SeatError, match="takes part in another load, and in one at a time"):
        press.join("b", HERE, TOKEN)
    press.leave("a")
    press.join("b", HERE, TOKEN)


def test_a_load_whose_generator_ended_gives_way(part):
    press.join("a", HERE, TOKEN)
    press.prepare("a", part, HERE)
    press._seats["a"].prepared.close()  # it was told no start
    press.join("b", HERE, TOKEN)
    assert list(press._seats) == ["b"]


def test_a_load_that_nobody_prepared_gives_way_after_a_while(monkeypatch):
    monkeypatch.setattr(press, "START_WITHIN_S", 0.0)
    press.join("a", HERE, TOKEN)
    press.join("b", HERE, TOKEN)
    assert list(press._seats) == ["b"]


def test_leaving_ends_the_generator_and_the_clock(part):
    address = press.join("a", HERE, TOKEN)
    press.prepare("a", part, HERE)
    assert len(generators()) == 1
    press.leave("a")
    assert not generators()
    with pytest.raises(clocks.ClockError):
        clocks.read(address, TOKEN)


def test_a_worker_that_was_begun_anew_says_so(part):
    with pytest.raises(SeatError, match="was begun anew after it had joined"):
        press.prepare("a", part, HERE)


def test_a_load_that_was_not_prepared_does_not_begin():
    press.join("a", HERE, TOKEN)
    with pytest.raises(SeatError, match="had not prepared"):
        press.begin("a", time.monotonic() + 1)


def test_a_clock_that_cannot_listen_is_one_sentence():
    with pytest.raises(clocks.ClockError, match=r"clock cannot listen at 192\.0\.2\.1"):
        press.join("a", Place("192.0.2.1"), TOKEN)


def test_a_load_that_is_cut_returns_what_it_measured(part):
    press.join("a", HERE, TOKEN)
    press.prepare("a", part, HERE)
    press.cut("a")
    assert press.begin("a", time.monotonic() + 30).cut
    press.cut("a")  # and one that is over disturbs nobody
    press.cut("unknown")


def test_orders_of_a_benchmark_are_played_by_one_generator_which_holds_the_seat(part, monkeypatch):
    monkeypatch.setattr(press, "START_WITHIN_S", 0.0)
    press.join("a", HERE, TOKEN)
    order = load.plan(part.load, 0, load.target(part.url))
    pids = set()
    for _ in range(2):
        outcome, rows = press.play("a", order)
        assert outcome.streams[0].rows > 0
        assert isinstance(rows, bytes)
        pids |= {one.pid for one in generators()}
    assert len(pids) == 1
    with pytest.raises(SeatError):
        press.join("b", HERE, TOKEN)
    press.leave("a")
    assert not generators()


def test_generators_are_children_of_the_worker(part):
    press.join("a", HERE, TOKEN)
    press.prepare("a", part, HERE)
    (one,) = generators()
    assert one.ppid() == os.getpid()
