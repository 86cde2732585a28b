"""The plainest work: both faces wait at least as long as asked and return the same bytes."""

import asyncio
import time

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


async def test_the_native_face_lets_others_run_meanwhile():
    ended = []

    async def wait(delay_s: float) -> None:
        await sleep.native(delay_s)
        ended.append(delay_s)

    await asyncio.gather(wait(0.03), wait(0.0))
    assert ended == [0.0, 0.03]
