"""What runs beside the servers ends with the run, however the run ends, and is refused before anything is measured."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import embedded
import psutil
import pytest
from running import left, names

from compare.contract import Paradigm
from compare.harness.companions import CompanionError, Companions, companions
from compare.harness.probe import NoAnswerError, get

HOLDS_ALL = """
from compare.harness.companions import companions
with companions(["sleep", "http", "postgres"]) as found:
    print(found.dsn, flush=True)
    input()
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return a function that writes a work of one's own into the current folder."""
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "own_work.py").write_text(textwrap.dedent(text))


def test_a_sleep_needs_nothing_beside_it():
    children = psutil.Process().children()
    with companions(["sleep"]) as found:
        assert found == Companions()
        assert psutil.Process().children() == children


def test_the_upstream_runs_pinned_and_ends_with_the_block():
    cpu = min(os.sched_getaffinity(0))
    before = set(psutil.Process().children())
    with companions(["http", "sleep", "http"], cpu=cpu) as found:
        assert get(f"{found.upstream}/?delay=0").status == 200
        assert list(found.works) == ["http"]
        (beside,) = set(psutil.Process().children()) - before
        family = [beside, *beside.children(recursive=True)]
        assert [os.sched_getaffinity(process.pid) for process in family] == [{cpu}] * 2
    assert left(family) == []
    with pytest.raises(NoAnswerError):
        get(found.upstream)


@embedded.needed
def test_nothing_is_left_when_the_benchmark_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_ALL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        dsn = run.stdout.readline()
        family = psutil.Process(run.pid).children(recursive=True)
        assert "postgres" in names(family)
        run.kill()
        assert left(family) == []
    assert not Path(dsn.split()[0].removeprefix("host=")).exists()


@embedded.needed
def test_a_users_dsn_travels_by_environment_and_its_password_is_shown_nowhere():
    dsn = "postgresql://ann:hunter2@127.0.0.1:9/app"
    with pytest.raises(CompanionError) as refused, companions(["postgres"], dsn=dsn):
        pytest.fail("nothing listens there")
    assert "Tried the database postgresql://ann:***@127.0.0.1:9/app: " in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_the_password_is_not_in_argv(monkeypatch):
    started = []
    popen = subprocess.Popen

    def watched(command, **kwargs):
        started.append((command, kwargs["env"]))
        return popen([sys.executable, "-c", ""], **kwargs)

    monkeypatch.setattr(subprocess, "Popen", watched)
    with pytest.raises(CompanionError), companions(["postgres"], dsn="host=db password=hunter2"):
        pytest.fail("it announced nothing")
    ((command, environment),) = started
    assert "hunter2" not in " ".join(command)
    assert environment["COMPARE_DSN"] == "host=db password=hunter2"


def test_a_work_of_ones_own_is_checked_and_says_which_paradigms_it_leaves_out(own):
    own("""
        print("printed by the user's module, and no ready line")
        class Work:
            limit = 3
            def blocking(self, delay_s): return b""
    """)
    with companions(["own_work:Work"]) as found:
        assert found.works["own_work:Work"].limit == 3
        reason = "not measured: own_work:Work has no native face"
        assert found.works["own_work:Work"].missing == {
            Paradigm.COROUTINE: reason,
            Paradigm.NATIVE: reason,
        }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Work: pass", "own_work:Work has neither blocking(delay_s) nor async native(delay_s)"),
        (
            "1 / 0",
            "--work own_work:Work: importing own_work raised ZeroDivisionError: division by zero; mend it.",
        ),
        (
            """
            class Work:
                def blocking(self, delay_s): return b"a"
                async def native(self, delay_s): return b"b"
            """,
            "the faces do not do the same work",
        ),
        ("import os; os._exit(5)", "--work own_work:Work did not get ready and said nothing"),
    ],
)
def test_a_work_that_does_not_work_is_refused_in_its_own_sentence(own, text, said):
    own(text)
    with pytest.raises(CompanionError) as refused, companions(["own_work:Work"]):
        pytest.fail("it was not refused")
    assert said in str(refused.value)


def test_what_was_started_for_one_work_ends_when_the_next_is_refused():
    before = psutil.Process().children()
    with pytest.raises(CompanionError, match="There is no work 'nope'"), companions(["http", "nope"]):
        pytest.fail("it was not refused")
    assert psutil.Process().children() == before
