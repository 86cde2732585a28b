"""The wire in user space, played with made-up frames and a made-up clock."""

import errno

import pytest

from compare.network.wire import MOST_WAITING, Wire

LEFT, RIGHT = 3, 4


def wire(delay_s=0.01, loss=0.0, write=None, seed=1):
    out = []
    made = Wire(delay_s, loss, seed, write or (lambda end, frame: out.append((end, frame))))
    return made, out


def test_a_frame_leaves_at_the_other_end_after_the_delay_and_not_before():
    made, out = wire(delay_s=0.01)
    made.take(b"a", RIGHT, 1.0)
    made.deliver(1.0099)
    assert out == []
    assert made.next_s(1.0) == pytest.approx(0.01)
    made.deliver(1.01)
    assert out == [(RIGHT, b"a")]
    assert made.next_s(1.01) is None


def test_frames_keep_their_order_in_both_directions():
    made, out = wire()
    for number in range(100):
        made.take(bytes([number]), RIGHT if number % 2 else LEFT, number / 1e4)
    made.deliver(10.0)
    assert [frame[0] for _, frame in out] == list(range(100))
    assert [end for end, _ in out] == [LEFT, RIGHT] * 50


def test_the_share_of_lost_frames_is_what_was_asked_and_the_seed_decides_which():
    made, out = wire(loss=0.1)
    again, same = wire(loss=0.1)
    for number in range(20_000):
        made.take(number.to_bytes(2, "big"), RIGHT, 0.0)
        again.take(number.to_bytes(2, "big"), RIGHT, 0.0)
    made.deliver(1.0)
    again.deliver(1.0)
    assert made.lost == 20_000 - len(out)
    assert made.lost == pytest.approx(2_000, rel=0.1)
    assert out == same


def test_how_late_a_frame_left_is_told():
    made, _ = wire(delay_s=0.01)
    made.take(b"a", RIGHT, 0.0)
    made.deliver(0.025)
    assert made.report() == {"carried": 1, "lost": 0, "overflowed": 0, "late_s": 0.015}


def test_a_device_that_takes_nothing_loses_the_frame_and_stops_nothing():
    def refuse(end, frame):
        raise OSError(errno.EIO, "down")

    made, _ = wire(write=refuse)
    made.take(b"a", RIGHT, 0.0)
    made.deliver(1.0)
    assert (made.carried, made.overflowed) == (0, 1)


def test_a_queue_without_end_is_bounded():
    made, _ = wire()
    for _ in range(MOST_WAITING + 5):
        made.take(b"a", RIGHT, 0.0)
    assert made.overflowed == 5
