"""What a worker of a cluster costs while it waits: with dask's own settings and with those of `compare.engine.quiet`.

    python -m benchmarks.idle_worker [SECONDS]

One worker each time, as `--cluster local:1` starts it, twice with either settings in turns. The kernel counts the CPU
time of its threads in nanoseconds, so other work on the machine changes little.
"""

import sys
import time
from pathlib import Path

import dask

from compare.engine import cluster, quiet

MOST = 0.01  # of a core: what an idle worker may use
SETTLED_S = 3.0  # after its start


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that the threads of a process have used."""
    used = (path.read_text().split()[0] for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(map(int, used)) / 1e9


def share(settings: dict[str, str | int | bool], seconds: float) -> float:
    """Return the share of a core that an idle worker uses."""
    with dask.config.set(settings), cluster.local(1) as made:
        (worker,) = made.check()
        time.sleep(SETTLED_S)
        before_s, since_s = cpu_s(worker.pid), time.monotonic()
        time.sleep(seconds)
        return (cpu_s(worker.pid) - before_s) / (time.monotonic() - since_s)


def main(seconds: float = 20.0) -> None:
    """Print both shares; fail where ours is above what it may be."""
    theirs, ours = [], []
    for shares, settings in ((theirs, {}), (ours, quiet.SETTINGS), (ours, quiet.SETTINGS), (theirs, {})):
        shares.append(share(settings, seconds))
    for name, shares in (("dask's own", theirs), ("ours", ours)):
        print(f"{name}: {' and '.join(f'{one:.2%}' for one in shares)} of a core")
    if max(ours) > MOST:
        sys.exit(1)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
