"""Several loops in one process: both servers with `--loops`, whatever Python runs them."""

import json
import subprocess
import sys
import threading

import pytest
from running import HANG_S, PAUSE_S, SERVERS, command, running, supervised

from compare.contract import Server


def rows(process):
    return process.stats_of_all()["workers"]


@SERVERS
def test_loops_share_the_port_and_one_line_says_when_all_listen(name):
    with running(name, "--loops", "3") as process:
        assert (process.ready.loops, process.ready.workers, process.ready.pid) == (3, 1, process.popen.pid)
        for _ in range(200):  # each on a fresh connection, which the kernel gives to one of the three
            assert process.ask("/io/native?delay=0")[0] == 200
            answered = [row["completed"] for row in rows(process)]
            if all(answered):
                break
        assert len(answered) == 3
        assert all(answered)
        code, stderr = process.stop()
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    told = "WARNING compare.serving: this Python has a GIL: its 3 loops take turns\n"
    assert (code, stderr) == (0, told if gil else "")


@SERVERS
def test_what_is_in_flight_in_every_loop_is_answered_at_the_stop(name):
    with running(name, "--loops", "2") as process:
        answers = []
        asking = [
            threading.Thread(target=lambda: answers.append(process.ask("/io/native?delay=3")[0]))
            for _ in range(16)
        ]
        for one in asking:
            one.start()
        stopping = threading.Event()
        while sum(row["in_flight"] for row in rows(process)) < 16:
            stopping.wait(PAUSE_S)
        code, _ = process.stop()
        for one in asking:
            one.join()
    assert answers == [200] * 16
    assert code == 0


@SERVERS
def test_what_one_loop_signed_the_others_read_although_no_secret_was_given(name):
    def without_a_secret(*words):
        return ["env", "-u", "COMPARE_COOKIE_SECRET", *command(*words)]

    with running(name, "--loops", "2", how=without_a_secret) as process:
        headers = {"Content-Type": "application/json"}
        signed = process.ask("/signed/sid", "PUT", json.dumps({"value": "bob"}), headers)[1]["Set-Cookie"]
        cookie = {"Cookie": signed.partition(";")[0]}
        read = {process.ask("/signed/sid", headers=cookie)[2] for _ in range(20)}
    assert len(read) == 1
    assert b"bob" in read.pop()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--loops", "2", "--workers", "2"], "--loops and --workers exclude each other: give one of them."),
        (["--loops", "0"], "--loops must be a whole number from 1 to 256, not 0."),
        (["--loops", "2", "--work", "my.module:work"], "--loops takes sleep, http or postgres as the work"),
    ],
)
def test_what_cannot_be_is_one_sentence(words, sentence):
    done = subprocess.run(
        command(Server.AIOHTTP, *words), capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_under_a_supervisor_loops_are_refused_with_what_to_do():
    words = supervised(Server.AIOHTTP, "--port", "0", "--loops", "2")
    done = subprocess.run(words, capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode != 0
    assert (
        "--loops has no supervisor: start python -m compare.aiohttp_impl --loops 2, or give --workers 2"
        in done.stderr
    )
