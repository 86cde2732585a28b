"""The plainest work: both faces wait at least as long as asked and return the same bytes."""

import asyncio
import time

import pytest
import uvloop

from compare.work.loading import load

sleep = load("sleep")


async def test_both_faces_wait_and_return_the_same_bytes():
    begun = time.monotonic()
    blocking = sleep.blocking(0.02)
    between = time.monotonic()
    native = await sleep.native(0.02)
    assert between - begun >= 0.02
    assert time.monotonic() - between >= 0.0199  # the loop's clock ticks in steps of its own
    assert blocking == native == b"slept"


async def test_without_a_delay_neither_face_enters_the_scheduler(monkeypatch):
    monkeypatch.setattr(time, "sleep", pytest.fail)
    monkeypatch.setattr(asyncio, "sleep", pytest.fail)
    assert sleep.blocking(0.0) == await sleep.native(0.0) == b"slept"


async def test_the_native_face_lets_others_run_meanwhile():
    ended = []

    async def wait(delay_s: float) -> None:
        await sleep.native(delay_s)
        ended.append(delay_s)

    await asyncio.gather(wait(0.03), wait(0.0))
    assert ended == [0.0, 0.03]


async def shortest_wait_s(delay_s: float) -> float:
    """Return the shortest of thirty waits that begin at all parts of a millisecond."""
    work = load("sleep")
    await work.start(0)
    waited_s = []
    for _ in range(30):
        begun = time.monotonic()
        await work.native(delay_s)
        waited_s.append(time.monotonic() - begun)
        await work.native(1e-4)  # or each would begin where the last timer went off, at a whole millisecond
    return min(waited_s)


@pytest.mark.parametrize("delay_s", [0.0004, 0.0021, 0.005])
@pytest.mark.parametrize(
    "factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_no_loop_waits_shorter_than_asked(factory, delay_s):
    with asyncio.Runner(loop_factory=factory) as runner:
        assert (
            runner.run(shortest_wait_s(delay_s)) >= delay_s - 1e-7
        )  # asyncio's clock resolution, twice over
