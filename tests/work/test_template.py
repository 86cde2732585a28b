"""`compare new-work`: what it writes runs as it is, and it hides or overwrites nothing."""

import os
import subprocess
import sys

import pytest

from compare.work.promise import WorkError
from compare.work.template import new_work


def test_the_written_work_passes_its_own_test(tmp_path):
    written = new_work("my_queue", tmp_path)
    assert written == [tmp_path / "my_queue.py", tmp_path / "test_my_queue.py"]
    quiet = ["-q", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function"]
    command = [sys.executable, "-m", "pytest", *quiet, str(written[1])]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=_plain())
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


def test_the_written_files_keep_the_line_length(tmp_path):
    for path in new_work("my_queue", tmp_path):
        assert max(map(len, path.read_text().splitlines())) <= 120


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "my-queue",
            "'my-queue' is not a name for a Python module: use letters, digits and _, like my_work.",
        ),
        ("../queue", "is not a name for a Python module"),
        ("class", "is not a name for a Python module"),
        ("", "is not a name for a Python module"),
        ("queue", "'queue' would hide another module of that name: choose another, like my_queue."),
        ("compare", "would hide another module"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path, name, said):
    with pytest.raises(WorkError) as refused:
        new_work(name, tmp_path)
    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["mine.py", "test_mine.py"])
def test_nothing_is_overwritten(tmp_path, there):
    (tmp_path / there).write_text("mine")
    with pytest.raises(WorkError, match="is there already: choose another name, or remove it"):
        new_work("mine", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_folder_that_is_none_is_told(tmp_path):
    with pytest.raises(WorkError, match=r"cannot be written to: No such file or directory\."):
        new_work("mine", tmp_path / "nowhere")
