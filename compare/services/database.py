"""A real PostgreSQL without a system install, in a temporary folder, for as long as standard input stays open.

    python -m compare.services.database

The server is started here, as a child that the kernel stops with this process even when that is killed: `pg_ctl`
detaches it for good. Where it lives and as whom it runs: `compare.services.cluster`.

Durability is off: the folder is removed at the end, and the disk would be measured in place of the waiting.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from compare.processes.child import Child
from compare.services import cluster
from compare.services.cluster import Cluster, StartError
from compare.services.companion import announce

MAX_CONNECTIONS = 500
READY_S = 20.0
STOP_S = 8.0  # longer than PostgreSQL's own 5 s, after which it kills those of its children that linger
POLL_S = 0.01

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


def _options(cluster: Cluster) -> list[str]:
    pairs = SETTINGS | {"unix_socket_directories": cluster.socket_dir}
    return [word for name, value in pairs.items() for word in ("-c", f"{name}={value}")]


def _die_with_parent() -> None:
    """Ask the kernel to send SIGQUIT (PostgreSQL: stop at once) when the thread that started this process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run PostgreSQL on the cluster in `folder`, made when there is none; yield its DSN; stop it. Raises StartError."""
    made = cluster.prepare(folder)
    child = _start(made)
    try:
        try:
            _await_ready(child, made.data)
        except StartError:
            if child.exit_code is None or not cluster.forget(made):
                raise
            child.end()
            made = cluster.prepare(folder)  # the kept cluster may have been damaged
            child = _start(made)
            _await_ready(child, made.data)
        yield f"host={folder} user={cluster.USER} dbname=postgres"
    finally:
        child.end(STOP_S, ask=signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint


def _start(made: Cluster) -> Child:
    """Start it as the account it runs as, which may not be able to run the interpreter that `bound` needs."""
    return Child(
        [str(made.programs / "postgres"), "-D", str(made.data), *_options(made)],
        bound=False,
        hangs=False,
        inherits=False,
        cwd="/",
        preexec_fn=_die_with_parent,  # one thread only, and it is after the change of user
        **made.popen,
    )


def _await_ready(child: Child, data: Path) -> None:
    """Return when postmaster.pid says so: our process in its first line and its state in the last.

    Source: PostgreSQL's `LOCK_FILE_LINE_PID` and `LOCK_FILE_LINE_PM_STATUS`. A server that was killed leaves the file,
    which then says that its predecessor is ready.
    """
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and child.exit_code is None:
        with contextlib.suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text(encoding="utf-8").split()
            if lines and lines[0] == str(child.pid) and lines[-1] == "ready":
                return
        time.sleep(POLL_S)
    said = child.last_words() or "it said nothing"
    raise StartError(f"The embedded PostgreSQL did not start ({said}): {cluster.OTHERWISE}.")


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
    folder: Path | None = None
    try:
        folder = cluster.folder()
        with running(folder) as dsn:
            announce(dsn=dsn, pid=os.getpid(), folder=str(folder))
            _await_end()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 1  # told to stop before it was ready
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
