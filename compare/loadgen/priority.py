"""Before whom the load generator runs.

A fair scheduler gives every process its turn, milliseconds at a time. Where two generators and a server share two CPUs,
1 % of the requests then leave 1 to 16 ms late, although no CPU is busy all the time (`benchmarks/together.py`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

LOWEST = 1  # of the real-time priorities: before all that have none


@contextmanager
def ahead() -> Iterator[None]:
    """Run before every process of ordinary priority within the block, where the system allows it.

    Linux allows it to root, and to others with `ulimit -r 1`. Of two that are ahead each has its turns. The system
    keeps a twentieth of each CPU for the others.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(LOWEST))
    except (AttributeError, OSError):  # another system; not allowed
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
