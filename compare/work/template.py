"""`compare new-work NAME`: a commented work of the user's own, with its test, ready to run and to be changed."""

import keyword
import sys
from pathlib import Path

from compare.work.promise import WorkError

WORK = '''"""{name}: my own long I/O. Run these in this folder, in which the work is looked for:

serve it:    {command} serve aiohttp --work {name}:work
try it:      curl 'http://127.0.0.1:8002/io/native?delay=0.1'
measure it:  {command} bench concurrency --work {name}:work
"""

import asyncio
import time


class Work:
    """The same I/O twice: once blocking, once native. Leave a face out if there is no client for it: the paradigms
    that need it are then listed as not measured.
    """

    # How many your client does at once, if it has a pool: the ceiling is limit / wait. 0 = nothing limits it.
    limit = 0

    async def start(self, capacity: int) -> None:
        """Open clients and pools here (may be left out). `capacity` requests come at once, 0 = not known.

        Clients have hidden caps: requests and boto3 keep 10 connections, aiohttp 100. Set yours on purpose.
        """

    async def stop(self) -> None:
        """Close what start opened (may be left out)."""

    def blocking(self, delay_s: float) -> bytes:
        """Runs on a thread and may block it; many threads call it at once, so share only what is thread-safe.

        Give every call of your client a timeout, because a thread cannot be cancelled. `delay_s` is the wait that
        was asked for: pass it on if your service can be told how long to take, else ignore it. Raise what you like:
        the request is then answered with 502.
        """
        time.sleep(delay_s)  # your client's blocking call goes here
        return b"done"

    async def native(self, delay_s: float) -> bytes:
        """Runs on the event loop and must not block it. Returns the same bytes as `blocking`: that is checked."""
        await asyncio.sleep(delay_s)  # your client's async call goes here
        return b"done"


work = Work()
'''

TEST = '''"""The two faces of {name} do the same work. Run it here, with the pytest beside the command compare."""

import asyncio

from compare.work.loading import check_faces, faces_missing, load


async def try_once() -> None:
    work = load("{name}:work")
    await work.start(2)
    try:
        await check_faces(work, delay_s=0.01)  # calls both faces, and complains unless they return the same bytes
    finally:
        await work.stop()


def test_both_faces_return_the_same_bytes():
    asyncio.run(try_once())


def test_every_paradigm_can_be_measured():
    assert faces_missing(load("{name}:work")) == {{}}
'''


def new_work(name: str, folder: Path, command: str = "compare") -> list[Path]:
    """Write `NAME.py` and `test_NAME.py` into `folder` and return their paths; `command` is what calls compare there.

    Raises WorkError, before anything is written, when `name` is not a module's name or a file is there already.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise WorkError(
            f"{name!r} is not a name for a Python module: use letters, digits and _, like my_work."
        )
    if name in sys.stdlib_module_names or name in {"compare", "test"}:
        raise WorkError(f"{name!r} would hide another module of that name: choose another, like my_{name}.")
    texts = {folder / f"{name}.py": WORK, folder / f"test_{name}.py": TEST}
    for path in texts:
        if path.exists():
            raise WorkError(f"{path} is there already: choose another name, or remove it.")
    try:
        for path, text in texts.items():
            path.write_text(text.format(name=name, command=command), encoding="utf-8")
    except OSError as error:
        raise WorkError(f"{folder} cannot be written to: {error.strerror}.") from error
    return list(texts)
