import os
import subprocess
import sys
from pathlib import Path

import pytest

from compare.harness import environment
from compare.harness.environment import UNKNOWN, Pinning, pinning
from compare.processes import launch


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [([], Pinning()), ([3], Pinning()), ([0, 1], Pinning(0, 1)), ([2, 5, 7], Pinning(2, 5))],
)
def test_server_and_generator_get_a_cpu_each_when_there_are_two(cpus, expected):
    assert pinning(cpus) == expected


def test_the_environment_names_machine_interpreter_versions_limits_and_pinning():
    read = environment.read(Pinning(0, 1))
    assert read.cpus == os.cpu_count()
    assert set(read.affinity) == os.sched_getaffinity(0)
    assert read.python == ".".join(map(str, sys.version_info[:3]))
    assert read.switch_interval_s == sys.getswitchinterval()
    assert {"aiohttp", "tornado", "uvloop", "numpy"} <= set(read.versions)
    assert read.memory_bytes > 0
    assert read.open_files_limit > 0
    assert (read.server_cpus, read.generator_cpus) == ((0,), (1,))


def test_the_commit_is_that_of_the_source_tree():
    read = environment.read()
    assert read.commit == UNKNOWN or len(read.commit) == 40


def test_what_cannot_be_found_out_says_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "_GOVERNOR", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environment, "PACKAGES", ("no-such-package",))
    read = environment.read()
    assert read.governor == UNKNOWN
    assert read.commit == UNKNOWN
    assert read.versions["no-such-package"] == UNKNOWN


def test_outside_a_clone_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "compare" / "harness" / "environment.py"))
    assert environment._source() == (UNKNOWN, False)


def test_an_unreadable_file_is_unknown(tmp_path):
    assert environment._text(tmp_path) == UNKNOWN
    empty = Path(tmp_path / "empty")
    empty.touch()
    assert environment._text(empty) == UNKNOWN


@pytest.mark.parametrize(("enabled", "gil"), [(None, True), (lambda: True, True), (lambda: False, False)])
def test_the_gil_is_there_unless_the_interpreter_says_otherwise(monkeypatch, enabled, gil):
    if enabled is None:
        monkeypatch.delattr(sys, "_is_gil_enabled", raising=False)
    else:
        monkeypatch.setattr(sys, "_is_gil_enabled", enabled, raising=False)
    assert environment._gil() is gil


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds nothing")
def test_the_benchmark_stays_beside_the_generator_and_what_it_launches_does_not():
    """Else the benchmark would run on the server's CPU, or an unpinned server on one CPU alone."""
    before = os.sched_getaffinity(0)
    show = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
    with environment.bound(max(before)):
        assert os.sched_getaffinity(0) == {max(before)}
        assert int(subprocess.check_output(launch.argv(show), text=True)) == len(before)
    assert os.sched_getaffinity(0) == before


def test_without_a_cpu_to_spare_the_benchmark_runs_anywhere():
    before = os.sched_getaffinity(0)
    with environment.bound(None):
        assert os.sched_getaffinity(0) == before
