"""The callback runtime: each test is a fault of a naive one, put right."""

import asyncio
import threading

import pytest

from compare.paradigms.callback import Outcome, long_io


async def run(work):
    """Run `work` in a thread and return the thread's outcome as a future's result."""
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    long_io(work, lambda outcome: outcome.settle(answered), loop)
    return await answered


async def test_the_work_runs_on_another_thread_and_its_callback_on_the_loops():
    loop = asyncio.get_running_loop()
    threads = {}
    called = asyncio.Event()

    def work():
        threads["work"] = threading.current_thread()

    def finish(_outcome):
        threads["finish"] = threading.current_thread()
        called.set()

    started = long_io(work, finish, loop)
    await called.wait()
    assert threads["work"] is started
    assert started.daemon  # nobody waits for it when the server stops
    assert threads["finish"] is threading.main_thread()


async def test_req_b_is_answered_while_req_a_waits():
    order = []
    release = threading.Event()

    async def req_a():
        await run(release.wait)
        order.append("A")

    async def req_b():
        order.append("B")
        release.set()

    await asyncio.gather(req_a(), req_b())
    assert order == ["B", "A"]


async def test_the_value_arrives():
    assert await run(lambda: "response") == "response"


async def test_an_exception_in_the_work_reaches_the_callback():
    def work():
        raise ValueError("no such row")

    with pytest.raises(ValueError, match="no such row"):
        await run(work)


@pytest.mark.parametrize("error", [StopIteration(3), SystemExit(1), KeyboardInterrupt()])
async def test_an_exception_that_no_future_can_carry_still_ends_the_wait(error):
    def work():
        raise error

    with pytest.raises(RuntimeError, match=type(error).__name__) as caught:
        await run(work)
    assert caught.value.__cause__ is error


async def test_a_result_after_the_client_left_is_dropped():
    loop = asyncio.get_running_loop()
    faults = []
    loop.set_exception_handler(lambda _loop, context: faults.append(context))
    release, settled = threading.Event(), asyncio.Event()
    answered = loop.create_future()

    def finish(outcome):
        outcome.settle(answered)
        settled.set()

    long_io(release.wait, finish, loop)
    answered.cancel()
    release.set()
    await settled.wait()
    assert answered.cancelled()
    assert faults == []


def test_a_loop_that_is_closed_when_the_work_ends_is_no_fault():
    loop = asyncio.new_event_loop()
    release = threading.Event()
    thread = long_io(release.wait, pytest.fail, loop)
    loop.close()
    release.set()
    thread.join()  # an exception in the thread would be a warning, and warnings are errors


async def test_a_thread_that_cannot_start_raises_and_never_calls_back(monkeypatch):
    def refuse(_self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        long_io(lambda: None, pytest.fail, asyncio.get_running_loop())


def test_an_outcome_returns_its_value_or_raises_its_error():
    assert Outcome(value=7).result() == 7
    with pytest.raises(KeyError):
        Outcome(error=KeyError("x")).result()


async def test_settling_twice_keeps_the_first_outcome():
    future = asyncio.get_running_loop().create_future()
    Outcome(value=1).settle(future)
    Outcome(error=KeyError()).settle(future)
    assert await future == 1
