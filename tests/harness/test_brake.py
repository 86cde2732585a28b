"""A process that is slowed by a known share: how long it is stopped, and that it is never left so."""

import subprocess
import sys
import threading
import time

import psutil
import pytest
from running import PAUSE_S

from compare.harness import brake, reference
from compare.harness.brake import braked, owed_s

SPINNING = [sys.executable, "-I", "-S", "-c", "print(flush=True)\nwhile True: pass"]


@pytest.fixture
def spinning():
    with subprocess.Popen(SPINNING, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield psutil.Process(process.pid)
        process.kill()


def is_stopped(process):
    return process.status() == psutil.STATUS_STOPPED


def until_stopped(process):
    """Wait for a stop; the test's own timeout is the bound."""
    while not is_stopped(process):
        time.sleep(PAUSE_S / 10)


@pytest.mark.parametrize("slower", [0.1, 0.25, 1.0])
def test_for_each_second_that_it_runs_it_is_stopped_for_the_share_asked_for(slower):
    elapsed_s = stopped_s = 0.0
    for overslept_s in (0.0, 0.0001, 0.001) * 20:
        elapsed_s += 0.02
        stop_s = owed_s(slower, elapsed_s, stopped_s) + overslept_s
        elapsed_s, stopped_s = elapsed_s + stop_s, stopped_s + stop_s
    assert stopped_s / (elapsed_s - stopped_s) == pytest.approx(slower, rel=0.05)


def test_what_was_stopped_for_too_long_is_not_stopped_for_less_than_nothing():
    assert owed_s(0.1, 1.0, 0.5) == 0


def test_it_is_stopped_within_the_block_and_runs_after_it(spinning):
    with braked(spinning.pid, 1.0):
        until_stopped(spinning)
    assert not is_stopped(spinning)


def stop_and_fail(process):
    with braked(process.pid, 1.0):
        until_stopped(process)
        raise KeyError


def test_after_an_error_it_runs_too(spinning):
    with pytest.raises(KeyError):
        stop_and_fail(spinning)
    assert not is_stopped(spinning)


def test_without_a_share_nobody_stops_it(spinning):
    with braked(spinning.pid, 0.0):
        assert "brake" not in [thread.name for thread in threading.enumerate()]


def test_a_process_that_has_ended_is_let_be():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    brake._brake(process.pid, 1.0, threading.Event())


def test_the_reference_server_can_be_slowed():
    with reference.serving(slower=1.0):
        family = psutil.Process().children()
        (server,) = [one for one in family if "compare.harness.reference" in one.cmdline()]
        until_stopped(server)
