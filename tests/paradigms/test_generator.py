"""Long I/Os in threads, driven by the trampoline; what both trampolines keep is in test_trampoline."""

import threading

import pytest

from compare.paradigms.generator import trampoline


def long_io(work):
    """Return a long I/O as the course note writes it: a generator that yields its response."""
    yield work()


async def test_the_handler_runs_on_the_loop_and_the_long_io_does_not():
    threads = []

    @trampoline
    def handler():
        threads.append(threading.current_thread())
        threads.append((yield long_io(threading.current_thread)))
        threads.append(threading.current_thread())

    await handler()
    before, work, after = threads
    assert before is after is threading.main_thread()
    assert work is not before


async def test_a_long_io_may_return_its_response_instead_of_yielding_it():
    def returning():
        return "response"
        yield

    @trampoline
    def handler():
        return (yield returning())

    assert await handler() == "response"


async def test_a_long_io_is_closed_on_its_own_thread_after_its_response():
    closed_on = []

    def work():
        try:
            yield threading.current_thread()
        finally:
            closed_on.append(threading.current_thread())

    @trampoline
    def handler():
        return (yield work())

    assert [await handler()] == closed_on


async def test_a_thread_that_cannot_start_is_raised_at_the_yield(monkeypatch):
    def refuse(_self):
        raise RuntimeError("can't start new thread")

    @trampoline
    def handler():
        with pytest.raises(RuntimeError, match="can't start new thread"):
            yield long_io(lambda: 1)
        return "went on"

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert await handler() == "went on"
