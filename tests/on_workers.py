"""Servers with several workers: how they are started, and who of them is there."""

import json
import signal
import time

import psutil
from running import HANG_S, PAUSE_S, running, supervised


def pids(process):
    return {row["pid"] for row in process.stats_of_all()["workers"]}


def silent(process):
    """Return which workers do not answer the supervisor; none while the asked one is such a worker itself."""
    try:
        rows = json.loads(process.ask("/stats?all=1", timeout_s=3)[2])["workers"]
    except TimeoutError:
        return set()
    return {row["pid"] for row in rows if row.get("silent")}


def until(holds, timeout_s=HANG_S):
    deadline = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(PAUSE_S)
    return found


def workers(name, count, *options, **more):
    return running(name, "--workers", str(count), *options, how=supervised, **more)


def replaced(process):
    """Send SIGHUP and wait until each worker is another one, and those before have ended: they answer until then."""
    before = pids(process)
    process.popen.send_signal(signal.SIGHUP)
    until(lambda: len(now := pids(process)) == len(before) and not now & before)
    until(lambda: not any(map(psutil.pid_exists, before)))
