"""What one work needs beside the servers is started, checked and announced, or refused in a sentence."""

import sys
from pathlib import Path

import pytest

from compare.contract import Paradigm
from compare.services.companion import Companion
from compare.work.beside import checked, main, started
from compare.work.http import UPSTREAM
from compare.work.promise import WorkError

BESIDE = ["-m", "compare.work.beside", "--work"]


def test_it_announces_the_upstream_it_started():
    with Companion([*BESIDE, "http"]) as companion:
        assert companion.ready["upstream"].startswith("http://127.0.0.1:")
        assert companion.ready | {"upstream": ""} == {
            "ready": True,
            "upstream": "",
            "dsn": "",
            "limit": 0,
            "missing": {},
        }


def test_what_is_given_is_not_started():
    with started("http", upstream="http://mine/") as found:
        assert found == ("http://mine/", "")
    with started("postgres", dsn="host=mine") as found:
        assert found == ("", "host=mine")
    with started("sleep") as found:
        assert found == ("", "")


def test_a_users_own_work_with_one_face_announces_what_is_missing(monkeypatch):
    with Companion(UPSTREAM) as store:
        monkeypatch.setenv("OBJECT_STORE", store.ready["url"])
        monkeypatch.chdir(Path(__file__).parents[2])
        with Companion([*BESIDE, "examples.object_store:work"]) as companion:
            announced = companion.ready
        assert announced["limit"] == 1000
        assert 0.01 <= announced["took_s"] < 60
        reason = "not measured: examples.object_store:work has no native face"
        assert announced["missing"] == {Paradigm.COROUTINE: reason, Paradigm.NATIVE: reason}


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("nope", "There is no work 'nope'"),
        ("os:path", "os:path has neither blocking(delay_s) nor async native(delay_s)"),
    ],
)
def test_a_work_that_is_none_ends_with_1_and_one_sentence(work, said, capsys):
    assert main(["--work", work]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err
    assert told.err.count("\n") == 1


async def test_faces_that_differ_are_refused_and_the_work_is_stopped(tmp_path, monkeypatch):
    (tmp_path / "differing.py").write_text(
        "class Work:\n"
        "    stopped = False\n"
        "    def blocking(self, delay_s): return b'a'\n"
        "    async def native(self, delay_s): return b'b'\n"
        "    async def stop(self): Work.stopped = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(WorkError, match="the faces do not do the same work"):
        await checked("differing:Work")
    assert sys.modules.pop("differing").Work.stopped
