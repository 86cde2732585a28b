"""How a cluster's processes are told to keep still and to measure nothing twice: dask's settings, as one table.

An idle worker costs 3.5 % of a core with dask's own defaults and 0.4 % with these (`benchmarks/idle_worker.py`).
"""

import contextlib
import signal
import threading
from collections.abc import Iterator

import dask

MACHINE = "machine"  # the one resource: each worker has one, each cell takes it
TTL_S = 30  # a frozen worker is noticed after one to three times this; dask's own default is five minutes

SETTINGS: dict[str, str | int | bool] = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.profile.interval": "10s",
    "distributed.worker.profile.cycle": "60s",
    "distributed.worker.memory.terminate": False,
    "distributed.worker.memory.pause": False,
    "distributed.scheduler.allowed-failures": 0,  # a killed worker's cell is lost, never measured again unasked
    "distributed.scheduler.worker-ttl": f"{TTL_S}s",
    "distributed.scheduler.no-workers-timeout": "10s",
    "distributed.scheduler.work-stealing": False,
}


def environ() -> dict[str, str]:
    """Return the settings as the environment variables that dask reads them from."""
    return {
        "DASK_" + name.replace(".", "__").replace("-", "_").upper(): str(value)
        for name, value in SETTINGS.items()
    }


def keep_loggers() -> None:
    """Tell dask to leave the process's loggers alone; call it before `distributed` is imported.

    By default that import raises tornado's loggers to critical and cuts them off from the root.
    """
    dask.config.set({"logging": {"version": 1, "incremental": True}})


@contextlib.contextmanager
def deaf() -> Iterator[None]:
    """Have processes that begin within the block ignore Ctrl-C, which a terminal sends to every process of a command.

    The command itself tells them what to end, and gets what they have measured.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
