"""Modules of the folder a command is typed in never run, whatever they are called: it may be full of downloads."""

import ast
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running import Process, running

import compare
from compare.contract import Server

NAMES = ("tornado", "aiohttp", "uvloop", "msgspec", "httptools", "psutil", "http", "compare")
COMMAND = Path(sys.executable).with_name("compare")


@pytest.fixture
def downloads(tmp_path, monkeypatch):
    """A folder of modules that leave a mark when they are imported."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    return tmp_path


@pytest.mark.parametrize("name", list(Server))
def test_a_server_imports_nothing_from_the_current_folder(name, downloads):
    def typed(server, *options):
        return [str(COMMAND), "serve", server, *options]

    with running(name, "--loop", "uvloop", how=typed) as process:
        assert isinstance(process, Process)
        assert process.stop(signal.SIGTERM)[0] == 0
    assert not (downloads / "ran").exists()


def test_the_load_generator_imports_nothing_from_the_current_folder(downloads):
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            running(
                Server.AIOHTTP,
                how=lambda server, *options: [sys.executable, "-P", "-m", f"compare.{server}_impl", *options],
            )
        )
        words = [str(COMMAND), "load", f"{process.ready.url}/ping", "-d", "0.2", "--warmup", "0", "-c", "2"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not (downloads / "ran").exists()


def test_every_python_that_is_started_by_a_modules_name_leaves_the_current_folder_out():
    """`-P` before `-m`; the venv module of an environment to be made is another Python's own."""
    found = []
    for path in Path(compare.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.List):
                words = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
                found += [
                    f"{path.name}:{node.lineno}"
                    for before, word, after in zip([None, *words], words, [*words[1:], None], strict=False)
                    if word == "-m" and before != "-P" and after not in {"venv", "pip"}
                ]
    assert found == []
