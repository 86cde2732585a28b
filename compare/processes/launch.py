"""Start a program that lives no longer than its parent, on a CPU of its own.

`Popen(preexec_fn=...)` could do the same, but forks a process that has threads, which Python 3.12 warns of with reason.
So a tiny interpreter (about 25 ms, no site-packages) makes the two system calls and becomes the program: the process
id stays, and so does the death signal, which only a set-uid program would lose.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as `typing.TYPE_CHECKING`: each process starts with this file, which imports little
if TYPE_CHECKING:
    from collections.abc import Sequence

PR_SET_PDEATHSIG, SIGKILL = 1, 9  # <linux/prctl.h>, <signal.h>
# What this process might use when it began: one that binds itself to a CPU later does not bind what it starts.
_ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def argv(command: Sequence[str], *, cpu: int | None = None) -> list[str]:
    """Return the arguments that run `command` bound to this process's life, and to `cpu` unless that is None.

    Without `cpu` it may run on all CPUs that this process might use when it began.

    The kernel ties it to the *thread* that starts it: start it from one that lives as long as it is needed.
    """
    # -I keeps this folder off sys.path, where its modules would shadow others
    isolated = [sys.executable, "-I", "-S", __file__]
    cpus = _ALLOWED if cpu is None else [cpu]
    return [*isolated, str(os.getpid()), ",".join(map(str, cpus)), *command]


def become(parent: int, cpus: set[int], command: Sequence[str]) -> None:
    """Replace this process by `command`, which dies with `parent`; end at once when `parent` is gone already."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  # in the new process alone

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
        if cpus:
            os.sched_setaffinity(0, cpus)
    if os.getppid() != parent:  # it died before the death signal was set
        sys.exit(1)
    os.execvp(command[0], list(command))  # noqa: S606  # no shell is the point: the process id must stay


if __name__ == "__main__":
    become(int(sys.argv[1]), {int(cpu) for cpu in sys.argv[2].split(",") if cpu}, sys.argv[3:])
