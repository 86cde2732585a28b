"""A supervisor that is process 1, as in a container."""

import os
import shutil
import signal
import time

import psutil
import pytest
from running import EITHER, PAUSE_S, PING, running, supervised

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("unshare") is None,
        reason="a namespace of processes needs root and the command unshare",
    ),
]


def contained(server, *options):
    return ["unshare", "--pid", "--mount-proc", "--fork", "--kill-child", *supervised(server, *options)]


@EITHER
def test_it_collects_a_worker_that_died_begins_another_and_passes_a_signal_on(name):
    with running(name, "--workers", "2", how=contained) as process:
        assert process.ready.pid == 1
        (first,) = psutil.Process(process.popen.pid).children()
        dead = first.children()[0]
        dead.kill()
        while dead in (there := first.children()) or len(there) < 2:
            time.sleep(PAUSE_S)
        assert process.exchange(PING).endswith(b'{"pong":true}')
        first.send_signal(signal.SIGTERM)
        assert process.wait()[0] == 0
