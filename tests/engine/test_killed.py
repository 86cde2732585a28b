"""`kill -9` of the server, of the generator and of the benchmark: a failed cell, results that stay, nobody left."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from running import PAUSE_S, left

from compare import records
from compare.contract import Paradigm, Server
from compare.harness.measure import Harness
from compare.records import Cell, Closed, Contestant, Measurement, RecordsError

LONG = Closed(5, delay_s=0.01, duration_s=30.0, warmup_s=0.0, timeout_s=1.0)
BENCH = [
    "concurrency",
    "--server",
    "aiohttp",
    "--paradigm",
    "native",
    "--concurrency",
    "5",
    "--duration",
    "0.2",
]


def family(name: str, of: psutil.Process) -> list[psutil.Process]:
    """Return the descendants of `of` that run the module `name`."""
    found = []
    for process in of.children(recursive=True):
        try:
            if name in process.cmdline() and Path(process.exe()).name.startswith("python"):
                found.append(process)
        except psutil.Error:  # it ended meanwhile
            continue
    return found


def started(name: str, of: psutil.Process) -> psutil.Process:
    """Return the one process that runs `name`, once it does: `launch` has become it."""
    while True:
        for process in family(name, of):
            try:
                if process.cmdline()[1:4] == ["-P", "-m", name]:
                    return process
            except psutil.Error:
                continue
        time.sleep(PAUSE_S)


@pytest.fixture
def measuring():
    """Return a function that measures a cell in a thread and returns the thread and what comes of it."""
    threads = []

    def go(cell: Cell) -> tuple[threading.Thread, list[Measurement]]:
        made: list[Measurement] = []
        thread = threading.Thread(target=lambda: made.append(Harness().measure(cell)))
        threads.append(thread)
        thread.start()
        return thread, made

    yield go
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("server", [Server.TORNADO, pytest.param(Server.AIOHTTP, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    ("victim", "said"),
    [
        ("compare.{}_impl", "The server ended during the measurement (killed by SIGKILL)."),
        ("compare.loadgen.generator", "The load generator ended without a result: it said nothing."),
    ],
)
def test_when_server_or_generator_is_killed_the_cell_fails_and_nobody_is_left(
    measuring, server, victim, said
):
    me = psutil.Process()
    load = (
        LONG
        if "generator" in victim
        else Closed(5, delay_s=0.01, duration_s=4.0, warmup_s=0.0, timeout_s=0.2)
    )
    thread, made = measuring(Cell("any", Contestant(server, Paradigm.NATIVE), load))
    started("compare.loadgen.generator", me)
    started(victim.format(server), me).kill()
    thread.join()
    assert made[0].failure is not None
    assert made[0].failure.startswith(said)
    assert made[0].samples is None, "a failed cell holds no number"
    assert family("compare.loadgen.generator", me) == family(f"compare.{server}_impl", me) == []


def test_when_the_benchmark_is_killed_what_it_measured_stays_and_nobody_is_left(tmp_path):
    command = [sys.executable, "-m", "compare", "bench", *BENCH, "--rounds", "500", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as bench:
        try:
            while not (kept := measured(tmp_path)):
                assert bench.poll() is None, "it ended by itself"
                time.sleep(PAUSE_S)
            process = psutil.Process(bench.pid)
            server = started("compare.aiohttp_impl", process)
            family_of_it = {server, *process.children(recursive=True)}
        finally:
            bench.kill()  # leaving the block waits for its end, which 500 rounds are far from
    assert left([*family_of_it]) == []
    after = measured(tmp_path)
    assert after >= kept
    assert (after, records.read(next(tmp_path.iterdir())).planned) == (after, 500)


def measured(results: Path) -> int:
    """Return how many cells are kept; whenever there is a run at all, it can be read."""
    folders = [path.parent for path in results.glob("*/run.json")]
    try:
        return len(records.read(folders[0]).measurements) if folders else 0
    except RecordsError as error:
        if "samples" in str(error):  # the next cell was kept between reading run.json and samples.npz
            return 0
        raise
