"""What runs beside the servers, once for a whole run: the slow upstream, the embedded PostgreSQL.

One process per work (`python -m compare.work.beside`) starts them, checks that the work's faces do the same, and
hangs on the standard input this process holds open: however this process ends, `kill -9` included, everything beside
it ends.
"""

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

import msgspec

from compare.contract import Paradigm
from compare.contract.settings import DSN_VARIABLE
from compare.errors import CompareError
from compare.processes import launch

START_S = 40.0
STOP_S = 5.0
NOTHING_NEEDED = frozenset({"sleep"})


class CompanionError(CompareError):
    """A work cannot be done here: one sentence that says what was tried and what to do."""


class Found(msgspec.Struct, frozen=True):
    """One work, ready to be measured, as its companion announces it.

    `limit` is how many it does at once whatever the paradigm (a pool's size; 0 = any number), so that its ceiling is
    limit / wait. `missing` holds the paradigms it has no face for, each with the reason in a sentence.
    """

    upstream: str = ""
    dsn: str = ""
    limit: int = 0
    missing: dict[Paradigm, str] = {}


class Companions(msgspec.Struct, frozen=True):
    """What runs beside the servers: where it is, for them; `works` by name, for whoever plans and judges."""

    upstream: str = ""
    dsn: str = ""
    works: dict[str, Found] = {}


@contextmanager
def companions(
    works: Sequence[str], *, upstream: str = "", dsn: str = "", cpu: int | None = None
) -> Iterator[Companions]:
    """Run what `works` need beside the servers, pinned to `cpu` unless that is None; stop it all at the end.

    `upstream` and `dsn` are the user's own; what is not given is started. Raises CompanionError before yielding when
    a work cannot be loaded, does not work here, or has two faces that do not do the same. Call it from the main thread.
    """
    with ExitStack() as stack:
        found = {
            work: stack.enter_context(_beside(work, upstream, dsn, cpu))
            for work in dict.fromkeys(works)
            if work not in NOTHING_NEEDED
        }
        upstream, dsn = (
            next((getattr(one, field) for one in found.values() if getattr(one, field)), given)
            for field, given in (("upstream", upstream), ("dsn", dsn))
        )
        yield Companions(upstream=upstream, dsn=dsn, works=found)


@contextmanager
def _beside(work: str, upstream: str, dsn: str, cpu: int | None) -> Iterator[Found]:
    with tempfile.TemporaryFile() as errors:
        process = _start(work, upstream, dsn, cpu, errors)
        try:
            line = _line(process, time.monotonic() + START_S)
            try:
                found = msgspec.json.decode(line, type=Found)
            except msgspec.DecodeError as error:
                raise CompanionError(_last_words(work, errors)) from error
            yield found
        finally:
            _stop(process)


def _start(work: str, upstream: str, dsn: str, cpu: int | None, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "compare.work.beside", "--work", work]
    return subprocess.Popen(  # noqa: S603  # the arguments are ours, and there is no shell
        launch.argv([*command, *(["--upstream", upstream] if upstream else [])], cpu=cpu),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=os.environ
        | ({DSN_VARIABLE: dsn} if dsn else {}),  # argv is readable for every user of the machine
        start_new_session=True,
    )


def _line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Return the ready line, or what came of it until the process ended or the deadline (`time.monotonic`) passed.

    A user's work may print when it is imported: lines that are no ready line are passed over.
    """
    stream, received = process.stdout, b""
    while stream and select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(stream.fileno(), 65536)
        received += piece
        ready = [line for line in received.splitlines(keepends=True) if _is_ready(line)]
        if ready or not piece:
            return b"".join(ready)
    return b""


def _is_ready(line: bytes) -> bool:
    return line.startswith(b'{"ready"') and line.endswith(b"\n")


def _last_words(work: str, errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = [line for line in errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"--work {work} did not get ready and said nothing: try `compare serve`."


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Close the lifeline, wait until everything beside has been stopped and removed, and make sure of it."""
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()  # what it started sees its own lifeline close
        process.wait()
