"""Loop lag: a loop that is held up shows it."""

import asyncio
import time

import pytest
import uvloop

from compare.contract import LoopLag
from compare.serving.lag import TICK_S, Ticker


async def ticks(number):
    """Run a ticker for `number` ticks; what runs on each is the second argument's business."""
    done = asyncio.Event()
    seen = []

    def on_tick():
        seen.append(1)
        if len(seen) == number:
            done.set()

    ticker = Ticker(on_tick)
    ticker.start()
    return ticker, done


async def test_before_the_first_tick_there_is_no_lag():
    assert Ticker(lambda: None).lag() == LoopLag(0.0, 0.0, 0.0)


async def test_a_loop_held_up_for_longer_than_a_tick_is_seen_to_lag():
    ticker, done = await ticks(1)
    time.sleep(5 * TICK_S)  # noqa: ASYNC251  # holding the loop up is what is tested
    await done.wait()
    ticker.stop()
    assert ticker.lag().max >= 4 * TICK_S


async def test_a_loop_that_stood_still_counts_each_tick_it_missed():
    """Ticks are due on a schedule: a loop held up for 25 ticks missed 25, the first the latest."""
    ticker, done = await ticks(1)
    time.sleep(25 * TICK_S)  # noqa: ASYNC251  # holding the loop up is what is tested
    await done.wait()
    ticker.stop()
    lag = ticker.lag()
    assert lag.max >= 24 * TICK_S
    assert lag.max / 2 - 2 * TICK_S <= lag.p50 <= lag.max / 2 + 2 * TICK_S


async def test_after_a_standstill_the_schedule_goes_on_where_it_was():
    seen, twice = [], asyncio.Event()

    def on_tick():
        seen.append(time.monotonic())
        if len(seen) == 2:
            twice.set()

    ticker = Ticker(on_tick)
    began = time.monotonic()
    ticker.start()
    time.sleep(2.5 * TICK_S)  # noqa: ASYNC251  # holding the loop up is what is tested
    await twice.wait()
    ticker.stop()
    assert seen[1] - began >= 3 * TICK_S - 1e-4, "the ticks of the standstill are not made up for"


async def lag_of(number):
    """Return the lag after so many ticks of a loop that has nothing else to do."""
    ticker, done = await ticks(number)
    await done.wait()
    ticker.stop()
    return ticker.lag()


@pytest.mark.parametrize(
    "factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_the_lag_is_not_rounded_to_a_loops_milliseconds(factory):
    with asyncio.Runner(loop_factory=factory) as runner:
        lag = runner.run(lag_of(5))
    assert abs(lag.max - round(lag.max, 3)) > 1e-9


async def test_the_quantiles_are_in_order():
    ticker, done = await ticks(5)
    await done.wait()
    ticker.stop()
    lag = ticker.lag()
    assert 0 <= lag.p50 <= lag.p99 <= lag.max


async def test_after_the_stop_it_ticks_no_more():
    seen = []
    ticker = Ticker(lambda: seen.append(1))
    ticker.start()
    ticker.stop()
    after = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(2 * TICK_S, after.set_result, None)
    await after
    assert seen == []
