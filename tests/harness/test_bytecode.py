"""Modules are compiled before servers are measured."""

import sys

import pytest

from compare.harness import bytecode


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "freshly_written"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_modules_are_compiled_whatever_the_interpreter_is_told(package, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert bytecode.write([package.name])
    assert list((package / "__pycache__").glob("__init__.*.pyc"))


def test_a_module_that_cannot_be_compiled_is_told_and_breaks_nothing(package):
    (package / "broken.py").write_text("(")
    assert not bytecode.write([package.name])


def test_what_the_servers_load_of_ours_is_compiled():
    assert bytecode.write()
