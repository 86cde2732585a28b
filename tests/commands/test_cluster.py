"""`compare cluster`: the commands that it prints are those that its other commands take."""

import shlex

import pytest
from click.testing import CliRunner

from compare.commands import cluster
from compare.commands.cluster import command


@pytest.fixture
def became(monkeypatch):
    """What `compare cluster scheduler` and `worker` would have become: dask's own command."""
    seen = []
    monkeypatch.setattr(cluster.os, "execve", lambda _, words, environ: seen.append((words, environ)))
    return seen


@pytest.fixture
def certs(tmp_path):
    assert CliRunner().invoke(command, ["certs", str(tmp_path / "certs")]).exit_code == 0
    return tmp_path / "certs"


def test_up_prints_copies_scheduler_workers_and_the_benchmark_in_that_order():
    ended = CliRunner().invoke(command, ["up", "m1", "m2", "--scheduler", "10.0.0.1", "--certs", "certs"])
    assert ended.exit_code == 0, ended.output
    lines = ended.output.splitlines()
    assert lines[:2] == ["# on this machine", "scp -r certs 10.0.0.1:compare/certs"]
    assert lines[-2:] == [
        "# on this machine",
        ".venv/bin/compare bench --cluster tls://10.0.0.1:8786 --certs certs",
    ]
    assert (
        "cd compare && .venv/bin/compare cluster scheduler --host 10.0.0.1 --port 8786 --certs certs" in lines
    )
    assert [line for line in lines if "worker" in line] == [
        f"cd compare && .venv/bin/compare cluster worker tls://10.0.0.1:8786 --certs certs --name {machine}"
        for machine in ("m1", "m2")
    ]


def test_what_up_prints_is_taken_and_becomes_a_quiet_scheduler_and_one_worker(certs, became):
    printed = CliRunner().invoke(command, ["up", "m1", "--scheduler", "10.0.0.1", "--certs", "certs"]).output
    for line in printed.splitlines():
        if "compare cluster" in line:
            words = shlex.split(line.partition("compare cluster ")[2])
            ended = CliRunner().invoke(command, [str(certs) if word == "certs" else word for word in words])
            assert ended.exit_code == 0, ended.output
    (scheduler, environ), (worker, _) = became
    assert scheduler[2:5] == ["-m", "dask", "scheduler"]
    assert {"--protocol", "tls", "--no-dashboard", str(certs / "ca.pem")} <= set(scheduler)
    assert {"--nworkers", "--nthreads", "machine=1", "m1", str(certs / "key.pem")} <= set(worker)
    assert environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] == "0"


def test_a_folder_without_certificates_is_one_sentence(tmp_path):
    ended = CliRunner().invoke(command, ["scheduler", "--certs", str(tmp_path)])
    assert ended.exit_code == 1
    assert len(ended.output.strip().splitlines()) == 1
