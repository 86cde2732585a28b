"""Timers call back once, never early; the pacer keeps every time of its schedule, in order."""

import asyncio
from time import monotonic

import pytest

from compare.loadgen import timer


@pytest.fixture(params=[timer.TimerFd, timer.LoopTimer], ids=["timerfd", "loop"])
async def make_timer(request):
    made = []

    def make(callback):
        made.append(request.param(asyncio.get_running_loop(), callback))
        return made[-1]

    yield make
    for one in made:
        one.close()


async def fired(make_timer, at_s):
    """Return when a timer set to `at_s` called back."""
    called = asyncio.get_running_loop().create_future()
    make_timer(lambda: called.set_result(monotonic())).set(at_s)
    return await called


# The loop's own timer may be a clock tick early; the pacer looks at the clock again.
@pytest.mark.parametrize("ahead_s", [0.02, 0.0, -1.0])
async def test_a_timer_calls_back_when_its_time_has_come(make_timer, ahead_s):
    at_s = monotonic() + ahead_s
    assert await fired(make_timer, at_s) >= at_s - 0.001


async def test_a_time_before_the_clock_began_is_past_and_does_not_disarm(make_timer):
    await fired(make_timer, 0.0)


async def test_a_timer_set_anew_forgets_the_earlier_time(make_timer):
    called = []
    done = asyncio.Event()
    one = make_timer(lambda: (called.append(monotonic()), done.set()))
    soon, later = monotonic() + 0.01, monotonic() + 0.04
    one.set(soon)
    one.set(later)
    await done.wait()
    assert len(called) == 1
    assert called[0] >= later - 0.001


async def pace(schedule):
    sent = []
    done = asyncio.Event()

    def due(at_s):
        sent.append((at_s, monotonic()))
        if len(sent) == len(schedule):
            done.set()

    pacer = timer.Pacer(asyncio.get_running_loop(), iter(schedule), due)
    await done.wait()
    pacer.close()
    return sent, pacer


@pytest.mark.parametrize("kind", [timer.TimerFd, timer.LoopTimer], ids=["timerfd", "loop"])
async def test_the_pacer_keeps_every_time_in_order_and_is_never_early(monkeypatch, kind):
    monkeypatch.setattr(timer, "make", kind)
    now = monotonic()
    schedule = [now - 1.0, now - 1.0, *(now + number / 500 for number in range(20))]
    sent, _ = await pace(schedule)
    assert [at_s for at_s, _ in sent] == schedule
    assert all(sent_s >= at_s for at_s, sent_s in sent)


async def test_a_pacer_that_is_behind_sends_all_that_is_due_at_once():
    turns = 0

    async def count_turns():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    sent, _ = await pace([monotonic() - 1.0] * 1000)
    counting.cancel()
    assert len(sent) == 1000
    assert turns < 100


async def test_an_empty_schedule_and_a_closed_pacer_call_nobody():
    loop = asyncio.get_running_loop()
    timer.Pacer(loop, iter(()), pytest.fail).close()
    timer.Pacer(loop, iter([monotonic()]), pytest.fail).close()
    await fired(lambda callback: timer.LoopTimer(loop, callback), monotonic() + 0.01)


async def test_without_timerfd_the_loop_keeps_time_and_a_note_says_so(monkeypatch):
    def none(*_):
        raise OSError("no such call")

    _, fine = await pace([monotonic()])
    assert fine.note is None
    monkeypatch.setattr(timer, "_create", none)
    _, coarse = await pace([monotonic()])
    assert coarse.note == timer.COARSE


def test_a_refused_system_call_is_an_error():
    with pytest.raises(OSError, match="descriptor"):
        timer._arm(10**6, 1.0)
