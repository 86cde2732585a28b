"""The garbage collector as a server is told to have it, and its pauses."""

import gc

import pytest

from compare.contract import Gc
from compare.serving import collecting


@pytest.fixture(autouse=True)
def usual_collector():
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield
    gc.callbacks[:] = callbacks
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize(
    ("how", "frozen", "thresholds", "enabled"),
    [
        (Gc.DEFAULT, False, None, True),
        (Gc.FREEZE, True, None, True),
        (Gc.TUNED, True, collecting.TUNED_THRESHOLDS, True),
        (Gc.OFF, False, None, False),
    ],
)
def test_the_collector_is_set_as_asked(how, frozen, thresholds, enabled):
    gc.unfreeze()  # Python 3.12 begins with frozen objects
    before = gc.get_threshold()
    collecting.begin(how)
    assert (gc.get_freeze_count() > 0) is frozen
    assert gc.get_threshold() == (thresholds or before)
    assert gc.isenabled() is enabled


def test_each_collection_is_a_pause_and_the_longest_is_kept(monkeypatch):
    clock = iter([0.0, 1.0, 1.5, 2.0, 4.0, 7.0, 8.0, 8.1])
    collecting.begin(Gc.OFF)
    monkeypatch.setattr(collecting.time, "perf_counter", lambda: next(clock))
    for _ in range(4):
        gc.collect()
    found = collecting.pauses()
    assert (found.collections, found.longest_s) == (4, 3.0)
    assert found.total_s == pytest.approx(1.0 + 0.5 + 3.0 + 0.1)
    collecting.begin(Gc.OFF)
    assert collecting.pauses().collections == 0
    assert gc.callbacks.count(collecting._WATCH.on_collection) == 1
