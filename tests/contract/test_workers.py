"""Several workers under a supervisor: both servers as a user runs them, and each trap a prototype fell into."""

import contextlib
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest
from running import EITHER, HANG_S, PAUSE_S, PING, SECRET, SERVERS, left, running, supervised

from compare.contract import Server

SIGNED = os.environ | SECRET


def ask(process, path, method="GET", body=None, headers=None, timeout_s=HANG_S):
    connection = http.client.HTTPConnection(*process.address, timeout=timeout_s)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def everyone(process):
    return json.loads(ask(process, "/stats?all=1")[2])


def pids(process):
    return {row["pid"] for row in everyone(process)["workers"]}


def silent(process):
    """Return which workers do not answer the supervisor; none while the asked one is such a worker itself."""
    try:
        rows = json.loads(ask(process, "/stats?all=1", timeout_s=3)[2])["workers"]
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


@SERVERS
@pytest.mark.parametrize("accept", ["reuseport", pytest.param("shared", marks=pytest.mark.full)])
def test_workers_share_the_port_and_one_line_says_when_all_are_ready(name, accept):
    with workers(name, 2, "--accept", accept) as process:
        ready = process.ready
        assert (ready.workers, ready.pid, len(ready.pids)) == (2, process.popen.pid, 2)
        assert (ready.python, ready.server) == (sys.version.split()[0], name)
        until(lambda: pids(process) == set(ready.pids))

        def every_worker_has_answered():
            ask(process, "/io/native?delay=0")  # on a fresh connection
            return all(row["completed"] for row in everyone(process)["workers"])

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
            assert ask(process, "/io/native?delay=0")[0] == 200
        found = everyone(process)
        assert found["total"]["completed"] == sum(row["completed"] for row in found["workers"]) == 6
        assert "workers" not in json.loads(ask(process, "/stats")[2])
        status, _, body = ask(process, "/stats?all=yes")
        assert (status, json.loads(body)["error"]["field"]) == (400, "all")


def test_a_server_without_a_supervisor_answers_for_itself(server_name):
    with running(server_name) as process:
        (row,) = everyone(process)["workers"]
        assert row["pid"] == process.popen.pid


@EITHER
def test_signed_cookies_hold_across_workers_although_no_secret_was_given(name):
    def without_a_secret(*words):
        return ["env", "-u", "COMPARE_COOKIE_SECRET", *supervised(*words)]

    with running(name, "--workers", "3", how=without_a_secret) as process:
        _, headers, _ = ask(
            process, "/signed/who", "PUT", b'{"value":"me"}', {"Content-Type": "application/json"}
        )
        cookie = headers["Set-Cookie"].partition(";")[0]
        read = [
            json.loads(ask(process, "/signed/who", headers={"Cookie": cookie})[2])["value"] for _ in range(24)
        ]
    assert read == ["me"] * 24


def signed(process, name, value):
    """Have a value signed; return the cookie as a browser sends it."""
    body = json.dumps({"value": value}).encode()
    _, headers, _ = ask(process, f"/signed/{name}", "PUT", body, {"Content-Type": "application/json"})
    return headers["Set-Cookie"].partition(";")[0]


def read_by_everyone(process, cookie):
    """Return each value that workers read, on connections enough to meet all of them."""
    path = f"/signed/{cookie.partition('=')[0]}"
    return {json.loads(ask(process, path, headers={"Cookie": cookie})[2])["value"] for _ in range(12)}


def replaced(process):
    """Send SIGHUP and wait until each worker is another one, and those before have ended: they answer until then."""
    before = pids(process)
    process.popen.send_signal(signal.SIGHUP)
    until(lambda: len(now := pids(process)) == len(before) and not now & before)
    until(lambda: not any(map(psutil.pid_exists, before)))


def test_signed_cookies_hold_across_the_workers_of_both_servers_and_keys_that_changed_come_by_sighup(
    tmp_path,
):
    files = [tmp_path / "0", tmp_path / "1"]
    for file in files:
        file.write_text(f"the secret of version {file.name}, long enough for a key")
        file.chmod(0o600)
    keys = [word for file in files for word in ("--cookie-key", f"{file.name}={file}")]
    with workers(Server.TORNADO, 2, *keys) as tornado, workers(Server.AIOHTTP, 2, *keys) as aiohttp:
        both = (tornado, aiohttp)
        before = [signed(one, "who", "before") for one in both]
        assert [read_by_everyone(one, cookie) for one in both for cookie in before] == [{"before"}] * 4
        files[1].write_text("another secret of version 1, for the file has changed")
        for one in both:
            replaced(one)
        after = [signed(one, "who", "after") for one in both]
        assert [read_by_everyone(one, cookie) for one in both for cookie in after] == [{"after"}] * 4
        assert [read_by_everyone(one, cookie) for one in both for cookie in before] == [{None}] * 4


@EITHER
def test_without_a_secret_workers_may_listen_beyond_loopback_as_a_server_alone_may(name):
    def without_a_secret(*words):
        return ["env", "-u", "COMPARE_COOKIE_SECRET", *supervised(*words)]

    with running(name, "--host", "0.0.0.0", how=without_a_secret) as process:
        assert process.ready.url.startswith("http://0.0.0.0:")


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
        assert [ask(process, "/ping")[0] for _ in range(12)] == [200] * 12, "some wait for its successor"
        held.release()
        assert process.rest_of(kept, b"").startswith(b"HTTP/1.1 200 ")
        until(lambda: killed not in pids(process))
        assert spared in pids(process)
        for one in connections:
            one.close()


@EITHER
def test_limits_hold_for_each_worker(name):
    with workers(name, 2, "--max-in-flight", "1", "--threads", "3") as process:
        assert process.ready.threads == 3
        waits = []

        def both_are_full():
            sock = process.connected()
            sock.sendall(b"GET /io/native?delay=60 HTTP/1.1\r\nHost: x\r\n\r\n")
            waits.append(sock)
            return [row["in_flight"] for row in everyone(process)["workers"]] == [1, 1]

        until(both_are_full)
        assert {ask(process, "/io/native?delay=0")[0] for _ in range(6)} == {503}
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


@EITHER
def test_sighup_before_all_are_ready_stops_and_leaves_nobody(name, tmp_path):
    never = "import os, time\nif 'COMPARE_WORKER' in os.environ: time.sleep(3600)\n"
    (tmp_path / "sitecustomize.py").write_text(never)
    command = supervised(name, "--port", "0", "--workers", "2")
    env = SIGNED | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as popen:
        family = until(lambda: psutil.Process(popen.pid).children())
        popen.send_signal(signal.SIGHUP)
        assert popen.communicate(timeout=HANG_S) == (b"", b"")
    assert popen.returncode == 0
    assert not left(family)


def test_under_nohup_sighup_replaces_workers_as_ever():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with workers(Server.TORNADO, 1) as process:
            replaced(process)
            assert process.stop()[0] == 0
    finally:
        signal.signal(signal.SIGHUP, before)


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


@SERVERS
def test_sighup_replaces_the_workers_one_by_one_and_nothing_is_refused(name):
    with workers(name, 2) as process:
        before, stopping = set(process.ready.pids), threading.Event()
        statuses, faults = [], []

        def press():
            while not stopping.is_set():
                try:
                    connection = http.client.HTTPConnection(*process.address, timeout=HANG_S)
                    for _ in range(20):  # kept alive until the server asks to close
                        connection.request("GET", "/io/native?delay=0.01")
                        answer = connection.getresponse()
                        answer.read()
                        statuses.append(answer.status)
                        if answer.headers["Connection"] == "close":
                            break
                    connection.close()
                except OSError as error:
                    faults.append(error)

        pressing = [threading.Thread(target=press) for _ in range(8)]
        for thread in pressing:
            thread.start()
        process.popen.send_signal(signal.SIGHUP)
        until(lambda: len(now := pids(process)) == 2 and not now & before)
        stopping.set()
        for thread in pressing:
            thread.join()
        assert process.stop()[0] == 0
    assert faults == []
    assert set(statuses) == {200}


@SERVERS
def test_a_worker_that_is_replaced_cuts_nothing_off_however_short_the_grace(name, held):
    with workers(name, 1, "--grace", "0.1", *held.options, env=held.env) as process:
        idle = http.client.HTTPConnection(*process.address, timeout=HANG_S)
        idle.request("GET", "/ping")
        idle.getresponse().read()
        busy = http.client.HTTPConnection(*process.address, timeout=HANG_S)
        busy.request("GET", "/io/native")
        held.until(1)
        process.popen.send_signal(signal.SIGHUP)
        until(lambda: pids(process).isdisjoint(process.ready.pids))
        held.release()
        long = busy.getresponse()
        assert (long.status, len(long.read()) > 0) == (200, True)
        idle.request("GET", "/ping")  # on its way when the worker was replaced, for all that the client knows
        answer = idle.getresponse()
        assert answer.read() == b'{"pong":true}'
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
        idle.close()
        busy.close()
        assert process.stop()[0] == 0


@EITHER
def test_a_successor_that_cannot_start_leaves_the_workers_that_there_are(name, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET["COMPARE_COOKIE_SECRET"])
    secret.chmod(0o600)
    with workers(name, 1, "--cookie-secret-file", str(secret)) as process:
        secret.unlink()
        process.popen.send_signal(signal.SIGHUP)
        until(lambda: "the workers that there are go on as they were" in process.logged())
        assert pids(process) == set(process.ready.pids)
        assert process.stop()[0] == 0


@EITHER
def test_workers_are_replaced_without_waiting_for_idle_connections(name):
    with workers(name, 2) as process:
        held = [process.connected() for _ in range(16)]
        process.popen.send_signal(signal.SIGHUP)
        until(lambda: pids(process).isdisjoint(process.ready.pids))
        assert len(pids(process)) == 2
        assert process.stop()[0] == 0
        for one in held:
            one.close()


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


@pytest.fixture
def notify_socket(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(HANG_S)
        yield listening


@EITHER
def test_systemd_hears_ready_the_watchdogs_beats_reload_and_stop(name, notify_socket):
    def states(wanted):
        while wanted not in (state := notify_socket.recv(4096).decode()):
            pass
        return state

    environ = {"NOTIFY_SOCKET": notify_socket.getsockname(), "WATCHDOG_USEC": "200000"}
    with running(name, how=supervised, env=environ) as process:
        states("READY=1")
        states("WATCHDOG=1")
        process.popen.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in states("RELOADING=1")
        states("READY=1")
        process.popen.send_signal(signal.SIGTERM)
        states("STOPPING=1")
        assert process.wait()[0] == 0


def test_a_worker_that_hangs_is_named_silent_while_the_others_serve_and_the_watchdog_is_beaten(
    notify_socket,
):
    environ = {"NOTIFY_SOCKET": notify_socket.getsockname(), "WATCHDOG_USEC": "200000"}
    options = ("--workers", "2", "--accept", "shared")
    with running(Server.TORNADO, *options, how=supervised, env=environ) as process:
        hung, well = process.ready.pids
        os.kill(hung, signal.SIGSTOP)
        until(lambda: silent(process) == {hung})
        # meanwhile nobody has read the notify socket, and its queue is full
        while not notify_socket.recv(4096).startswith(b"READY=1"):
            pass
        assert {notify_socket.recv(4096) for _ in range(20)} == {b"WATCHDOG=1"}
        until(lambda: {row["pid"] for row in everyone(process)["workers"] if not row.get("silent")} == {well})
        os.kill(hung, signal.SIGCONT)
        assert process.stop()[0] == 0


def test_a_notify_socket_that_goes_away_is_said_once_and_the_server_goes_on(notify_socket):
    environ = {"NOTIFY_SOCKET": notify_socket.getsockname(), "WATCHDOG_USEC": "20000"}
    with running(Server.TORNADO, how=supervised, env=environ) as process:
        notify_socket.close()
        sentence = f"Cannot write to the notify socket {environ['NOTIFY_SOCKET']}: Connection refused."
        until(lambda: sentence in process.logged())
        assert ask(process, "/ping")[0] == 200
        code, stderr = process.stop()
    assert (code, stderr.count(sentence)) == (0, 1)


@EITHER
def test_a_notify_socket_that_cannot_be_written_is_one_sentence_and_nothing_starts(name):
    done = subprocess.run(
        supervised(name, "--port", "0"),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
        env=os.environ | {"NOTIFY_SOCKET": "/nowhere/notify"},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Cannot write to the notify socket /nowhere/notify: No such file or directory.\n"
