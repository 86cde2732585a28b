"""Both trampolines: each test is something a hand-written runtime gets wrong, and these must not."""

import asyncio
import gc
import inspect
import threading

import pytest

from compare.paradigms.coroutine import coroutine
from compare.paradigms.generator import trampoline


class InThreads:
    """Handlers that yield long I/Os as the course note writes them: generators that yield their response."""

    drives = staticmethod(trampoline)

    def __init__(self):
        self.entered, self.release, self.ended = threading.Event(), threading.Event(), threading.Event()

    def io(self, work):
        yield work()

    def held(self):
        """A long I/O that says when it has begun and ends when told."""
        self.entered.set()
        self.release.wait()
        self.ended.set()
        yield "late"

    async def until(self, event):
        await asyncio.to_thread(event.wait)


class OnTheLoop:
    """Handlers that yield futures."""

    drives = staticmethod(coroutine)

    def __init__(self):
        self.entered, self.release, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def io(self, work):
        async def run():
            await asyncio.sleep(0)
            found = work()
            return await found if inspect.isawaitable(found) else found

        return asyncio.ensure_future(run())

    def held(self):
        async def run():
            self.entered.set()
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                raise ValueError("the last words of work that was cancelled") from None
            finally:
                self.ended.set()

        return asyncio.ensure_future(run())

    async def until(self, event):
        await event.wait()


@pytest.fixture(params=[InThreads, OnTheLoop])
async def runtime(request):
    runtime = request.param()
    yield runtime
    runtime.release.set()


def fail():
    raise ValueError("no such row")


async def start_waiting(runtime, handler):
    """Start `handler` and return its task once what it waits for has begun."""
    task = asyncio.get_running_loop().create_task(handler())
    await runtime.until(runtime.entered)
    return task


async def test_the_decorated_handler_is_a_coroutine_function(runtime):
    @runtime.drives
    def handler():
        yield runtime.io(lambda: 1)

    assert inspect.iscoroutinefunction(handler)
    assert handler.__name__ == "handler"
    await handler()


async def test_the_response_is_sent_in_and_the_return_value_comes_out(runtime):
    @runtime.drives
    def handler(request, *, suffix):
        response = yield runtime.io(request.upper)
        return response + suffix

    assert await handler("a", suffix="!") == "A!"


async def test_req_b_is_answered_while_req_a_waits(runtime):
    order = []

    @runtime.drives
    def req_a():
        yield runtime.io(runtime.release.wait)
        order.append("A")

    async def req_b():
        order.append("B")
        runtime.release.set()

    await asyncio.gather(req_a(), req_b())
    assert order == ["B", "A"]


async def test_a_handler_may_yield_several_times(runtime):
    @runtime.drives
    def handler():
        total = 0
        for number in range(5):
            total += yield runtime.io(lambda number=number: number)
        return total

    assert await handler() == 10


async def test_a_handler_without_a_yield_taken_still_returns(runtime):
    @runtime.drives
    def handler(wanted):
        if wanted:
            yield runtime.io(lambda: 1)
        return "done"

    assert await handler(False) == "done"


async def test_an_exception_in_the_work_is_raised_at_the_yield(runtime):
    @runtime.drives
    def handler():
        try:
            yield runtime.io(fail)
        except ValueError as error:
            return f"caught {error}"

    assert await handler() == "caught no such row"


async def test_an_exception_the_handler_does_not_catch_reaches_the_caller(runtime):
    @runtime.drives
    def handler():
        yield runtime.io(fail)

    with pytest.raises(ValueError, match="no such row"):
        await handler()


async def test_finally_runs_around_a_yield_that_raises_and_one_that_does_not(runtime):
    ran = []

    @runtime.drives
    def handler(work):
        try:
            return (yield runtime.io(work))
        finally:
            ran.append(work)

    assert await handler(str) == ""
    with pytest.raises(ValueError, match="no such row"):
        await handler(fail)
    assert ran == [str, fail]


async def test_a_handler_may_wait_again_in_except_and_finally(runtime):
    @runtime.drives
    def handler():
        try:
            yield runtime.io(fail)
        except ValueError:
            first = yield runtime.io(lambda: "second try")
        finally:
            cleaned = yield runtime.io(lambda: "cleaned")
        return first, cleaned

    assert await handler() == ("second try", "cleaned")


async def test_nested_generators_wait_by_yield_from(runtime):
    def inner(text):
        first = yield runtime.io(lambda: text)
        second = yield runtime.io(lambda: first * 2)
        return second

    @runtime.drives
    def handler():
        return (yield from inner("ab")) + (yield from inner("c"))

    assert await handler() == "ababcc"


@pytest.mark.parametrize("nothing", [None, 3, "text", [1]])
async def test_a_yield_of_something_else_is_a_type_error_at_that_yield(runtime, nothing):
    @runtime.drives
    def handler():
        with pytest.raises(TypeError, match="may yield only"):
            yield nothing
        return (yield runtime.io(lambda: "went on"))

    assert await handler() == "went on"


async def test_cancelling_runs_the_handlers_except_and_finally_at_once(runtime):
    seen = []

    @runtime.drives
    def handler():
        try:
            yield runtime.held()
        except asyncio.CancelledError:
            seen.append("except")
            raise
        finally:
            seen.append("finally")

    task = await start_waiting(runtime, handler)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["except", "finally"]
    assert not runtime.release.is_set()


async def test_a_response_after_the_caller_left_is_dropped_in_silence(runtime):
    faults, resumed = [], []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: faults.append(context))

    @runtime.drives
    def handler():
        resumed.append((yield runtime.held()))

    task = await start_waiting(runtime, handler)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    runtime.release.set()
    await runtime.until(runtime.ended)
    await asyncio.sleep(0)  # the late response, posted to the loop, is handled in this turn
    gc.collect()  # an exception that nobody took from its future is logged when the future goes
    assert (faults, resumed) == ([], [])


@pytest.mark.parametrize("last_words", ["return", "yield"])
async def test_a_handler_that_swallows_the_cancellation_is_cancelled_all_the_same(runtime, last_words):
    ended = []

    def waits():
        try:
            yield runtime.held()
        except asyncio.CancelledError:
            if last_words == "yield":
                yield runtime.held()
        finally:
            ended.append(True)

    running = waits()  # held here: the garbage collector must not be what ends it

    task = await start_waiting(runtime, runtime.drives(lambda: running))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_the_handler_runs_on_the_loops_thread_only(runtime):
    threads = []

    @runtime.drives
    def handler():
        threads.append(threading.current_thread())
        try:
            yield runtime.io(fail)
        except ValueError:
            threads.append(threading.current_thread())
        yield runtime.io(str)
        threads.append(threading.current_thread())

    await handler()
    assert threads == [threading.main_thread()] * 3
