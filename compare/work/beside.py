"""Everything one work needs beside the servers, and the proof that its faces do the same: before anything is timed.

    python -m compare.work.beside --work http [--upstream URL]        the DSN of a database comes by COMPARE_DSN

Starts the upstream or the database unless one was given, does the work once by each face, and then writes a ready line
with `upstream`, `dsn`, `limit` (how many the work does at once, 0 = any number) and `missing` (paradigms that cannot be
measured, each with the reason). Ends, and ends what it started, when standard input does.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator

from compare.contract.settings import DSN_VARIABLE
from compare.errors import CompareError
from compare.services.companion import Companion, announce
from compare.work import http, postgres
from compare.work.loading import check_faces, faces_missing, load
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


async def checked(name: str, upstream: str = "", dsn: str = "") -> Work:
    """Start the work, do it once by each face, stop it and return it; raises CompareError."""
    work = load(name, upstream=upstream, dsn=dsn)
    await work.start(0)
    try:
        await check_faces(work, CHECK_S)
    finally:
        await work.stop()
    return work


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
            work = asyncio.run(checked(given.work, upstream, dsn))
            announce(upstream=upstream, dsn=dsn, limit=work.limit, missing=faces_missing(work))
            while os.read(0, 4096):
                pass
    except CompareError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
