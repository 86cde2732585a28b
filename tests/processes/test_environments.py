"""Environments for other Pythons: this environment's versions, by the lock's hashes, whole or not at all."""

import sys
from importlib import metadata

import pytest

from compare.processes import environments
from compare.processes.interpreters import InterpreterError


def test_what_a_server_needs_is_pinned_with_the_locks_hashes_and_nothing_else():
    text = environments.pins(environments.LOCK)
    names = {line.partition("==")[0] for line in text.splitlines() if "==" in line and line[0].isalnum()}
    assert {"aiohttp", "tornado", "msgspec", "uvloop", "multidict", "yarl"} <= names
    assert not names & {"numpy", "matplotlib", "scipy", "pytest", "psutil"}
    assert text.count("--hash=sha256:") > len(names)


def test_without_a_lock_the_versions_are_those_of_this_environment(tmp_path):
    pins = environments.pins(tmp_path / "missing.lock").splitlines()
    assert f"aiohttp=={metadata.version('aiohttp')}" in pins


def test_one_that_cannot_be_made_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(
        "PIP_NO_INDEX", "1"
    )  # no such release is there: without a network pip would ask for long
    lock = tmp_path / "broken.lock"
    lock.write_text("aiohttp==0.0.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(InterpreterError, match=r"^pip cannot install into .*: ERROR: "):
        environments.add(sys.executable, environments=tmp_path / "made", lock=lock)
    assert not list((tmp_path / "made").glob("*"))


def test_a_python_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(InterpreterError, match=r"^There is no Python 3\.98 on PATH"):
        environments.add("3.98", environments=tmp_path)
