"""Before whom the generator runs: root may ask for it, others are left as they are."""

import contextlib
import os

import pytest
from ahead import needs_leave

from compare.loadgen import priority

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="the system has no such call")


@needs_leave
def test_a_block_runs_ahead_of_others_and_what_follows_does_not():
    with contextlib.suppress(RuntimeError), priority.ahead():
        assert os.sched_getscheduler(0) == os.SCHED_RR
        raise RuntimeError
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_where_it_is_not_allowed_all_runs_as_it_did(monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refused)
    with priority.ahead():
        assert os.sched_getscheduler(0) == os.SCHED_OTHER
