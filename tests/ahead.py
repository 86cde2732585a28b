"""Whether this process may have real-time priority: root may, others with `ulimit -r`."""

import os

import pytest

from compare.loadgen import priority


def _allowed() -> bool:
    with priority.ahead():
        return hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) == os.SCHED_RR


needs_leave = pytest.mark.skipif(not _allowed(), reason="real-time priority needs root or ulimit -r")
