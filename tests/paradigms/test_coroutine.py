"""Futures driven by the trampoline; what both trampolines keep is in test_trampoline."""

import asyncio
import threading

import pytest

from compare.paradigms.coroutine import coroutine


async def test_no_thread_is_started():
    @coroutine
    def handler():
        yield asyncio.ensure_future(asyncio.sleep(0))
        return threading.active_count()

    assert await handler() == threading.active_count()


async def test_a_future_that_is_done_already_is_sent_in_too():
    @coroutine
    def handler():
        done = asyncio.get_running_loop().create_future()
        done.set_result("ready")
        return (yield done)

    assert await handler() == "ready"


async def test_cancelling_cancels_the_future_that_is_waited_for():
    waiting = asyncio.get_running_loop().create_future()

    @coroutine
    def handler():
        yield waiting

    task = asyncio.ensure_future(handler())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waiting.cancelled()


async def test_a_future_that_somebody_else_cancels_is_raised_at_the_yield():
    waiting = asyncio.get_running_loop().create_future()

    @coroutine
    def handler():
        with pytest.raises(asyncio.CancelledError):
            yield waiting
        return "went on"

    task = asyncio.ensure_future(handler())
    await asyncio.sleep(0)
    waiting.cancel()
    assert await task == "went on"


async def test_a_future_of_another_loop_is_refused_for_it_would_call_back_on_another_thread():
    other = asyncio.new_event_loop()

    @coroutine
    def handler():
        yield other.create_future()

    with pytest.raises(TypeError, match="only futures of its own loop"):
        await handler()
    other.close()
