"""Other Pythons: found by version, asked what they are after all imports, refused in one sentence."""

import json
import re
import sys
from pathlib import Path

import pytest

from compare.processes import interpreters
from compare.processes.interpreters import Interpreter, InterpreterError, ask, check_alike, find


def answering(folder, answer, name="python"):
    """Make an executable that answers every question with `answer`."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    program.chmod(0o755)
    return program


def an_answer(**changed):
    return {
        "version": "3.14.7",
        "implementation": "CPython",
        "free_threaded": False,
        "gil_at_start": True,
        "gil": True,
        "blamed": "",
        "versions": {"aiohttp": "3.14.5"},
    } | changed


def test_this_interpreter_is_asked_after_all_imports():
    found = ask(sys.executable)
    assert found.tag == interpreters.here()
    assert (found.version, found.gil) == (sys.version.split()[0], not found.free_threaded)
    assert {"aiohttp", "tornado", "msgspec"} <= found.versions.keys()


def test_servers_of_another_interpreter_run_this_very_code_and_nothing_of_the_current_folder(
    tmp_path, monkeypatch
):
    (tmp_path / "tornado.py").write_text("raise RuntimeError('from the current folder')")
    monkeypatch.chdir(tmp_path)
    assert ask(sys.executable).tag == interpreters.here()
    with interpreters.code() as folder:
        assert {path.name for path in Path(folder).iterdir()} == {"compare", "tornado_cookies"}
        assert (Path(folder) / "compare").resolve() == Path(interpreters.__file__).parents[1].resolve()


def test_a_made_environment_comes_before_the_path(tmp_path):
    answering(tmp_path / "3.14t" / "bin", an_answer(free_threaded=True, gil=False))
    found = find("3.14t", environments=tmp_path)
    assert (found.tag, found.gil) == ("3.14t", False)


def test_a_version_is_looked_for_on_path_in_pyenv_and_in_uv(tmp_path, monkeypatch):
    on_path = answering(tmp_path / "bin", {}, "python3.99")
    shim = answering(tmp_path / "shims", {}, "python3.99")
    pyenv = answering(tmp_path / "pyenv" / "versions" / "3.99.2" / "bin", {}, "python3.99")
    uv = answering(tmp_path / "uv" / "cpython-3.99.1-linux" / "bin", {}, "python3.99")
    free = answering(tmp_path / "uv" / "cpython-3.99.1+freethreaded-linux" / "bin", {}, "python3.99t")
    monkeypatch.setenv("PATH", f"{shim.parent}:{on_path.parent}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    assert list(interpreters.candidates("3.99")) == [str(on_path), str(pyenv), str(uv)]
    assert list(interpreters.candidates("3.99t")) == [str(free)]


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (
            "three",
            "--python must be a version or a path, such as 3.13, 3.14t or /usr/bin/python3.13, not 'three'.",
        ),
        ("3.9", "--python 3.9 is too old: servers need Python 3.11 or newer, such as 3.13."),
        (
            "3.98",
            "There is no Python 3.98 on PATH, in pyenv's or in uv's folder: install it, or give the path of one.",
        ),
        ("/nowhere/python", "/nowhere/python does not run: No such file or directory."),
    ],
)
def test_what_cannot_be_found_is_one_sentence(named, sentence, tmp_path):
    with pytest.raises(InterpreterError, match=f"^{re.escape(sentence)}$"):
        find(named, environments=tmp_path)


def test_an_interpreter_that_lacks_a_package_says_which_and_how_to_get_it(tmp_path, monkeypatch):
    answering(tmp_path, {"missing": "No module named aiohttp"}, "python3.97")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InterpreterError, match=r"No module named aiohttp\. `compare pythons add 3\.97` makes"
    ):
        find("3.97", environments=tmp_path)


def test_a_free_threaded_build_whose_gil_came_back_is_refused_with_the_module_that_did_it(tmp_path):
    blamed = "The global interpreter lock (GIL) has been enabled to load module brotli"
    program = answering(tmp_path, an_answer(free_threaded=True, gil_at_start=False, blamed=blamed))
    with pytest.raises(InterpreterError, match=r"is free-threaded and its GIL came back: .* module brotli"):
        ask(str(program))


def test_other_package_versions_are_refused_by_name():
    found = Interpreter(
        "3.13", "/py", "3.13.0", "CPython", free_threaded=False, gil=True, versions={"aiohttp": "3.9"}
    )
    check_alike(found, {"aiohttp": "3.9"})
    with pytest.raises(InterpreterError, match=r"/py has aiohttp 3\.9 and this environment 3\.14"):
        check_alike(found, {"aiohttp": "3.14"})
