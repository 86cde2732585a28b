"""SIGHUP to several workers: each is replaced by another, and nothing is cut off."""

import http.client
import json
import os
import signal
import subprocess
import threading

import psutil
from on_workers import pids, replaced, until, workers
from running import EITHER, HANG_S, SECRET, SERVERS, left, supervised

from compare.contract import Server

SIGNED = os.environ | SECRET


def signed(process, name, value):
    """Have a value signed; return the cookie as a browser sends it."""
    body = json.dumps({"value": value}).encode()
    _, headers, _ = process.ask(f"/signed/{name}", "PUT", body, {"Content-Type": "application/json"})
    return headers["Set-Cookie"].partition(";")[0]


def pinged(connection):
    """Return the answer to a ping on this connection, which must succeed."""
    connection.request("GET", "/ping")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"pong":true}')
    return answer


def read_by_everyone(process, cookie):
    """Return each value that workers read, on connections enough to meet all of them."""
    path = f"/signed/{cookie.partition('=')[0]}"
    return {json.loads(process.ask(path, headers={"Cookie": cookie})[2])["value"] for _ in range(12)}


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
        assert pinged(idle).headers["Connection"] != "close"
        busy = http.client.HTTPConnection(*process.address, timeout=HANG_S)
        busy.request("GET", "/io/native")
        held.until(1)
        process.popen.send_signal(signal.SIGHUP)
        until(lambda: pids(process).isdisjoint(process.ready.pids))
        held.release()
        long = busy.getresponse()
        assert (long.status, len(long.read()) > 0) == (200, True)
        # on its way when the worker was replaced, for all that the client knows; the worker learns of it a moment later
        until(lambda: pinged(idle).headers["Connection"] == "close")
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
