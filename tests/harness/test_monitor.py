import contextlib
import mmap
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from running import PAUSE_S

from compare.harness import monitor
from compare.harness.monitor import Monitor, Reading, Switches

READINGS = [
    Reading(at_s=10.0, cpu_s=1.0, rss_bytes=100, threads=1, open_files=5),  # idle
    Reading(at_s=11.0, cpu_s=1.0, rss_bytes=900, threads=90, open_files=50),  # warm-up
    Reading(at_s=12.0, cpu_s=2.0, rss_bytes=300, threads=7, open_files=20),
    Reading(at_s=13.0, cpu_s=3.0, rss_bytes=200, threads=9, open_files=10),
    Reading(at_s=14.0, cpu_s=5.0, rss_bytes=950, threads=95, open_files=60),  # drain
]


def test_cpu_is_interpolated_at_both_ends_of_the_window():
    assert monitor.usage(READINGS, (11.5, 13.5)).cpu_s == pytest.approx(4.0 - 1.5)


def test_peaks_are_those_of_the_window_alone_and_idle_is_what_was_before_the_load():
    usage = monitor.usage(READINGS, (11.5, 13.5))
    assert (usage.rss_idle_bytes, usage.rss_peak_bytes) == (100, 300)
    assert (usage.threads_peak, usage.open_files_peak) == (9, 20)
    assert usage.window_s == 2.0


def test_a_window_between_two_readings_shows_the_last_one():
    assert monitor.usage(READINGS[:3], (12.5, 12.6)).rss_peak_bytes == 300


def test_switches_are_the_windows_share_by_cpu_time():
    usage = monitor.usage(READINGS, (12.0, 13.0), Switches(400, 80))
    assert (usage.voluntary_switches, usage.involuntary_switches) == (100, 20)


def test_switches_that_are_not_known_are_no_number():
    usage = monitor.usage(READINGS, (12.0, 13.0))
    assert (usage.voluntary_switches, usage.involuntary_switches) == (-1, -1)


@pytest.fixture
def child():
    """A process that burns CPU after a line on its stdin, says how many seconds, and ends after the next line.

    Until then it keeps its memory and its threads.
    """
    source = (
        "import sys, threading, time\n"
        "print(flush=True)\n"
        "sys.stdin.readline()\n"
        "began = time.process_time()\n"
        "kept = bytearray(30_000_000)\n"
        "over = threading.Event()\n"
        "threads = [threading.Thread(target=over.wait) for _ in range(4)]\n"
        "[thread.start() for thread in threads]\n"
        "while time.process_time() < began + 0.3: pass\n"
        "print(time.process_time() - began, flush=True)\n"
        "sys.stdin.readline()\n"
        "over.set()\n"
        "[thread.join() for thread in threads]\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", source], stdin=pipe, stdout=pipe, text=True) as process:
        process.stdout.readline()  # its start is over
        yield process
        process.kill()


def test_a_live_process_is_watched_from_idle_to_the_end_of_its_work(child):
    with Monitor(child.pid, interval_s=0.01) as watching:
        start = time.monotonic()
        child.stdin.write("go\n")
        child.stdin.flush()
        burnt_s = float(child.stdout.readline())
        burnt = time.monotonic()
        while watching.readings[-1].at_s < burnt:
            time.sleep(PAUSE_S)
        end = time.monotonic()
    usage = watching.usage((start, end))
    assert usage.cpu_s == pytest.approx(burnt_s, abs=0.1)
    assert usage.rss_peak_bytes - usage.rss_idle_bytes > 25_000_000
    assert usage.threads_peak == 5
    assert usage.open_files_peak >= 3


def test_memory_that_was_reserved_and_never_touched_is_not_counted():
    with Monitor(os.getpid()) as watching, mmap.mmap(-1, 1 << 30):
        watching.readings.append(watching._read())
    idle, *_, reserved, _ = watching.readings
    assert reserved.rss_bytes - idle.rss_bytes < 1 << 28


def test_context_switches_come_from_the_kernels_account_at_the_end(child):
    with Monitor(child.pid, interval_s=0.01) as watching:
        start = time.monotonic()
        child.stdin.write("go\n")
        child.stdin.flush()
        child.stdout.readline()
        end = time.monotonic()
    child.stdin.write("end\n")
    child.stdin.flush()
    _, status, account = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    usage = watching.usage((start, end), account)
    assert 4 <= usage.voluntary_switches <= account.ru_nvcsw
    assert usage.involuntary_switches <= account.ru_nivcsw


def test_children_count_and_of_open_files_those_of_the_process_that_has_most(child):
    with contextlib.ExitStack() as beside:
        for _ in range(20):
            beside.enter_context(Path(os.devnull).open())
        with Monitor(os.getpid()) as watching:
            ours, theirs = (monitor._open_files(psutil.Process(pid)) for pid in (os.getpid(), child.pid))
    reading = watching.readings[0]
    assert reading.open_files == ours > theirs > 0
    alone = psutil.Process(child.pid).memory_info().rss
    assert reading.rss_bytes >= psutil.Process().memory_info().rss / 2 + alone
    assert reading.threads >= 2


def test_a_process_that_ends_while_it_is_watched_leaves_its_last_readings(child):
    with Monitor(child.pid, interval_s=0.01) as watching:
        child.kill()
        child.wait()
        watching._thread.join(60)
        assert not watching._thread.is_alive()
    assert watching.readings


def test_the_cpu_clock_agrees_with_the_kernels_own_account():
    spent = resource.getrusage(resource.RUSAGE_SELF)
    assert monitor.cpu_s(os.getpid()) == pytest.approx(spent.ru_utime + spent.ru_stime, abs=0.05)
