"""A child's ready line, its last words and its end. What binds it is tested in test_launch and with its users."""

import ctypes
import os
import signal
import subprocess
import sys

import psutil
import pytest

from compare.processes.child import Child

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
PARENT = """
import signal, sys
from compare.processes.child import Child
child = Child([sys.executable, "-c", sys.argv[1]])
print(child.line(20).decode(), flush=True)
signal.pause()
"""
# What asks for an end is ignored, its standard input is never read, and when nobody kills it its own alarm does.
DEAF = """
import os, signal
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
signal.alarm(5)
print(os.getpid(), flush=True)
while True:
    signal.pause()
"""


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_the_first_line_that_is_taken_is_returned():
    with Child(python("print('noise'); print('ready: 5', flush=True); input()")) as child:
        assert child.line(60, lambda line: line.startswith(b"ready")) == b"ready: 5"


@pytest.mark.parametrize(
    "source", ["pass", "print('half a line', end='')", "import sys; sys.exit('no luck')"]
)
def test_one_that_ends_without_a_line_gives_none(source):
    with Child(python(source)) as child:
        assert child.line(60) == b""


def test_one_that_says_nothing_in_time_gives_none():
    with Child(python("input()")) as child:
        assert child.line(0.05) == b""


def test_its_last_words_are_the_last_line_on_stderr():
    with Child(python("import sys; sys.exit('first\\nno luck: do this\\n\\n')")) as child:
        child.line(60)
        assert child.last_words() == "no luck: do this"


def test_it_may_clean_up_when_its_standard_input_is_closed(tmp_path):
    mark = tmp_path / "cleaned"
    child = Child(python(f"import sys; print(flush=True); sys.stdin.read(); open({str(mark)!r}, 'w')"))
    child.line(60)
    child.end(60)
    assert mark.exists()
    child.end()  # twice does no harm


def test_one_that_does_not_end_is_killed():
    child = Child(python("import signal; print(flush=True); signal.pause()"))
    child.line(60)
    process = psutil.Process(child.pid)
    child.end(0.05)
    assert not process.is_running()


@pytest.mark.parametrize("bound", [True, False])
def test_it_has_a_session_an_environment_and_a_cpu_of_its_own(bound):
    cpu = min(os.sched_getaffinity(0))
    source = "import os; print(os.getsid(0) == os.getpid(), os.environ['GIVEN'], flush=True); input()"
    with Child(python(source), bound=bound, cpu=cpu, env={"GIVEN": "this"}) as child:
        assert child.line(60) == b"True this"
        assert os.sched_getaffinity(child.pid) == {cpu}


def test_one_asked_to_end_says_what_it_used():
    source = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print(flush=True)"
    with Child(python(f"{source}\nwhile True: signal.pause()"), hangs=False) as child:
        child.line(60)
        usage = child.end(60, ask=signal.SIGTERM)
        assert child.exit_code == 3
        assert usage.ru_utime > 0


def test_one_that_prints_all_the_time_never_waits_for_a_reader():
    source = "print('ready', flush=True); print('x' * 1_000_000, flush=True); import sys; sys.exit(4)"
    with Child(python(source)) as child:
        assert child.line(60) == b"ready"
        assert child.ends_within(60)
        assert child.exit_code == 4


def test_what_it_started_ends_with_it():
    source = "import os, time; pid = os.fork(); print(pid, flush=True) if pid else time.sleep(60); input()"
    with Child(python(source)) as child:
        grandchild = psutil.Process(int(child.line(60)))
    psutil.wait_procs([grandchild], timeout=45)
    assert not grandchild.is_running()


@pytest.fixture
def adopting():
    """Children of processes that are gone become this one's, so that it hears how they end."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield
    prctl(PR_SET_CHILD_SUBREAPER, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_one_that_hears_nothing_is_killed_by_the_kernel_when_its_parent_is(adopting):
    command = [sys.executable, "-c", PARENT, DEAF]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "else it ended by its own alarm"
