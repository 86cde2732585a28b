"""The trampoline: each test is something a hand-written runtime gets wrong, and this one must not."""

import asyncio
import inspect
import threading

import pytest

from compare.paradigms.generator import trampoline


def long_io(work):
    """Return a long I/O as the course note writes it: a generator that yields its response."""
    yield work()


def fail():
    raise ValueError("no such row")


async def test_the_decorated_handler_is_a_coroutine_function():
    @trampoline
    def handler():
        yield long_io(lambda: 1)

    assert inspect.iscoroutinefunction(handler)
    assert handler.__name__ == "handler"
    await handler()


async def test_the_response_is_sent_in_and_the_return_value_comes_out():
    @trampoline
    def handler(request, *, suffix):
        response = yield long_io(request.upper)
        return response + suffix

    assert await handler("a", suffix="!") == "A!"


async def test_req_b_is_answered_while_req_a_waits():
    order = []
    release = threading.Event()

    @trampoline
    def req_a():
        yield long_io(release.wait)
        order.append("A")

    async def req_b():
        order.append("B")
        release.set()

    await asyncio.gather(req_a(), req_b())
    assert order == ["B", "A"]


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


async def test_a_handler_may_yield_several_times():
    @trampoline
    def handler():
        total = 0
        for number in range(5):
            total += yield long_io(lambda number=number: number)
        return total

    assert await handler() == 10


async def test_a_handler_without_a_yield_taken_still_returns():
    @trampoline
    def handler(wanted):
        if wanted:
            yield long_io(lambda: 1)
        return "done"

    assert await handler(False) == "done"


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


async def test_an_exception_in_the_work_is_raised_at_the_yield():
    @trampoline
    def handler():
        try:
            yield long_io(fail)
        except ValueError as error:
            return f"caught {error}"

    assert await handler() == "caught no such row"


async def test_an_exception_the_handler_does_not_catch_reaches_the_caller():
    @trampoline
    def handler():
        yield long_io(fail)

    with pytest.raises(ValueError, match="no such row"):
        await handler()


async def test_finally_runs_around_a_yield_that_raises_and_one_that_does_not():
    ran = []

    @trampoline
    def handler(work):
        try:
            return (yield long_io(work))
        finally:
            ran.append(work)

    assert await handler(str) == ""
    with pytest.raises(ValueError, match="no such row"):
        await handler(fail)
    assert ran == [str, fail]


async def test_a_handler_may_wait_again_in_except_and_finally():
    @trampoline
    def handler():
        try:
            yield long_io(fail)
        except ValueError:
            first = yield long_io(lambda: "second try")
        finally:
            cleaned = yield long_io(lambda: "cleaned")
        return first, cleaned

    assert await handler() == ("second try", "cleaned")


async def test_nested_generators_wait_by_yield_from():
    def inner(text):
        first = yield long_io(lambda: text)
        second = yield long_io(lambda: first * 2)
        return second

    @trampoline
    def handler():
        return (yield from inner("ab")) + (yield from inner("c"))

    assert await handler() == "ababcc"


@pytest.mark.parametrize("nothing", [None, 3, "text", [1]])
async def test_a_yield_that_is_no_long_io_is_a_type_error_at_that_yield(nothing):
    @trampoline
    def handler():
        with pytest.raises(TypeError, match="only long I/Os"):
            yield nothing
        return (yield long_io(lambda: "went on"))

    assert await handler() == "went on"


async def test_a_thread_that_cannot_start_is_raised_at_the_yield(monkeypatch):
    def refuse(_self):
        raise RuntimeError("can't start new thread")

    @trampoline
    def handler():
        yield long_io(lambda: 1)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        await handler()


async def start_waiting(handler, entered):
    """Start `handler` and return its task once its thread works."""
    task = asyncio.get_running_loop().create_task(handler())
    await asyncio.to_thread(entered.wait)
    return task


@pytest.fixture
def gate():
    """A long I/O that says when it has begun and ends when told."""

    class Gate:
        entered, release, ended = threading.Event(), threading.Event(), threading.Event()

        def work(self):
            self.entered.set()
            self.release.wait()
            self.ended.set()
            return "late"

    gate = Gate()
    yield gate
    gate.release.set()


async def test_cancelling_runs_the_handlers_except_and_finally_at_once(gate):
    seen = []

    @trampoline
    def handler():
        try:
            yield long_io(gate.work)
        except asyncio.CancelledError:
            seen.append("except")
            raise
        finally:
            seen.append("finally")

    task = await start_waiting(handler, gate.entered)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["except", "finally"]
    assert not gate.ended.is_set()


async def test_a_response_after_the_caller_left_is_dropped_in_silence(gate):
    faults, resumed = [], []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: faults.append(context))

    @trampoline
    def handler():
        resumed.append((yield long_io(gate.work)))

    task = await start_waiting(handler, gate.entered)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.release.set()
    await asyncio.to_thread(gate.ended.wait)
    await asyncio.sleep(0)  # the late response, posted to the loop, is handled in this turn
    assert (faults, resumed) == ([], [])


@pytest.mark.parametrize("last_words", ["return", "yield"])
async def test_a_handler_that_swallows_the_cancellation_is_cancelled_all_the_same(gate, last_words):
    ended = []

    def waits():
        try:
            yield long_io(gate.work)
        except asyncio.CancelledError:
            if last_words == "yield":
                yield long_io(gate.work)
        finally:
            ended.append(True)

    running = waits()  # held here: the garbage collector must not be what ends it

    task = await start_waiting(trampoline(lambda: running), gate.entered)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
