"""What runs beside the servers, once for a whole run: the slow upstream, the embedded PostgreSQL.

One process per work (`python -m compare.work.beside`) starts them, checks that the work's faces do the same, and
hangs on the standard input this process holds open: however this process ends, `kill -9` included, everything beside
it ends.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from compare.contract import Paradigm
from compare.contract.settings import DSN_VARIABLE
from compare.errors import CompareError
from compare.processes.child import Child

START_S = 150.0  # a work of a user's own is done by each of its faces, up to twice
STOP_S = 5.0
NOTHING_NEEDED = frozenset({"sleep"})


class CompanionError(CompareError):
    """A work cannot be done here: one sentence that says what was tried and what to do."""


class Found(msgspec.Struct, frozen=True):
    """One work, ready to be measured, as its companion announces it.

    `limit` is how many it does at once whatever the paradigm (a pool's size; 0 = any number), so that its ceiling is
    limit / wait. `missing` holds the paradigms it has no face for, each with the reason in a sentence. `took_s` is how
    long a user's own work takes, 0 for those that wait as asked; `blocks_loop`
    whether its native face blocks.
    """

    upstream: str = ""
    dsn: str = ""
    limit: int = 0
    missing: dict[Paradigm, str] = {}
    took_s: float = 0.0
    blocks_loop: bool = False


class Companions(msgspec.Struct, frozen=True):
    """What runs beside the servers: where it is, for them; `works` by name, for plans and verdicts."""

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
    command = [sys.executable, "-P", "-m", "compare.work.beside", "--work", work]
    command += ["--upstream", upstream] if upstream else []
    # the DSN by the environment: argv is readable for every user of the machine
    child = Child(command, cpu=cpu, env={DSN_VARIABLE: dsn} if dsn else None)
    try:
        line = child.line(START_S, _is_ready)
        try:
            found = msgspec.json.decode(line, type=Found)
        except msgspec.DecodeError as error:
            silent = f"--work {work} did not get ready and said nothing: try `compare serve`."
            raise CompanionError(child.last_words() or silent) from error
        yield found
    finally:
        child.end(STOP_S)


def _is_ready(line: bytes) -> bool:
    """Whether this is the ready line: a user's work may print when it is imported."""
    return line.startswith(b'{"ready"')
