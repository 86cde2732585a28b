"""Several machines and one load, with made-up machines whose clocks are apart."""

import threading
import time

import made
import pytest
from msgspec.structs import replace

from compare.engine import joint
from compare.engine.clocks import Offset
from compare.errors import CompareError
from compare.harness.load import LoadResult
from compare.harness.together import Part
from compare.records import Closed, GeneratorReport

WHOLE = Part("http://x/", made.opened(Closed(10, delay_s=0.0, duration_s=1.0), 1000.0))


class Presser:
    """A machine whose clock is ahead by so much, and by `drift_s` more each time it is read."""

    def __init__(self, name, ahead_s=0.0, drift_s=0.0, log=None, failure=None):
        self.name, self.ahead_s, self._drift_s, self._failure = name, ahead_s, drift_s, failure
        self.log = [] if log is None else log
        self.begun_s, self.part, self.ended = None, None, threading.Event()

    def offset(self):
        self.log.append("clock")
        self.ahead_s += self._drift_s
        return Offset(self.ahead_s, 1e-4)

    def prepare(self, part):
        self.log.append("prepare")
        self.part = part
        if self._failure == "prepare":
            raise CompareError(f"{self.name} cannot.")

    def begin(self, start_s):
        self.log.append("begin")
        self.begun_s = start_s
        if self._failure == "begin":
            raise CompareError(f"{self.name} was lost.")
        if self._failure is not None:
            assert self.ended.wait(60), "nobody cut it"
        samples = made.closed_loop(10, 0.01)
        return LoadResult(samples, None, GeneratorReport(0.2, 10, 0), (start_s + 0.5, start_s + 1.5))

    def cut(self):
        self.log.append("cut")
        self.ended.set()


def test_all_begin_at_one_moment_each_told_in_its_own_clock():
    machines = [Presser("a"), Presser("b", ahead_s=5000.0), Presser("c", ahead_s=-70.0)]
    before_s = time.monotonic()
    pressed = joint.press(machines, WHOLE, lead_s=0.3)
    starts = [one.begun_s - one.ahead_s for one in machines]
    assert starts == pytest.approx([starts[0]] * 3, abs=1e-6)
    assert starts[0] >= before_s + 0.3
    assert [one.opens_s for one in pressed] == pytest.approx([starts[0] + 0.5] * 3, abs=1e-6)
    assert [one.name for one in pressed] == ["a", "b", "c"]


def test_clocks_are_read_before_and_after_and_all_are_prepared_before_any_begins():
    log = []
    joint.press([Presser("a", log=log), Presser("b", log=log)], WHOLE, lead_s=0.0)
    assert log == [word for word in ("clock", "prepare", "begin", "clock") for _ in range(2)]


def test_a_clock_that_drifts_is_known_in_the_middle_and_unsure_by_half_the_drift():
    (one,) = joint.press([Presser("a", ahead_s=10.0, drift_s=0.002)], WHOLE, lead_s=0.0)
    assert one.drift_s == pytest.approx(0.002)
    assert one.ahead_s == pytest.approx(10.003)
    assert one.unsure_s == pytest.approx(1e-4 + 0.001)


def test_the_start_is_further_off_where_the_way_to_a_machine_is_long(monkeypatch):
    far = Presser("far")
    monkeypatch.setattr(far, "offset", lambda: Offset(0.0, 0.1))
    joint.press([far], WHOLE, clock=lambda: 100.0, lead_s=1.0)
    assert far.begun_s == pytest.approx(100.0 + 20 * 0.2)


def test_a_machine_that_cannot_take_part_lets_nobody_begin():
    good, bad = Presser("good"), Presser("bad", failure="prepare")
    with pytest.raises(CompareError, match=r"bad cannot\."):
        joint.press([good, bad], WHOLE, lead_s=0.0)
    assert good.begun_s is None


def test_a_machine_that_is_lost_ends_the_load_on_the_others():
    good, bad = Presser("good", failure="waits"), Presser("bad", failure="begin")
    with pytest.raises(CompareError, match=r"bad was lost\."):
        joint.press([good, bad], WHOLE, lead_s=0.0)
    assert "cut" in good.log


def test_ctrl_c_ends_the_load_everywhere_and_what_was_measured_is_returned(monkeypatch):
    machines = [Presser("a", failure="waits"), Presser("b", failure="waits")]
    wait = joint.futures.wait

    def interrupted(tasks, return_when=joint.futures.ALL_COMPLETED):
        if return_when == joint.futures.FIRST_EXCEPTION:
            raise KeyboardInterrupt
        return wait(tasks, return_when=return_when)

    monkeypatch.setattr(joint.futures, "wait", interrupted)
    pressed = joint.press(machines, WHOLE, lead_s=0.0)
    assert [one.name for one in pressed] == ["a", "b"]


def test_each_machine_gets_its_part():
    machines = [Presser(str(number)) for number in range(4)]
    joint.press(machines, replace(WHOLE, seed=3), lead_s=0.0)
    assert [one.part.first_s for one in machines] == pytest.approx([0.0, 0.001, 0.002, 0.003])
    assert {one.part.load.rate_rps for one in machines} == {250.0}
