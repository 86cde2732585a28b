"""The load generator from outside: a process of its own against servers that are processes of their own."""

import math
import os
import socket
import time

import msgspec
import numpy as np
import pytest
from made import opened
from running import free_port

from compare.harness import reference
from compare.harness.generators import Generator
from compare.harness.load import LoadError, Wire, plan, run, target
from compare.loadgen.ledger import Ledger
from compare.loadgen.protocol import Outcome, StreamOutcome
from compare.processes import launch
from compare.records import Arrivals, Closed, Open, SampleStatus


@pytest.fixture(scope="module")
def url():
    with reference.serving(delay_s=0.005) as url:
        yield url


@pytest.fixture
def nobody():
    """The URL of a port where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/"


SHORT = Closed(concurrency=4, delay_s=0.005, duration_s=0.2, warmup_s=0.05, timeout_s=60.0)
PACED = opened(msgspec.structs.replace(SHORT, concurrency=50), 200.0)


def test_a_closed_loop_gives_a_sample_of_every_request_of_the_window(url):
    before = time.monotonic()
    result = run(url, SHORT)
    after = time.monotonic()
    samples = result.samples
    mine = samples.intended_s >= 0
    assert set(samples.status.tolist()) == {200}
    assert before < result.window[0] < result.window[1] < after
    assert result.window[1] - result.window[0] == pytest.approx(0.2)
    assert samples.window_s == pytest.approx(0.2)
    assert samples.end_s >= samples.window_s
    assert 4 <= mine.sum() <= 4 * 0.2 / 0.005 + 4
    assert samples.intended_s.max() < samples.window_s <= samples.done_s.max()
    assert (np.diff(samples.intended_s) >= 0).all(), "in order of the intended send"
    assert (samples.done_s[~mine] > 0).all(), "from before the window only what was in flight when it opened"
    assert 1 <= (~mine).sum() <= 4
    assert samples.io_s.min() > 0.0039, "what the server says, whose timers count whole milliseconds"
    assert (samples.io_s <= samples.done_s - samples.sent_s).all()
    assert result.report.connections == 4
    assert result.report.reconnects == 0
    assert 0 < result.report.cpu_share < 1
    assert result.bystander is None


def test_an_open_loop_gives_a_sample_of_every_time_of_its_schedule(url):
    samples = run(url, PACED).samples
    mine = samples.intended_s[samples.intended_s >= 0]
    np.testing.assert_allclose(np.diff(mine), 1 / 200, atol=1e-6)
    assert 39 <= len(mine) <= 41
    assert (samples.sent_s >= samples.intended_s).all()


def test_the_bystander_is_asked_fifty_times_a_second_beside_any_load(url, nobody):
    for one in (SHORT, PACED):
        result = run(nobody, one, bystander_url=url)
        assert set(result.samples.status.tolist()) == {SampleStatus.REFUSED}
        assert set(result.bystander.status.tolist()) == {200}
        assert 9 <= (result.bystander.intended_s >= 0).sum() <= 11


def test_a_target_that_is_down_is_a_result_and_no_fault_of_the_generator(nobody):
    result = run(nobody, SHORT)
    assert set(result.samples.status.tolist()) == {SampleStatus.REFUSED}
    assert result.report.connections == 0


def test_the_same_seed_sends_poisson_arrivals_at_the_same_times(url):
    poisson = msgspec.structs.replace(PACED, arrivals=Arrivals.POISSON)
    once, again = (run(url, poisson, seed=3).samples.intended_s for _ in range(2))
    mine = once[once >= 0.0]
    np.testing.assert_allclose(mine[:20], again[again >= 0][:20], atol=1e-5)
    assert np.diff(mine).std() > 0.001


def test_a_closed_loop_ramps_over_the_wait_and_an_open_loop_does_not():
    whom = target("http://127.0.0.1:9/")
    slow = plan(msgspec.structs.replace(SHORT, delay_s=2.0), 1, whom)
    many = plan(msgspec.structs.replace(SHORT, delay_s=0.0, concurrency=10_000), 1, whom)
    paced = plan(PACED, 1, whom)
    assert slow.ramp_s == 2.0
    assert many.ramp_s == pytest.approx(0.2)
    assert paced.ramp_s == 0.0


@pytest.mark.parametrize(
    ("rate_rps", "concurrency", "delay_s", "opened"),
    [
        (None, 1000, 0.1, 1000),
        (10.0, 1000, 0.1, 64),
        (
            500.0,
            1000,
            0.1,
            550,
        ),  # 50 in flight by Little's law, 500 more when the server stands still for a second
        (1000.0, 50, 0.1, 50),
    ],
)
def test_connections_are_open_before_the_load_needs_them(rate_rps, concurrency, delay_s, opened):
    load = Open(concurrency, delay_s=delay_s, rate_rps=rate_rps)
    (stream,) = plan(load, 1, target("http://127.0.0.1:9/")).streams
    assert (stream.opened_first, stream.connections) == (opened, concurrency)


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://127.0.0.1:8001", b"GET / HTTP/1.1", b"127.0.0.1:8001"),
        ("http://127.0.0.1:8001/io?delay=0.1&a=b#foot", b"GET /io?delay=0.1&a=b HTTP/1.1", b"127.0.0.1:8001"),
        ("http://127.0.0.1/a%20b", b"GET /a%20b HTTP/1.1", b"127.0.0.1"),
        ("http://me:secret@127.0.0.1:1/?q", b"GET /?q HTTP/1.1", b"127.0.0.1:1"),
        ("http://[::1]:8001/x", b"GET /x HTTP/1.1", b"[::1]:8001"),
    ],
)  # fmt: skip
def test_a_url_becomes_a_request_once(url, line, host):
    assert target(url).request == line + b"\r\nHost: " + host + b"\r\n\r\n"


def test_a_host_with_several_addresses_is_loaded_where_somebody_listens(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, dead = listening.getsockname()[1], free_port()
        found = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", one)) for one in (dead, port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert target("http://somewhere/").address == ("127.0.0.1", port)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://127.0.0.1/", "must begin with http:// or https:// and a host"),
        ("127.0.0.1:8001", "must begin with http:// or https:// and a host"),
        ("http:///path", "must begin with http:// or https:// and a host"),
        ("http://127.0.0.1:port/", "is not a URL"),
        ("http://127.0.0.1:99999/", "is not a URL"),
        ("http://[::1/", "is not a URL"),
        ("http://127.0.0.1/a b", "percent-encoded"),
        ("http://127.0.0.1/ä", "percent-encoded"),
        ("http://no-such-host.invalid/", "is unknown"),
    ],
)
def test_a_url_that_cannot_be_loaded_is_refused_in_a_sentence(url, reason):
    with pytest.raises(LoadError, match=reason) as caught:
        run(url, SHORT)
    assert str(caught.value).endswith(".")


def test_connections_that_are_not_kept_say_so_and_are_opened_when_a_request_is_due():
    once = Wire(keep_alive=False)
    whom = target("http://127.0.0.1:9/", once)
    assert whom.request == b"GET / HTTP/1.1\r\nHost: 127.0.0.1:9\r\nConnection: close\r\n\r\n"
    (paced,) = plan(PACED, 1, whom, wire=once).streams
    assert (paced.keep_alive, paced.opened_first) == (False, 0)


def test_a_connection_is_not_used_again_even_if_the_server_would_keep_it(url):
    result = run(url, SHORT, wire=Wire(keep_alive=False))
    assert set(result.samples.status.tolist()) == {200}
    assert (result.report.connections, result.keep_alive) == (4, False)
    assert result.report.reconnects >= len(result.samples.status) - 4


def test_a_load_beyond_this_machines_limits_is_refused_before_anything_is_sent():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wanted = msgspec.structs.replace(SHORT, concurrency=60_000)
        with pytest.raises(LoadError, match="254 are used at most"):
            run(f"http://127.0.0.1:{listening.getsockname()[1]}/", wanted, wire=Wire(per_source=1))
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize(
    "wrong",
    [
        msgspec.structs.replace(SHORT, concurrency=0),
        msgspec.structs.replace(SHORT, duration_s=0.0),
        opened(SHORT, 0.0),
        opened(SHORT, -1.0),
    ],
)
def test_a_load_that_is_none_is_refused(url, wrong):
    with pytest.raises(LoadError, match="at least one connection"):
        run(url, wrong)


def test_samples_are_those_of_the_window_in_order_of_the_intended_send(monkeypatch):
    ledger = Ledger()
    rows = {  # intended and done, and whether it belongs to the window from 10 to 12
        (10.5, 10.9): True,
        (10.1, 11.5): True,
        (9.0, 9.5): False,  # over before it opened
        (9.5, 10.5): True,  # in flight when it opened
        (9.9, math.nan): True,
        (12.0, 12.1): False,  # the load that stays on after it
        (11.9, 12.6): True,
    }
    for intended_s, done_s in rows:
        ledger.add(intended_s, intended_s, done_s, 200 if done_s > 0 else SampleStatus.UNANSWERED)
    outcome = Outcome((StreamOutcome(ledger.count, 1, 0),), (10.0, 12.0), 13.0, 0.1)
    rows = memoryview(b"".join(ledger.parts()))
    monkeypatch.setattr(Generator, "play", lambda *_, **__: (outcome, rows))
    samples = run("http://127.0.0.1:9/", SHORT).samples
    np.testing.assert_allclose(samples.intended_s, [-0.5, -0.1, 0.1, 0.5, 1.9])
    np.testing.assert_allclose(samples.done_s, [0.5, math.nan, 1.5, 0.9, 2.6])
    assert samples.status.tolist() == [200, 0, 200, 200, 200]
    assert (samples.window_s, samples.end_s) == (2.0, 3.0)


def test_the_generator_is_started_on_the_cpu_it_is_given(monkeypatch, url):
    asked, bound = [], launch.argv

    def argv(command, *, cpu):
        asked.append(cpu)
        return bound(command, cpu=cpu)

    monkeypatch.setattr(launch, "argv", argv)
    cpu = max(os.sched_getaffinity(0))
    run(url, SHORT, cpu=cpu)
    run(url, SHORT)
    assert asked == [cpu, None]


def percentiles_s(samples):
    mine = samples.intended_s >= 0
    return np.percentile((samples.done_s - samples.intended_s)[mine], [50, 90, 97.5, 99])


@pytest.mark.alone
@pytest.mark.parametrize(
    ("rate_rps", "duration_s", "expected_s"),
    [
        (400.0, 2.5, [0.755, 0.943, 0.980]),
        pytest.param(200.0, 5.0, [0.505, 0.880, 0.955], marks=pytest.mark.full),
    ],
)
def test_a_frozen_second_shows_in_the_percentiles_as_arithmetic_says(rate_rps, duration_s, expected_s):
    """A thousand requests, 5 ms each, one second frozen: those due meanwhile wait on average half of it.

    With no coordinated omission 200/s for 5 s give p50 5.5, p90 505, p97.5 880, p99 955 ms (see method.md); 15 % for a
    shared machine.
    """
    load = Open(concurrency=1000, delay_s=0.005, duration_s=duration_s, warmup_s=0.5, rate_rps=rate_rps)
    with reference.serving(delay_s=0.005, freeze_after=500) as url:
        samples = run(url, load).samples
    assert len(samples.status[samples.intended_s >= 0]) == 1000
    assert set(samples.status.tolist()) == {200}
    p50, *tail = percentiles_s(samples)
    assert 0.005 <= p50 < 0.1 < tail[0], "most of them were due when the server did not stand still"
    np.testing.assert_array_less(0.85 * np.array(expected_s), tail)
    np.testing.assert_array_less(tail, 3 * np.array(expected_s))


@pytest.mark.alone
def test_a_known_delay_is_measured_as_what_it_is(url):
    """5 ms at the server: what the generator adds, where no other work disturbs it, is far below a millisecond."""
    closed = run(url, Closed(concurrency=8, delay_s=0.005, duration_s=1.0)).samples
    assert 0 < np.percentile(closed.done_s - closed.sent_s - closed.io_s, 10) < 0.0006


@pytest.mark.alone
def test_a_thousand_requests_a_second_leave_on_time(url):
    samples = run(url, Open(concurrency=200, delay_s=0.005, duration_s=1.0, rate_rps=1000.0)).samples
    lag = (samples.sent_s - samples.intended_s)[samples.intended_s >= 0]
    assert np.percentile(lag, 10) < 0.0005  # a pacer on the loop's own timers is 0.5-1.1 ms late
    assert not math.isnan(lag.max())
