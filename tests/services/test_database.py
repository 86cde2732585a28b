"""The embedded PostgreSQL: real, private, and gone with its folder whatever ends it."""

import os
import shutil
import signal
from pathlib import Path

import embedded
import psutil
import pytest
from running import KEEPING, left

from compare.services import cluster
from compare.services.companion import Companion, ServiceError
from compare.work.postgres import EMBEDDED

psycopg = embedded.driver("psycopg")


def test_it_serves_by_a_private_socket_and_leaves_nothing_behind():
    with Companion(EMBEDDED) as companion:
        folder = Path(companion.ready["folder"])
        with psycopg.connect(companion.ready["dsn"]) as connection:
            version, listening = connection.execute(
                "SELECT version(), current_setting('listen_addresses')"
            ).fetchone()
        family = psutil.Process(companion.pid).children(recursive=True)
        assert folder.stat().st_mode & 0o077 == 0
    assert version.startswith("PostgreSQL 1")
    assert listening == ""
    assert psutil.wait_procs(family, timeout=60)[1] == []
    assert not folder.exists()


def test_the_database_does_not_outlive_a_killed_companion():
    companion = Companion(EMBEDDED)
    family = psutil.Process(companion.pid).children(recursive=True)
    os.kill(companion.pid, signal.SIGKILL)
    assert family
    assert psutil.wait_procs(family, timeout=60)[1] == []
    companion.stop()
    assert not Path(companion.ready["folder"]).exists()


def test_sigterm_cleans_up_too():
    companion = Companion(EMBEDDED)
    os.kill(companion.pid, signal.SIGTERM)
    psutil.Process(companion.pid).wait(60)
    assert not Path(companion.ready["folder"]).exists()
    companion.stop()


def test_a_database_that_was_killed_is_ready_again_only_when_it_is():
    """The killed server's postmaster.pid still says "ready": nobody may be sent to a server that is not."""
    folder = cluster.folder()
    try:
        with Companion(["-c", KEEPING, str(folder)]) as companion:
            (postmaster,) = psutil.Process(companion.pid).children()
            family = [postmaster, *postmaster.children()]
            postmaster.kill()
            assert left(family) == []
        assert (folder / "data" / "postmaster.pid").read_text().split()[-1] == "ready"
        with (
            Companion(["-c", KEEPING, str(folder)]) as companion,
            psycopg.connect(companion.ready["dsn"]) as connection,
        ):
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_long_temporary_folder_still_gives_a_short_socket_path(tmp_path, monkeypatch):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    folder = cluster.folder()
    try:
        assert len(str(folder / cluster.LOCK_NAME)) <= cluster.SOCKET_PATH_MOST
        assert list(deep.iterdir()) == []
    finally:
        folder.rmdir()


def test_a_database_that_cannot_start_is_told_in_a_sentence():
    hidden = "import sys, importlib.util; importlib.util.find_spec = lambda _: None\n"
    code = hidden + "import compare.services.database as e; sys.exit(e.main())"
    with pytest.raises(
        ServiceError, match="needs a database: give --dsn, or install the embedded one with `pip ins"
    ):
        Companion(["-c", code])
    broken = (
        "import sys, compare.services.database as e; e.SETTINGS['max_connections'] = -5; sys.exit(e.main())"
    )
    with pytest.raises(
        ServiceError, match=r"did not start \(.*max_connections.*\): give a database by --dsn or COMP"
    ):
        Companion(["-c", broken])


def test_where_no_database_can_be_installed_its_tests_are_skipped_with_the_reason_but_not_in_ci(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.delenv("CI", raising=False)
    assert embedded.lacking().startswith(
        "no PostgreSQL here, which the extra postgres brings: --work postgres "
    )
    monkeypatch.setenv("CI", "true")
    assert embedded.lacking() == ""
