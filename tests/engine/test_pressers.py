"""The workers of a real cluster press one target together."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import made
import psutil
import pytest
from click.testing import CliRunner
from counting import counting
from msgspec.structs import replace
from running import HANG_S, PAUSE_S

from compare.cli import commands
from compare.commands import load_machines
from compare.engine import joint, pressers
from compare.engine.cluster import connect
from compare.engine.many import MachineLostError
from compare.engine.pressers import PressError
from compare.harness import reference
from compare.harness.together import Part
from compare.records import Closed

pytestmark = pytest.mark.xdist_group("cluster")

LOAD = made.opened(Closed(20, delay_s=0.0, duration_s=0.5, warmup_s=0.1), 400.0)


@pytest.fixture(scope="module")
def url():
    with reference.serving() as url:
        yield url


@pytest.fixture(scope="module")
def cluster():
    with connect("local:2") as cluster:
        cluster.check()
        yield cluster


def press(cluster, url, run, **more):
    with pressers.crew(cluster, run) as machines:
        return joint.press(machines, Part(url, replace(LOAD, **more)), lead_s=1.0)


def test_two_workers_send_the_rate_in_turns_and_their_windows_are_one(cluster, url):
    pressed = press(cluster, url, "turns")
    pool = load_machines.pool(pressed)
    report = load_machines.of(url, LOAD, pool, pressed)
    assert report.overlap > 0.95
    assert [one.sent for one in report.machines] == pytest.approx([100, 100], abs=1)
    assert report.sent == pytest.approx(200, abs=3)
    assert set(pool.samples.status.tolist()) == {200}
    # the machines share one clock here, which says how far apart they really began
    assert abs(pressed[0].result.window[0] - pressed[1].result.window[0]) < 0.05


def test_a_worker_that_serves_another_command_is_named(cluster, url):
    with pressers.crew(cluster, "first") as machines:
        machines[0].offset()
        with pytest.raises(PressError, match=f"{machines[0].name}: it takes part in another load"):
            press(cluster, url, "second")
    press(cluster, url, "third")


def test_a_target_that_cannot_be_loaded_is_said_with_the_machines_name(cluster):
    with pytest.raises(PressError, match=r":\d+: 'ftp://x/' cannot be loaded"):
        press(cluster, "ftp://x/", "bad")


def test_nothing_is_left_on_a_worker(cluster, url):
    press(cluster, url, "left")
    workers = cluster.check()
    assert [
        one
        for worker in workers
        for one in psutil.Process(worker.pid).children()
        if "compare.loadgen.generator" in " ".join(one.cmdline())
    ] == []


@pytest.mark.full
def test_a_machine_that_is_lost_ends_the_load_with_its_name(url):
    with connect("local:2") as cluster:
        victim, _ = cluster.check()
        killing = threading.Thread(target=killed, args=[victim.pid])
        killing.start()
        with pytest.raises(MachineLostError, match="was lost"):
            press(cluster, url, "lost", duration_s=30.0)
        killing.join()


@pytest.mark.full
def test_the_command_prints_the_pool_beside_a_row_for_each_machine(url):
    words = ["load", url, "--rate", "400", "-d", "0.5", "--warmup", "0.1", "--cluster", "local:2"]
    told = CliRunner().invoke(commands, words, standalone_mode=False)
    assert told.return_value == 0, told.output
    assert "successes a second over 0.5 s, 400/s asked for" in told.stdout
    assert told.stdout.count("response, ") == 2
    assert told.stdout.count("window opened") == 2
    program = CliRunner().invoke(commands, [*words, "--json"], standalone_mode=False)
    report = json.loads(program.stdout)
    assert report["overlap"] > 0.95
    assert [one["connections"] > 0 for one in report["machines"]] == [True, True]


@pytest.mark.full
def test_ctrl_c_in_a_terminal_ends_the_load_and_prints_what_was_measured():
    words = [sys.executable, "-m", "compare", "load", "--rate", "200", "-d", "600", "--cluster", "local:2"]
    pipe = subprocess.PIPE
    with (
        counting() as (url, until),
        subprocess.Popen(
            [*words, url], start_new_session=True, stdout=pipe, stderr=pipe, text=True
        ) as command,
    ):
        try:
            # ten seconds: workers hear of the end one after the other, and pool what they have in common
            until(2000)
            os.killpg(command.pid, signal.SIGINT)  # as a terminal does
            said, warned = command.communicate(timeout=HANG_S)
        finally:
            command.kill()
    assert command.returncode == 130, warned
    assert "successes a second over" in said
    assert "Stopped after" in warned
    assert "Traceback" not in warned


def killed(pid):
    """Kill a worker once its generator is there."""
    while not pressing(pid):
        time.sleep(PAUSE_S)
    os.kill(pid, signal.SIGKILL)


def pressing(pid):
    """Return the generators that a command's workers have started."""
    found = []
    for one in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found += [one] if "compare.loadgen.generator" in " ".join(one.cmdline()) else []
    return found
