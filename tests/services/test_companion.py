"""A companion lives exactly as long as whoever started it, and says why when it does not start."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from compare.services.companion import Companion, ServiceError
from compare.work.http import UPSTREAM

HOLDS_ONE = """
from compare.services.companion import Companion
companion = Companion(["-m", "compare.services.upstream", "--port", "0", "--while-stdin-open"])
print(companion.pid, flush=True)
input()
"""


def test_it_announces_itself_and_ends_when_stopped():
    with Companion(UPSTREAM) as companion:
        assert companion.ready["ready"] is True
        process = psutil.Process(companion.pid)
    assert not process.is_running()
    companion.stop()  # twice does no harm


def test_it_ends_when_its_starter_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_ONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        companion = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        psutil.wait_procs([companion], timeout=60)
    assert not companion.is_running() or companion.status() == psutil.STATUS_ZOMBIE


def test_a_ctrl_c_for_its_starter_does_not_reach_it():
    with Companion(UPSTREAM) as companion:
        assert os.getpgid(companion.pid) != os.getpgid(0)


def test_released_it_ends_by_itself():
    companion = Companion(UPSTREAM)
    process = psutil.Process(companion.pid)
    companion.release()
    process.wait(60)
    companion.stop()


def test_it_is_pinned_with_all_it_starts():
    cpu = min(os.sched_getaffinity(0))
    with Companion(UPSTREAM, cpu=cpu) as companion:
        assert os.sched_getaffinity(companion.pid) == {cpu}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.exit('out of luck: do this')", "out of luck: do this"),
        (
            "print('not json')",
            "a process beside the server did not become ready and said nothing: try again.",
        ),
        ("print(5)", "did not become ready"),
        ("pass", "did not become ready"),
    ],
)
def test_one_that_does_not_start_is_told_by_its_own_last_words(code, said):
    with pytest.raises(ServiceError) as refused:
        Companion(["-c", code])
    assert said in str(refused.value)


def test_one_that_never_gets_ready_is_ended():
    with pytest.raises(ServiceError, match="did not become ready"):
        Companion(["-c", "import sys; sys.stdin.read()"], start_s=0.05)


def test_one_that_ignores_its_lifeline_is_killed():
    code = "import signal; print('{}', flush=True); signal.pause()"
    companion = Companion(["-c", code])
    process = psutil.Process(companion.pid)
    companion.stop(wait_s=0.05)
    assert not process.is_running()


def test_the_folder_of_a_killed_companion_is_removed(tmp_path):
    folder = tmp_path / "left"
    folder.mkdir()
    code = f'import signal; print(\'{{"folder": "{folder}"}}\', flush=True); signal.pause()'
    companion = Companion(["-c", code])
    os.kill(companion.pid, signal.SIGKILL)
    companion.stop()
    assert not folder.exists()
