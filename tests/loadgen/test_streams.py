"""Both loops against real sockets, in this process: what a misbehaving server becomes in the stamps."""

import asyncio
import gc
import math
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from running import free_port
from scripted import rows, saying, serving, stream

from compare.loadgen import generator, streams
from compare.loadgen.ledger import COLUMNS, Ended, Ledger

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"
TIMED = pytest.mark.alone  # says when something happened, to some milliseconds


@pytest.fixture(autouse=True)
def usual_garbage_collection():
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """The first connections are open before anything is due, however long that takes."""
    opened = generator._open
    monkeypatch.setattr(generator, "_open", lambda made, _: opened(made, 60.0))


async def test_a_closed_loop_keeps_each_connection_busy_and_never_more():
    async with serving(saying(OK, 0.01)) as server:
        got = await rows(stream(server.port, 8))
    assert len(server.talks) == 8
    assert server.most_at_once == 8
    assert (got.stream.connections, got.stream.reconnects) == (8, 0)
    assert got.kinds() == {200}
    # in flight by Little's law: nothing is missing between two requests of a connection
    ends = np.nan_to_num(got.done, nan=got.window)
    spans = np.clip(np.minimum(ends, got.window) - np.maximum(got.intended, 0), 0, None)
    assert spans.sum() / got.window == pytest.approx(8, rel=1e-6)


async def test_a_closed_loop_sends_again_at_the_moment_of_the_answer():
    async with serving(saying(OK, 0.005)) as server:
        got = await rows(stream(server.port, 1))
    np.testing.assert_array_equal(got.intended[1:], got.done[:-1])
    assert (got.sent >= got.intended).all()


async def test_first_requests_are_spread_over_the_ramp_so_that_equal_waits_stay_out_of_step():
    async with serving(saying(OK, 0.1)) as server:
        got = await rows(stream(server.port, 20, ramp_s=0.1, seed=5), duration_s=0.1)
    firsts = np.sort(got.intended)[:20]
    assert firsts[-1] - firsts[0] > 0.08
    assert np.diff(firsts).max() < 0.011


async def test_requests_before_the_window_are_stamped_with_negative_times():
    async with serving(saying(OK, 0.005)) as server:
        got = await rows(stream(server.port), warmup_s=0.1)
    assert got.intended.min() == pytest.approx(-0.1, abs=1e-6)
    assert (got.status[got.intended < 0] == 200).all()
    assert got.mine.any()


async def test_the_last_requests_of_the_window_are_waited_for_under_load():
    async with serving(saying(OK, 0.1)) as server:
        got = await rows(stream(server.port, 4), duration_s=0.15, warmup_s=0.0)
    assert got.done[got.mine].max() > got.window
    assert got.kinds() == {200}
    after = got.intended >= got.window
    assert after.any(), "the load stays on until the window's requests are answered"


async def test_a_server_that_closes_after_each_answer_costs_reconnects_and_no_request():
    async with serving(saying(LAST)) as server:
        got = await rows(stream(server.port, 2))
    assert got.kinds() == {200}
    assert got.stream.connections == 2
    assert got.stream.reconnects == pytest.approx(got.stream.rows, abs=4)
    assert len(server.talks) == pytest.approx(got.stream.rows, abs=4)


async def test_a_server_that_closes_without_a_word_after_each_answer_loses_no_request():
    def answer(talk):
        talk.say(OK, close=True)

    async with serving(answer) as server:
        got = await rows(stream(server.port, 1))
    # each second request meets a closed connection and is told so: a sample, not a silent repetition
    assert got.kinds() == {200, Ended.RESET}


async def test_errors_with_a_status_are_samples_with_that_status():
    async with serving(saying(BUSY, 0.001)) as server:
        got = await rows(stream(server.port))
    assert got.kinds() == {503}


@pytest.mark.parametrize("rate_rps", [None, 100.0])
async def test_where_nobody_listens_each_request_is_refused(rate_rps):
    got = await rows(stream(free_port(), rate_rps=rate_rps), duration_s=0.3)
    assert got.kinds() == {Ended.REFUSED}
    assert np.isnan(got.sent).all()
    assert not np.isnan(got.done).any()
    assert (got.stream.connections, got.stream.reconnects) == (0, 0)


@TIMED
async def test_a_dead_server_is_asked_ever_more_rarely_in_a_closed_loop():
    got = await rows(stream(free_port(), 1), duration_s=0.5, warmup_s=0.0)
    gaps = np.diff(got.intended)
    assert 2 <= len(gaps) <= 5
    assert (gaps >= 0.02 * 2.0 ** np.arange(len(gaps)) - 1e-6).all(), (
        "doubled each time, counting from the first connection"
    )


async def test_an_open_loop_refused_by_a_dead_server_still_keeps_its_schedule():
    got = await rows(stream(free_port(), rate_rps=200.0), duration_s=0.3, warmup_s=0.0)
    assert got.mine.sum() == 60


async def test_a_reset_in_the_middle_of_an_answer_is_a_sample_and_the_load_goes_on():
    def answer(talk):
        if talk.server.requests % 3:
            talk.say(OK)
        else:
            talk.say(OK[:10])
            talk.reset()

    async with serving(answer) as server:
        got = await rows(stream(server.port, 2))
    assert got.kinds() == {200, Ended.RESET}
    assert got.stream.reconnects == pytest.approx((got.status == Ended.RESET).sum(), abs=2)


async def test_what_is_no_http_is_malformed():
    async with serving(saying(b"220 mail ready\r\n")) as server:
        got = await rows(stream(server.port))
    assert got.kinds() == {Ended.MALFORMED}
    assert not np.isnan(got.done).any()


@pytest.mark.parametrize("rate_rps", [None, 50.0])
async def test_a_server_that_never_answers_leaves_every_request_unanswered(rate_rps):
    async with serving(saying(OK, 60)) as server:
        got = await rows(stream(server.port, 16, rate_rps=rate_rps), warmup_s=0.0, timeout_s=0.1)
    assert set(got.status.tolist()) == {Ended.UNANSWERED}
    assert len(got.status) == (16 if rate_rps is None else 15)
    assert np.isnan(got.done).all()
    assert not np.isnan(got.sent[got.status == Ended.UNANSWERED]).any()
    assert got.outcome.end_s - got.outcome.window[1] >= 0.1


async def test_an_open_loop_never_waits_for_answers():
    def answer(talk):  # nobody until forty have asked
        for one in talk.server.talks if talk.server.requests >= 40 else ():
            while one.answering:
                one.say(OK)

    async with serving(answer) as server:
        got = await rows(stream(server.port, 100, rate_rps=200.0))
    assert got.mine.sum() == 40
    np.testing.assert_allclose(np.sort(got.intended[got.mine]), np.arange(40) / 200, atol=1e-6)
    assert got.kinds() == {200}
    assert server.most_at_once >= 40


async def test_a_request_that_finds_no_free_connection_leaves_late_with_its_time_kept():
    async with serving(saying(OK, 0.05)) as server:
        got = await rows(stream(server.port, 1, rate_rps=100.0), warmup_s=0.0)
    mine = np.argsort(got.intended[got.mine])
    intended, sent, done = (times[got.mine][mine] for times in (got.intended, got.sent, got.done))
    np.testing.assert_allclose(np.diff(intended), 0.01, atol=1e-6)
    assert (sent[1:] >= done[:-1]).all(), "10 ms apart, served 50 ms apart"
    assert server.most_at_once == 1, "never pipelined"
    assert (done - intended).max() > 0.75
    assert got.kinds() == {200}


async def test_what_was_due_and_never_sent_is_a_sample():
    async with serving(saying(OK, 60)) as server:
        got = await rows(stream(server.port, 1, rate_rps=100.0), timeout_s=0.05, warmup_s=0.0)
    assert got.kinds() == {Ended.UNANSWERED, Ended.UNSENT}
    assert got.mine.sum() == 20
    unsent = got.status == Ended.UNSENT
    assert np.isnan(got.sent[unsent]).all()
    assert np.isnan(got.done[unsent]).all()


async def test_an_open_loop_opens_more_connections_when_it_needs_them_up_to_its_limit():
    async with serving(saying(OK, 0.1)) as server:
        got = await rows(stream(server.port, 6, opened_first=2, rate_rps=200.0))
    assert len(server.talks) == 6
    assert got.stream.connections == 6
    assert got.stream.reconnects == 0
    # whatever a request had to wait for, it keeps the time it was due
    np.testing.assert_allclose(np.diff(np.sort(got.intended[got.mine])), 1 / 200, atol=1e-6)


async def test_the_run_goes_on_until_what_was_due_before_its_end_was_sent_and_answered():
    async with serving(saying(OK, 0.02)) as server:
        loop = asyncio.get_running_loop()
        late = streams.make(stream(server.port, rate_rps=100.0), loop, Ledger())
        await late.open()
        ends_s = monotonic()
        late.begin(ends_s - 0.1, ends_s, 0.5)  # a loop that stood still: the pacer has sent nothing of it yet
        late.close_window()
        assert not late.settled.is_set()
        await late.settled.wait()
        assert late.ledger.count >= 10
        late.stop()


async def test_poisson_arrivals_are_those_of_the_seed():
    async with serving(saying(OK)) as server:
        once, again, other = [
            np.sort((await rows(stream(server.port, rate_rps=300.0, poisson=True, seed=seed))).intended)
            for seed in (1, 1, 2)
        ]
    size = min(map(len, (once, again, other)))
    np.testing.assert_allclose(once[:size], again[:size], atol=1e-6)
    assert not np.allclose(once[:size], other[:size], atol=1e-3)


async def test_idle_connections_that_the_server_closes_are_replaced():
    async with serving(saying(OK)) as server:
        ledger = Ledger()
        idle = streams.make(stream(server.port, 5, rate_rps=100.0), asyncio.get_running_loop(), ledger)
        await idle.open()
        while len(server.talks) < 5:  # noqa: ASYNC110  # a server has no event for it
            await asyncio.sleep(0)
        for talk in server.talks:
            talk.transport.close()
        while idle._open:  # noqa: ASYNC110  # nor has the generator
            await asyncio.sleep(0)
        ends_s = monotonic() + 0.1
        idle.begin(monotonic(), ends_s, 60.0)
        await generator.until(ends_s)
        idle.close_window()
        await idle.settled.wait()
        ended = idle.stop()
    parts = dict(zip((name for name, _ in COLUMNS), ledger.parts(), strict=True))
    statuses = np.frombuffer(parts["status"], np.int16)
    assert set(statuses[np.frombuffer(parts["intended_s"]) < ends_s].tolist()) == {200}
    assert ended.reconnects >= 1


async def test_two_streams_keep_their_stamps_apart():
    async with serving(saying(OK, 0.005)) as server, serving(saying(BUSY)) as other:
        load, bystander = await rows(stream(server.port), stream(other.port, rate_rps=50.0), warmup_s=0.0)
    assert load.kinds() == {200}
    assert bystander.kinds() == {503}
    assert bystander.mine.sum() == 10


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_limit_of_this_process_is_named():
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with serving(saying(OK)) as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files() + 10, hard))
        try:
            got = await rows(stream(server.port, 50), timeout_s=1.0)  # some of them never get one
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert any("A limit was hit: no more open files" in note for note in got.outcome.notes)
    assert got.stream.connections < 50
    assert math.isfinite(got.outcome.cpu_share)
