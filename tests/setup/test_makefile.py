"""`make both`, with stand-ins for the servers: one secret for the two, and neither is left when one ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from running import PAUSE_S, left

ROOT = Path(__file__).parents[2]
SERVER = """#!/bin/sh
echo "$COMPARE_COOKIE_SECRET $*" >> {folder}/asked
{then}
exec sleep 3600
"""


@pytest.fixture
def making(tmp_path):
    """Return a function that types `make both`; each stand-in notes how it was started, does `then` and waits."""
    with contextlib.ExitStack() as stack:

        def go(then: str = "") -> subprocess.Popen[str]:
            for name, text in {
                "compare": SERVER.format(folder=tmp_path, then=then),
                "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
            }.items():
                (tmp_path / name).write_text(text)
                (tmp_path / name).chmod(0o755)
            command = ["make", "--silent", "both", f"BIN={tmp_path}", "MAKE_VENV=@true"]
            made = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.callback(ended, made)
            return made

        yield go


def ended(made: subprocess.Popen[str]) -> None:
    for process in session_of(made.pid):
        with contextlib.suppress(psutil.Error):
            process.kill()
    made.communicate()


def asked(folder: Path) -> list[str]:
    """Return how both were started, once both were."""
    while not (folder / "asked").exists() or len((folder / "asked").read_text().splitlines()) < 2:
        time.sleep(PAUSE_S)
    return sorted((folder / "asked").read_text().splitlines())


def test_both_are_served_with_one_secret_each_shown_beside_the_other_until_ctrl_c(making, tmp_path):
    made = making()
    secrets, words = zip(*(line.split(" ", 1) for line in asked(tmp_path)), strict=True)
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 64
    assert sorted(words) == [
        "serve aiohttp --beside http://localhost:8001",
        "serve tornado --beside http://localhost:8002",
    ]
    assert made.stdout.readline() == (
        "Open http://localhost:8001 (Tornado) or http://localhost:8002 (aiohttp). Ctrl-C stops both.\n"
    )
    family = psutil.Process(made.pid).children(recursive=True)
    os.killpg(made.pid, signal.SIGINT)
    made.wait(60)
    assert left(family) == []


def test_where_one_cannot_start_the_other_is_not_left_alone(making):
    made = making('if [ "$2" = tornado ]; then exit 3; fi')
    assert made.wait(60) != 0
    assert left(session_of(made.pid)) == []


def session_of(leader: int) -> list[psutil.Process]:
    """Return what runs in the session that `leader` began."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == leader:
                found.append(process)
    return found
