"""How workers end: killed, stuck or asked to; what that costs the others, and what the supervisor makes of it."""

import os
import re
import signal
import subprocess
import time

import psutil
import pytest
from on_workers import pids, until, workers
from running import EITHER, HANG_S, SERVERS, supervised


def waiting_on(process, connections, held, pid):
    """Return a connection with a wait in the worker of that process, opening others until there is one."""
    while True:
        waits = len(held.begun())
        sock = process.connected()
        connections.append(sock)
        sock.sendall(b"GET /io/native HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        held.until(waits + 1)
        if held.begun()[-1] == pid:
            return sock


@SERVERS
def test_when_a_worker_is_killed_only_what_it_held_fails_and_nobody_is_refused_meanwhile(name, held):
    with workers(name, 2, *held.options, env=held.env) as process:
        killed, spared = process.ready.pids
        connections = []
        lost = waiting_on(process, connections, held, killed)
        kept = waiting_on(process, connections, held, spared)
        os.kill(killed, signal.SIGKILL)
        assert not process.rest_of(lost, b"")
        assert [process.ask("/ping")[0] for _ in range(12)] == [200] * 12, "some wait for its successor"
        held.release()
        assert process.rest_of(kept, b"").startswith(b"HTTP/1.1 200 ")
        until(lambda: killed not in pids(process))
        assert spared in pids(process)
        for one in connections:
            one.close()


@EITHER
def test_a_worker_that_is_killed_is_replaced_within_a_second_and_said_with_its_last_words(name):
    with workers(name, 2) as process:
        victim = process.ready.pids[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(now := pids(process)) == 2 and victim not in now)  # how soon: benchmarks/workers.py
        assert f"worker 0 (process {victim}) was killed by SIGKILL; its last words:" in process.logged()
        assert process.stop()[0] == 0


@EITHER
def test_without_restart_a_dead_worker_ends_the_server_with_1(name):
    with workers(name, 2, "--no-restart") as process:
        os.kill(process.ready.pids[1], signal.SIGKILL)
        code, stderr = process.wait()
    assert code == 1
    assert "was killed by SIGKILL" in stderr


@EITHER
def test_after_five_deaths_in_ten_seconds_the_supervisor_gives_up(name):
    with workers(name, 1) as process:
        dead = set()

        def kill_the_next():
            for child in psutil.Process(process.popen.pid).children():
                if child.pid not in dead:
                    dead.add(child.pid)
                    child.kill()
            return process.popen.poll() is not None

        until(kill_the_next)
        code, stderr = process.wait()
    assert code == 1
    assert "5 workers ended within 10 s: given up" in stderr
    assert len(dead) >= 5


@SERVERS
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full)])
def test_what_is_in_flight_in_every_worker_is_answered_at_a_stop_and_the_signal_comes_once(
    name, number, held
):
    """A terminal's Ctrl-C goes to the whole group: workers in sessions of their own get the supervisor's one."""
    with workers(name, 2, *held.options, env=held.env) as process:
        waiting = []
        for _ in range(20):
            sock = process.connected()
            sock.sendall(b"GET /io/native HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            waiting.append(sock)
        held.until(20)
        groups = {os.getpgid(pid) for pid in process.ready.pids}
        assert os.getpgid(process.popen.pid) not in groups
        process.popen.send_signal(number)
        process.until_refused()
        held.release()
        answers = [sock.makefile("rb").read() for sock in waiting]
        for sock in waiting:
            sock.close()
        assert process.wait()[0] == 0
    assert sum(answer.startswith(b"HTTP/1.1 200") for answer in answers) == 20


@EITHER
def test_a_worker_that_hears_nothing_is_killed_within_grace_and_a_second(name):
    with workers(name, 2, "--grace", "0.5") as process:
        for pid in process.ready.pids:
            os.kill(pid, signal.SIGSTOP)  # hears no signal, like a main thread that never gets the GIL
        start = time.monotonic()
        code, stderr = process.stop()
        took_s = time.monotonic() - start
    assert code == 0
    assert took_s > 0.5
    assert stderr.count("did not end within the grace: killed") == 2


@EITHER
def test_a_worker_that_cannot_start_ends_all_with_its_reason(name, tmp_path):
    done = subprocess.run(
        supervised(name, "--port", "0", "--workers", "2", "--cookie-secret-file", str(tmp_path / "missing")),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    sentence = r"--cookie-secret-file: cannot read the file that it names: No such file or directory\.\n"
    assert re.fullmatch(sentence, done.stderr), "once, although both workers say it"
