"""What dask is told by environment variables: its own names for what this project needs."""

from compare.engine import quiet


def test_an_idle_worker_is_told_to_keep_still():
    told = quiet.environ()
    assert told["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] == "0"
    assert told["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] == "False"
