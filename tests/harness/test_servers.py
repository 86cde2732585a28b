import os
import signal
import sys
import textwrap
from dataclasses import replace

import psutil
import pytest

from compare.contract import Gc, Loop, Paradigm, Server
from compare.contract.settings import Settings, from_argv
from compare.harness import probe, servers
from compare.harness.servers import ServerError, command, serve
from compare.records import Contestant

READY = '{"ready":true,"server":"aiohttp","url":"http://127.0.0.1:1","pid":1,"work":"sleep","threads":1,"loop":"asyncio"}'


@pytest.fixture
def fake(tmp_path):
    """An interpreter that ignores its arguments and runs `source`: a server that misbehaves as it is told."""

    def make(source):
        path = tmp_path / "fake"
        path.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{textwrap.dedent(source)}")
        path.chmod(0o755)
        return str(path)

    return make


def serve_by(python, work="sleep", workers=1, **more):
    contestant = Contestant(Server.AIOHTTP, Paradigm.NATIVE, work=work, workers=workers)
    return serve(contestant, python=python, **more)


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("server", Server)
def test_a_real_server_is_up_inside_the_block_and_gone_after_it(server):
    with serve(Contestant(server, Paradigm.NATIVE)) as running:
        assert running.ready.server is server
        assert probe.get(f"{running.base_url}/ping").status == 200
        running.check_alive()
        assert running.exit_usage is None
    assert gone(running.pid)
    assert running.exit_usage.ru_utime > 0


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no CPU pinning on this system")
def test_the_server_runs_on_the_cpu_it_was_given_and_the_benchmark_elsewhere(fake):
    before = os.sched_getaffinity(0)
    cpu = min(before)
    with serve_by(fake(f"print('{READY}', flush=True); time.sleep(60)"), cpu=cpu) as running:
        assert os.sched_getaffinity(running.pid) == {cpu}
    assert os.sched_getaffinity(0) == before


def test_an_error_in_the_block_stops_the_server_and_passes_through(fake):
    with (
        pytest.raises(KeyboardInterrupt),
        serve_by(fake(f"print('{READY}', flush=True); time.sleep(60)")) as running,
    ):
        raise KeyboardInterrupt
    assert gone(running.pid)


@pytest.mark.parametrize(
    ("more", "code"), [({}, -signal.SIGKILL), ({"work": "my:own"}, 3), ({"workers": 2}, 3)]
)
def test_a_server_is_asked_to_end_where_it_may_have_something_to_close_or_workers(fake, more, code):
    """One that only slept is killed: what is recorded of it has been read."""
    asked = (
        f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print('{READY}', flush=True); time.sleep(60)"
    )
    with serve_by(fake(asked), **more) as running:
        pass
    assert running._child.exit_code == code
    assert running.exit_usage.ru_utime > 0


def test_a_server_that_ignores_sigterm_is_killed(fake):
    ignoring = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{READY}', flush=True); time.sleep(60)"
    with serve_by(fake(ignoring), "my:own", grace_s=0) as running:
        pass
    assert gone(running.pid)
    assert running._child.exit_code == -signal.SIGKILL


def test_what_a_server_started_is_ended_with_it(fake):
    parent = f"""
    child = os.fork()
    if child == 0:
        time.sleep(60)
    print('{READY}'.replace('"pid":1', f'"pid":{{child}}'), flush=True)
    time.sleep(60)
    """
    with serve_by(fake(parent)) as running:
        assert not gone(running.ready.pid)
    psutil.wait_procs(
        [psutil.Process(running.ready.pid)] if psutil.pid_exists(running.ready.pid) else [], timeout=45
    )
    assert gone(running.ready.pid)


def test_a_server_that_ends_before_it_is_ready_is_an_error_with_its_last_words(fake):
    failing = "print('first', file=sys.stderr); print('no such work', file=sys.stderr); sys.exit(7)"
    with (
        pytest.raises(ServerError, match=r"before it was ready \(exit code 7\)\..*first \| no such work"),
        serve_by(fake(failing)),
    ):
        pytest.fail("it never was ready")


def test_a_server_killed_before_it_is_ready_is_named_by_its_signal(fake):
    with (
        pytest.raises(ServerError, match=r"killed by SIGKILL.*nothing on stderr"),
        serve_by(fake("os.kill(os.getpid(), signal.SIGKILL)")),
    ):
        pytest.fail("it never was ready")


def test_a_server_that_never_becomes_ready_is_stopped_and_its_last_words_told(fake, monkeypatch):
    class Patient(servers.Child):
        """Waits for what it says before it gives up at once."""

        def line(self, within_s, accepts):
            while not self.last_lines():
                pass
            return super().line(within_s, accepts)

    monkeypatch.setattr(servers, "READY_TIMEOUT_S", 0.1)
    monkeypatch.setattr(servers, "Child", Patient)
    with (
        pytest.raises(ServerError, match=r"not ready within 0\.1 s\. Its last words: waiting for ever"),
        serve_by(fake("print('waiting for ever', file=sys.stderr, flush=True); time.sleep(60)")),
    ):
        pytest.fail("it never was ready")


def test_other_lines_on_stdout_are_passed_over(fake):
    chatty = f"print('hello from a user'); print('{{}}'); print('{READY}', flush=True); time.sleep(60)"
    with serve_by(fake(chatty)) as running:
        assert running.base_url == "http://127.0.0.1:1"


def test_a_server_may_write_more_to_stderr_than_a_pipe_holds(fake):
    flood = f"""
    sys.stderr.write("a line of a hundred characters, or thereabouts, which a pipe holds 600 times" * 5000)
    print('{READY}', flush=True)
    time.sleep(60)
    """
    with serve_by(fake(flood)) as running:
        running.check_alive()


def test_a_server_that_ended_by_itself_is_noticed(fake):
    with serve_by(fake(f"print('{READY}', flush=True); sys.exit('out of luck')")) as running:
        assert running._child.ends_within(60)
        with pytest.raises(ServerError, match=r"ended during the measurement \(exit code 1\).*out of luck"):
            running.check_alive()
    assert running.exit_usage is None


def test_the_command_tells_the_server_everything_the_contestant_is():
    contestant = Contestant(
        Server.TORNADO,
        Paradigm.EXECUTOR,
        threads=33,
        workers=2,
        loop=Loop.UVLOOP,
        work="a:b",
        max_in_flight=9,
        gc=Gc.FREEZE,
        switch_interval_s=0.02,
    )
    settings = servers._settings(contestant, "http://up", "dsn", 0.1)
    argv = command(contestant, settings)
    assert argv[:4] == [sys.executable, "-P", "-m", "compare.tornado_impl"]
    told = replace(from_argv(Server.TORNADO, argv[4:]), dsn=settings.environ()["COMPARE_DSN"])
    assert (
        told
        == settings
        == Settings(
            Server.TORNADO,
            port=0,
            workers=2,
            loop=Loop.UVLOOP,
            work="a:b",
            upstream="http://up",
            dsn="dsn",
            threads=33,
            max_in_flight=9,
            grace=0.1,
            gc=Gc.FREEZE,
            switch_interval=0.02,
            no_restart=True,
        )
    )


def test_another_interpreter_runs_the_server_and_finds_this_code_only(fake):
    contestant = Contestant(Server.TORNADO, Paradigm.NATIVE)
    assert command(contestant, Settings(Server.TORNADO))[0] == sys.executable
    assert command(contestant, Settings(Server.TORNADO), "/opt/python3.14t")[0] == "/opt/python3.14t"
    telling = f"""
    assert os.environ["PYTHONPATH"] == "/the/code" and os.environ["PYTHONSAFEPATH"] == "1"
    print('{READY}', flush=True)
    time.sleep(60)
    """
    with serve_by(fake(telling), code="/the/code") as running:
        running.check_alive()


def test_no_file_descriptor_is_left_open(fake):
    contestant = fake(f"print('{READY}', flush=True); time.sleep(60)")
    with serve_by(contestant):
        pass
    before = psutil.Process().num_fds()
    for _ in range(3):
        with serve_by(contestant):
            pass
    after = psutil.Process().num_fds()
    assert after == before
