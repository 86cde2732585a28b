"""What `make` says and runs, and what the locks hold."""

import re
import subprocess
import textwrap
from pathlib import Path

import pytest

import setup_venv

ROOT = Path(__file__).parents[2]


def test_make_names_an_interpreter_that_is_not_there():
    done = subprocess.run(
        ["make", "setup", "PYTHON=python3.99"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.startswith("Error: there is no python3.99: install Python 3.11 or newer")


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (0, 3), (1, 3)])
def test_both_halves_of_the_suite_run_whatever_the_first_finds_and_either_fails_it(tmp_path, first, second):
    pytest_stub = tmp_path / "pytest"
    pytest_stub.write_text(
        f'#!/bin/sh\necho "$2"\ncase "$2" in *"not alone") exit {first};; *) exit {second};; esac\n'
    )
    pytest_stub.chmod(0o755)
    command = ["make", "--silent", "test", f"BIN={tmp_path}", "MAKE_VENV=@true"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "not full and not alone\nnot full and alone\n"
    assert (done.returncode == 0) == (first == second == 0)


def test_the_locks_hold_pins_with_hashes_only_and_no_package_twice():
    pinned = []
    for level in setup_venv.LEVELS:
        text = (ROOT / "requirements" / f"{level}.lock").read_text()
        blocks = re.split(r"\n(?=\S)", textwrap.dedent(text).strip())
        assert all(re.match(r"[a-z0-9-]+==\S+( ; [^\n]+)? \\\n    --hash=sha256:", block) for block in blocks)
        pinned.append({block.partition("==")[0] for block in blocks})
    bench, dev = pinned
    assert not bench & dev
    assert not bench & {"pytest", "mypy", "ruff", "playwright", "hypothesis", "coverage"}
