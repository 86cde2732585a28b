"""Where the set-up can make no environment it says why in one sentence, and leaves nothing behind."""

import ast
import errno
import os
import sys
from pathlib import Path

import pytest

import setup_venv
from setup_venv import SetupError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def refusal(tmp_path, monkeypatch, capsys):
    """Run the script where it must refuse, and return its one sentence."""

    def refused() -> str:
        monkeypatch.setattr(setup_venv, "ROOT", tmp_path)
        monkeypatch.setattr(sys, "argv", ["setup_venv.py", "bench"])
        assert setup_venv.main() == 1
        assert list(tmp_path.iterdir()) == []
        said = capsys.readouterr().err
        assert said.startswith("Error: ")
        assert said.count("\n") == 1
        return said

    return refused


def test_a_read_only_checkout_is_said(refusal, monkeypatch):
    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", read_only)
    assert ".venv cannot be written (Read-only file system): work in a clone" in refusal()


def test_an_interpreter_that_is_too_old_is_said(refusal, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    assert "(3.10.13) is older than Python 3.11: name a newer one, such as PYTHON=" in refusal()


def test_an_interpreter_too_old_can_read_the_script():
    ast.parse((ROOT / "setup_venv.py").read_text(), feature_version=(3, 7))


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_an_interpreter_without_venv_is_said(refusal, monkeypatch, module):
    found = setup_venv.importlib.util.find_spec
    monkeypatch.setattr(
        setup_venv.importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    assert f"lacks the module {module}: install it, on Debian with `apt install python3" in refusal()


@pytest.mark.parametrize("words", [[], ["all"], ["bench", "dev"]])
def test_another_level_is_refused(words):
    with pytest.raises(SetupError, match="name what to set up, bench or dev, such as"):
        setup_venv.level_of(words)
