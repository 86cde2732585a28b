"""The registry of flights, without a server."""

import asyncio

import pytest

from compare.contract import ContractError, ErrorCode, LoopLag, Paradigm
from compare.serving.flights import Flights
from compare.work.loading import load


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def flights(limit=0, timeout_s=60.0, clock=None):
    return Flights(load("sleep"), limit, timeout_s, clock or Clock())


async def fly(registry, wait, delay_s=0.0):
    """Wait for one long I/O in the way of `wait`, as the handlers do; return the seconds it took."""
    with registry.admit(Paradigm.NATIVE, delay_s) as flight:
        flight.result = await wait(flight)
    return flight.took_s


def native(flight):
    return flight.native()


async def test_the_seconds_a_flight_took_are_the_clocks():
    clock = Clock()

    async def wait(_flight):
        clock.now = 2.5
        return b""

    assert await fly(flights(clock=clock), wait) == 2.5


async def test_only_flights_past_the_timeout_expire():
    clock = Clock()
    registry = flights(timeout_s=10, clock=clock)
    hanging = asyncio.get_running_loop().create_future()
    old = asyncio.create_task(fly(registry, lambda _: hanging))
    await asyncio.sleep(0)
    clock.now = 6
    young = asyncio.create_task(fly(registry, lambda _: asyncio.get_running_loop().create_future()))
    await asyncio.sleep(0)
    clock.now = 10.5
    registry.expire()
    registry.expire()  # a second tick before the task has run must not cancel it twice
    with pytest.raises(ContractError) as caught:
        await old
    assert caught.value.code is ErrorCode.IO_TIMEOUT
    assert not young.done()
    assert old.cancelling() == 0
    assert registry.cancel_all() == 1
    with pytest.raises(asyncio.CancelledError):
        await young


async def test_a_cancellation_from_outside_is_passed_on_and_counted():
    registry = flights()
    task = asyncio.create_task(fly(registry, native, 60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stats = registry.stats(LoopLag())
    assert (stats.in_flight, stats.failed, stats.completed) == (0, 1, 0)


async def test_while_draining_nothing_is_admitted():
    registry = flights()
    registry.draining = True
    with pytest.raises(ContractError) as caught:
        await fly(registry, native)
    assert caught.value.message == "The server is stopping."
    assert caught.value.headers == {"Retry-After": "1"}


async def test_a_fault_that_merely_resembles_a_lack_of_threads_is_a_fault_of_the_work():
    async def wait(_flight):
        raise RuntimeError("no rows")

    registry = flights()
    with pytest.raises(ContractError) as caught:
        await fly(registry, wait)
    assert caught.value.code is ErrorCode.IO_FAILED
    assert registry.stats(LoopLag()).failed == 1
