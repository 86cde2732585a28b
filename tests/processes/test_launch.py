import os
import subprocess
import sys
import textwrap

import psutil
import pytest

from compare.processes import launch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")


def test_the_program_keeps_the_process_id_and_gets_its_arguments():
    started = subprocess.Popen(
        launch.argv([sys.executable, "-c", "import os, sys; print(os.getpid(), sys.argv[1:])", "a b", "--c"]),
        stdout=subprocess.PIPE,
        text=True,
    )
    out, _ = started.communicate()
    assert out == f"{started.pid} ['a b', '--c']\n"


def test_the_program_runs_on_the_cpu_asked_for():
    cpu = max(os.sched_getaffinity(0))
    show = [sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"]
    assert subprocess.check_output(launch.argv(show, cpu=cpu), text=True) == f"{{{cpu}}}\n"


def test_the_program_dies_when_its_parent_is_killed():
    parent = textwrap.dedent("""
        import subprocess, sys, time
        from compare.processes import launch
        child = subprocess.Popen(
            launch.argv([sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)"]),
            stdout=subprocess.PIPE, start_new_session=True)
        child.stdout.readline()
        print(child.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as started:
        child = psutil.Process(int(started.stdout.readline()))
        started.kill()
    gone, alive = psutil.wait_procs([child], timeout=45)
    assert gone
    assert not alive


def test_a_program_whose_parent_is_gone_already_does_not_start():
    argv = launch.argv([sys.executable, "-c", "print('ran')"])
    argv[argv.index(str(os.getpid()))] = "1"  # as if this process had been replaced by init
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
