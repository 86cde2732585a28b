"""Several workers under a supervisor: both servers as a user runs them, and each trap a prototype fell into."""

import contextlib
import json
import os
import select
import subprocess
import sys

import psutil
import pytest
from on_workers import pids, until, workers
from running import EITHER, HANG_S, PING, SECRET, SERVERS, left, running, supervised

from compare.contract import Server

SIGNED = os.environ | SECRET


@SERVERS
@pytest.mark.parametrize("accept", ["reuseport", pytest.param("shared", marks=pytest.mark.full)])
def test_workers_share_the_port_and_one_line_says_when_all_are_ready(name, accept):
    with workers(name, 2, "--accept", accept) as process:
        ready = process.ready
        assert (ready.workers, ready.pid, len(ready.pids)) == (2, process.popen.pid, 2)
        assert (ready.python, ready.server) == (sys.version.split()[0], name)
        until(lambda: pids(process) == set(ready.pids))

        def every_worker_has_answered():
            process.ask("/io/native?delay=0")  # on a fresh connection
            return all(row["completed"] for row in process.stats_of_all()["workers"])

        until(every_worker_has_answered)
        code, stderr = process.stop()
    assert (code, stderr) == (0, "")


@EITHER
def test_one_worker_is_supervised_too_and_nothing_is_left_when_the_supervisor_is_killed(name):
    with running(name, how=supervised) as process:
        (worker,) = process.ready.pids
        family = psutil.Process(process.popen.pid).children(recursive=True)
        assert worker in {one.pid for one in family}
        process.popen.kill()
        assert not left(family)


@SERVERS
def test_stats_of_any_worker_are_its_own_and_with_all_those_of_everyone(name):
    with workers(name, 2) as process:
        for _ in range(6):
            assert process.ask("/io/native?delay=0")[0] == 200
        found = process.stats_of_all()
        assert found["total"]["completed"] == sum(row["completed"] for row in found["workers"]) == 6
        assert "workers" not in json.loads(process.ask("/stats")[2])
        status, _, body = process.ask("/stats?all=yes")
        assert (status, json.loads(body)["error"]["field"]) == (400, "all")


def test_a_server_without_a_supervisor_answers_for_itself(server_name):
    with running(server_name) as process:
        (row,) = process.stats_of_all()["workers"]
        assert row["pid"] == process.popen.pid


@EITHER
def test_signed_cookies_hold_across_workers_although_no_secret_was_given(name):
    def without_a_secret(*words):
        return ["env", "-u", "COMPARE_COOKIE_SECRET", *supervised(*words)]

    with running(name, "--workers", "3", how=without_a_secret) as process:
        _, headers, _ = process.ask(
            "/signed/who", "PUT", b'{"value":"me"}', {"Content-Type": "application/json"}
        )
        cookie = headers["Set-Cookie"].partition(";")[0]
        read = [
            json.loads(process.ask("/signed/who", headers={"Cookie": cookie})[2])["value"] for _ in range(24)
        ]
    assert read == ["me"] * 24


@EITHER
def test_without_a_secret_workers_may_listen_beyond_loopback_as_a_server_alone_may(name):
    def without_a_secret(*words):
        return ["env", "-u", "COMPARE_COOKIE_SECRET", *supervised(*words)]

    with running(name, "--host", "0.0.0.0", how=without_a_secret) as process:
        assert process.ready.url.startswith("http://0.0.0.0:")


@EITHER
def test_limits_hold_for_each_worker(name):
    with workers(name, 2, "--max-in-flight", "1", "--threads", "3") as process:
        assert process.ready.threads == 3
        waits = []

        def both_are_full():
            sock = process.connected()
            sock.sendall(b"GET /io/native?delay=60 HTTP/1.1\r\nHost: x\r\n\r\n")
            waits.append(sock)
            return [row["in_flight"] for row in process.stats_of_all()["workers"]] == [1, 1]

        until(both_are_full)
        assert {process.ask("/io/native?delay=0")[0] for _ in range(6)} == {503}
        for sock in waits:
            sock.close()


def answered_beside(process, pings, quiet_s):
    """Ask for pings on fresh connections; return how many were answered when all are, or no other one for so long."""
    with contextlib.ExitStack() as stack:
        rest = [stack.enter_context(process.connected()) for _ in range(pings)]
        for sock in rest:
            sock.sendall(PING)
        while rest and ((heard := select.select(rest, [], [], quiet_s)[0]) or len(rest) == pings):
            assert all(sock.recv(4096).startswith(b"HTTP/1.1 200 ") for sock in heard)
            rest = [sock for sock in rest if sock not in heard]
        return pings - len(rest)


@contextlib.contextmanager
def blocked(name, held, *options):
    """Run two workers, one of them held up."""
    with workers(name, 2, *held.options, *options, env=held.env) as process, process.connected() as sock:
        sock.sendall(b"GET /io/blocking HTTP/1.1\r\nHost: x\r\n\r\n")
        held.until(1)
        yield process


@EITHER
def test_a_blocked_worker_holds_up_the_connections_that_hash_to_it(name, held):
    with blocked(name, held) as process:
        assert 0 < answered_beside(process, 24, quiet_s=1) < 24


@EITHER
def test_with_a_shared_socket_a_blocked_worker_holds_up_nobody(name, held):
    with blocked(name, held, "--accept", "shared") as process:
        assert answered_beside(process, 24, quiet_s=HANG_S) == 24


def test_the_supervisor_has_no_framework_no_thread_and_less_than_12_mb():
    with running(Server.TORNADO, how=supervised) as process:
        parent, (worker,) = psutil.Process(process.popen.pid), process.ready.pids
        assert parent.memory_info().rss < 12_000_000
        assert parent.num_threads() == 1
        loaded = [one.path for one in parent.memory_maps()]
        assert not [path for path in loaded if "site-packages" in path]
        beside = [one.path for one in psutil.Process(worker).memory_maps()]
        assert [path for path in beside if "site-packages" in path], "where a framework shows"


@EITHER
def test_a_second_server_does_not_join_the_port_in_silence(name):
    with workers(name, 2) as process:
        port = str(process.address[1])
        done = subprocess.run(
            supervised(Server.AIOHTTP, "--workers", "2", "--port", port),
            capture_output=True,
            text=True,
            timeout=HANG_S,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"Cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Stop what listens there, or take any free port with --port 0.\n"
    )
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--workers", "0"], "--workers must be a whole number from 1 to 256, or auto, not 0."),
        (["--workers", "257"], "--workers must be a whole number from 1 to 256, or auto, not 257."),
        (["--workers", "many"], "--workers must be a whole number from 1 to 256, or auto, not 'many'."),
        (["--accept", "nginx"], "--accept must be reuseport or shared, not 'nginx'."),
        (
            ["--switch-interval", "0"],
            "--switch-interval must be a number of seconds from 0.00001 to 10, not 0.0.",
        ),
    ],
)
def test_bad_options_are_one_sentence_and_exit_code_2(options, sentence):
    done = subprocess.run(
        supervised(Server.TORNADO, *options), capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode == 2
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("redirected", "reason"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")]
)
def test_a_supervisor_whose_stdout_cannot_be_written_says_so_and_leaves_nobody(redirected, reason):
    typed = " ".join(supervised(Server.AIOHTTP, "--port", "0"))
    shell = ["sh", "-c", f"exec {typed} {redirected}"]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, timeout=HANG_S, env=SIGNED, check=False)
    assert (done.returncode, done.stderr) == (1, f"Cannot write the ready line to stdout: {reason}.\n")


def test_the_switch_interval_is_set_and_told(server_name):
    with running(server_name, "--switch-interval", "0.02") as process:
        assert process.ready.switch_interval_s == pytest.approx(0.02)
