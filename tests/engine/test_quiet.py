"""What dask is told by environment variables: its own names for what this project needs."""

import signal
import subprocess
import sys

from compare.engine import quiet


def test_an_idle_worker_is_told_to_keep_still():
    told = quiet.environ()
    assert told["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] == "0"
    assert told["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] == "False"


def test_importing_the_cluster_leaves_tornados_loggers_as_they_were():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import compare.engine.cluster, logging; "
                "print(logging.getLogger('tornado').propagate, logging.getLogger('tornado.general').isEnabledFor(30))"
            ),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "True True\n"


def test_what_begins_within_the_block_ignores_ctrl_c_and_this_process_does_not():
    before = signal.getsignal(signal.SIGINT)
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    with quiet.deaf():
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "True\n"
    assert signal.getsignal(signal.SIGINT) is before
