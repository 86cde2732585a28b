"""What systemd hears from a supervisor: ready, the watchdog's beats, reload and stop."""

import os
import signal
import socket
import subprocess

import pytest
from on_workers import silent, until
from running import EITHER, HANG_S, running, supervised

from compare.contract import Server


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
        until(
            lambda: (
                {row["pid"] for row in process.stats_of_all()["workers"] if not row.get("silent")} == {well}
            )
        )
        os.kill(hung, signal.SIGCONT)
        assert process.stop()[0] == 0


def test_a_notify_socket_that_goes_away_is_said_once_and_the_server_goes_on(notify_socket):
    environ = {"NOTIFY_SOCKET": notify_socket.getsockname(), "WATCHDOG_USEC": "20000"}
    with running(Server.TORNADO, how=supervised, env=environ) as process:
        notify_socket.close()
        sentence = f"Cannot write to the notify socket {environ['NOTIFY_SOCKET']}: Connection refused."
        until(lambda: sentence in process.logged())
        assert process.ask("/ping")[0] == 200
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
