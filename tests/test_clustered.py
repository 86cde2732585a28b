"""A benchmark over a cluster, from the command line to the words."""

import os
import re
import shutil
import sys

import made
import pytest
from msgspec.structs import replace

from compare import cli, clustered, engine, records
from compare.contract import Paradigm
from compare.preparing import CannotStartError, Order
from compare.records import Link

FEW = ["bench", "--paradigm", "native", "--server", "aiohttp", "--concurrency", "10", "--duration", "0.2"]


@pytest.fixture
def bench(monkeypatch, tmp_path, capfd):
    """Run `compare bench` with a few cells; return its exit code and all it said."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["compare", *FEW, "--out", str(tmp_path), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, "".join(capfd.readouterr())

    return run


def test_without_its_packages_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "compare.engine.cluster", None)
    monkeypatch.delattr(engine, "cluster", raising=False)  # where another test has imported it
    given = dict.fromkeys(("sentry", "keep", "watcher", "expected_s", "clock"))
    with (
        pytest.raises(
            CannotStartError, match=r"--cluster needs .*: pip install 'tornado-aiohttp-compare\[cluster\]'"
        ),
        clustered.driving(clustered.Where("local:1"), None, Order(()), **given),
    ):
        pass


def test_a_cluster_that_cannot_be_reached_leaves_no_folder_behind(bench, tmp_path):
    code, said = bench("--cluster", "tcp://10.1.2.3:8786")
    assert code == 1
    assert "is not encrypted" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_real_rounds_on_two_workers_are_kept_with_their_machines(bench, tmp_path):
    code, said = bench("--rounds", "4", "--cluster", "local:2")
    assert code == 0, said
    assert "made rounds " in said
    (folder,) = tmp_path.iterdir()
    run = records.read(folder)
    assert [one.cell.round for one in run.measurements] == [0, 1, 2, 3]
    assert {one.failure for one in run.measurements} == {None}
    assert len({one.machine for one in run.measurements}) == 2
    assert all(one.environment is not None for one in run.measurements)
    assert run.lost == ()


@pytest.mark.full
def test_servers_on_one_worker_are_measured_under_load_from_another(bench, tmp_path):
    code, said = bench("--rounds", "2", "--cluster", "local:2", "--server-on", "0", "--load-from", "1")
    assert code == 0, said
    (folder,) = tmp_path.iterdir()
    run = records.read(folder)
    assert {one.failure for one in run.measurements} == {None}
    for one in run.measurements:
        server, _, load = one.machine.partition(" under load from ")
        assert (server.partition(":")[0], load.partition(":")[0]) == ("0", "1")
        assert one.usage.cpu_s > 0  # of the window, found by the two clocks
        assert one.generator.notes == ()
    assert "under load from" in said


@pytest.mark.full
@pytest.mark.timeout(180)
@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="network namespaces need root and the package iproute2",
)
def test_what_a_machines_own_links_did_is_told(bench, tmp_path):
    code, said = bench("network", "--rounds", "1", "--quick", "--cluster", "local:1")
    assert code == 0, said
    assert "Link 50 ms away (" in said
    (folder,) = tmp_path.iterdir()
    for one in records.read(folder).measurements:
        assert one.failure is None
        assert one.wire.link == one.cell.contestant.link


def test_an_unknown_worker_is_refused_before_anything_is_measured(bench, tmp_path):
    code, said = bench("--cluster", "local:2", "--server-on", "0", "--load-from", "m9")
    assert code == 1
    assert "The cluster has no worker named m9; there are 0, 1." in said
    assert list(tmp_path.iterdir()) == []


def test_hosts_of_an_experiments_own_are_not_put_under_load_from_another_worker():
    contestant = replace(made.NATIVE, link=Link(0.05))
    where = clustered.Where("local:1", server_on="a", load_from="b")
    with pytest.raises(CannotStartError, match="makes hosts of its own, which no other machine reaches"):
        clustered._refuse_links(where, Order((contestant,)))


HALF = """
import time

class Work:
    async def native(self, delay_s):
        time.sleep(delay_s)
        return b"done"
"""


@pytest.mark.full
def test_what_is_not_measured_and_what_blocks_is_said_alike_with_and_without_a_cluster(
    bench, tmp_path, monkeypatch
):
    (tmp_path / "half_work.py").write_text(HALF)
    monkeypatch.chdir(tmp_path)
    words = ["--paradigm", "callback", "--work", "half_work:Work", "--concurrency", "20", "--rounds", "1"]
    said = {}
    for where in ([], ["--cluster", "local:2"]):
        out = tmp_path / f"results-{len(where)}"
        code, told = bench(*words, "--out", str(out), *where)
        assert code == 0, told
        (folder,) = out.iterdir()
        run = records.read(folder)
        assert {one.cell.contestant.paradigm for one in run.measurements} == {Paradigm.NATIVE}
        written = [(folder / file).read_text() for file in ("summary.md", "report.html")]
        about = [
            set(re.findall(r"Not measured: [^.<]*|native face blocks the loop", text))
            for text in (told, *written)
        ]
        said[len(where)] = (run.not_measured, run.blocking, run.planned, about)
    assert said[0] == said[2]
    assert said[0][1] == ("half_work:Work",)
    lacks = "Not measured: callback, because half_work:Work has no blocking face"
    assert said[0][3] == [{lacks, "native face blocks the loop"}] * 3
