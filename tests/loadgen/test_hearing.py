"""What an order hears while it is played."""

import asyncio
import time

import pytest

from compare.loadgen import hearing
from compare.loadgen.hearing import Hearing, TooLateError
from compare.loadgen.protocol import CUT, START


def told(start_s):
    return START + repr(start_s).encode() + b"\n"


async def test_the_start_that_is_told_is_returned_to_the_last_digit():
    heard, start_s = Hearing(), time.monotonic() + 60.0
    asyncio.get_running_loop().call_soon(heard.hear, told(start_s))
    assert await heard.start() == start_s
    assert not heard.cut


async def test_an_order_that_is_cut_before_its_start_begins_at_once():
    heard = Hearing()
    asyncio.get_running_loop().call_soon(heard.hear, CUT)
    before_s = time.monotonic()
    assert before_s <= await heard.start() <= time.monotonic()
    assert heard.cut


async def test_two_lines_may_come_at_once():
    heard, start_s = Hearing(), time.monotonic() + 60.0
    heard.hear(told(start_s) + CUT)
    assert (heard.start_s, heard.cut) == (start_s, True)


async def test_a_start_that_has_passed_is_too_late():
    heard = Hearing()
    heard.hear(told(time.monotonic() - 0.5))
    with pytest.raises(TooLateError, match=r"was told [\de.+]+ ms after its moment"):
        await heard.start()


async def test_an_order_that_is_told_nothing_gives_up(monkeypatch):
    monkeypatch.setattr(hearing, "START_WITHIN_S", 0.02)
    with pytest.raises(TooLateError, match=r"No start was told within 0\.02 s"):
        await Hearing().start()


async def test_it_waits_no_longer_than_it_was_asked_to_when_nothing_is_heard():
    await Hearing().within(0.001)
