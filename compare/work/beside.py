"""Everything one work needs beside the servers, and the proof that its faces do the same: before anything is timed.

    python -m compare.work.beside --work http [--upstream URL]        the DSN of a database comes by COMPARE_DSN

Starts the upstream or the database unless one was given, does the work once by each face, and then writes a ready line
with `upstream`, `dsn`, `limit` (how many the work does at once, 0 = any number), `missing` (paradigms that cannot be
measured, each with the reason) and, of a user's own work, `took_s` and `blocks_loop`. Ends, and ends what it started,
when standard input does.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

from compare.contract.settings import DSN_VARIABLE
from compare.errors import CompareError
from compare.services.companion import Companion, announce
from compare.work import http, postgres
from compare.work.loading import blocks_loop, check_faces, faces_missing, load
from compare.work.promise import Kind, Work

CHECK_S = 0.01  # the delay the faces are checked with


@contextlib.contextmanager
def started(name: str, upstream: str = "", dsn: str = "") -> Iterator[tuple[str, str]]:
    """Run what the work called `name` needs beside it; yield upstream and DSN, as given or as started."""
    if name == Kind.HTTP and not upstream:
        with Companion(http.UPSTREAM) as companion:
            yield str(companion.ready["url"]), dsn
    elif name == Kind.POSTGRES and not dsn:
        with Companion(postgres.EMBEDDED) as companion:
            yield upstream, str(companion.ready["dsn"])
    else:
        yield upstream, dsn


class Checked(NamedTuple):
    """A work whose faces do the same: how long the slower one takes, and whether the native one blocks the loop."""

    work: Work
    took_s: float
    blocks_loop: bool


async def checked(name: str, upstream: str = "", dsn: str = "") -> Checked:
    """Start the work, do it by each face, stop it and return what was seen; raises CompareError."""
    work = load(name, upstream=upstream, dsn=dsn)
    await work.start(0)
    try:
        took_s = await check_faces(work, CHECK_S)
        blocks = name not in set(Kind) and await blocks_loop(work)
    finally:
        await work.stop()
    return Checked(work, took_s, blocks)


def main(argv: list[str]) -> int:
    """Run until standard input ends; return the exit code."""
    parser = argparse.ArgumentParser(prog="compare.work.beside")
    parser.add_argument("--work", required=True)
    parser.add_argument("--upstream", default="")
    given = parser.parse_args(argv)
    try:
        with started(given.work, given.upstream, os.environ.get(DSN_VARIABLE, "")) as (
            upstream,
            dsn,
        ):
            seen = asyncio.run(checked(given.work, upstream, dsn))
            # the product's own works wait as asked
            own = {} if given.work in set(Kind) else {"took_s": seen.took_s, "blocks_loop": seen.blocks_loop}
            missing = faces_missing(seen.work)
            announce(upstream=upstream, dsn=dsn, limit=seen.work.limit, missing=missing, **own)
            while os.read(0, 4096):
                pass
    except CompareError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
