"""Make `.venv` from the locks, or say in one sentence what is missing: `python3 setup_venv.py bench` (or `dev`).

`bench` holds what serving and measuring need, `dev` adds what tests and checks need. A `.venv` that comes from another
interpreter, from other locks or from another folder, or whose making was cut off, is made anew. Only the standard
library, and syntax of Python 3.7: an interpreter that is too old must still be able to say so.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator  # noqa: UP035  # collections.abc has it from 3.9 on

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
LEVELS = ("bench", "dev")
SHARES = 2
PACKAGES = ("kit", ".")
# Both locks are complete, so nothing is resolved: pip before 23.3 takes an extra of a pinned package from its newest
# release (pip issue 9644), and such a set-up breaks on the day of a release. Wheels only: a source package would be
# built with whatever build tools are newest.
FROM_LOCK = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile")
FROM_HERE = ("--no-deps", "--no-build-isolation", "--no-compile")
UNREACHABLE = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError")


class SetupError(Exception):
    """A set-up that cannot be made: one sentence."""


def main() -> int:
    """Make or complete `.venv` for the level on the command line; return the exit code."""
    try:
        check_interpreter()
        level = level_of(sys.argv[1:])
        with alone_in(ROOT):
            if not is_ready(ROOT, level):
                make(ROOT, level)
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 0


def check_interpreter() -> None:
    """Refuse an interpreter that is too old or cannot make an environment."""
    oldest, this = f"{OLDEST[0]}.{OLDEST[1]}", f"{sys.executable} ({version()})"
    if sys.version_info < OLDEST:
        raise SetupError(
            f"{this} is older than Python {oldest}: name a newer one, such as PYTHON=python3.13."
        )
    for module in ("fcntl", "venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            raise SetupError(
                f"{this} lacks the module {module}: install it, on Debian with `apt install {package}`."
            )


def level_of(arguments: list[str]) -> str:
    """Return the level asked for."""
    if len(arguments) != 1 or arguments[0] not in LEVELS:
        raise SetupError("name what to set up, bench or dev, such as `python3 setup_venv.py bench`.")
    return arguments[0]


@contextlib.contextmanager
def alone_in(root: Path) -> Iterator[None]:
    """Wait until no other set-up works in this folder: two `make` at once would share a half-made `.venv`."""
    import fcntl  # noqa: PLC0415  # its absence has its sentence

    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def is_ready(root: Path, level: str) -> bool:
    """Say whether `.venv` is whole and holds this level, or more."""
    return any(is_whole(root, enough) for enough in LEVELS[LEVELS.index(level) :])


def is_whole(root: Path, level: str) -> bool:
    """Say whether `.venv` was finished for exactly this level, here, by this interpreter, from these locks."""
    try:
        made = (root / ".venv" / "ready").read_text(encoding="utf-8")
        return made == marks(root, level) and subprocess.call([python_of(root), "-I", "-c", ""]) == 0
    except OSError:
        return False


def marks(root: Path, level: str) -> str:
    """Return what a finished set-up of this level writes down."""
    digest = hashlib.sha256()
    for lock in locks(root, level):
        digest.update(lock.read_bytes())
    for package in PACKAGES:
        digest.update(said_of(root / package).encode())
    return "\n".join(
        (level, sys.version, os.path.realpath(sys.base_prefix), str(root), digest.hexdigest(), "")
    )


def said_of(package: Path) -> str:
    """Return what an installed package takes from its pyproject.toml: its name, requirements and commands."""
    import tomllib  # noqa: PLC0415  # from 3.11 on; an older interpreter has been refused

    said = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))
    return json.dumps(said["project"], sort_keys=True)


def locks(root: Path, level: str) -> list[Path]:
    """Return the locks of a level: together they are complete."""
    return [root / "requirements" / f"{name}.lock" for name in LEVELS[: LEVELS.index(level) + 1]]


def python_of(root: Path) -> str:
    """Return the environment's interpreter."""
    return str(root / ".venv" / "bin" / "python")


def make(root: Path, level: str) -> None:
    """Make `.venv`, or add to a whole one what this level has more; leave nothing half-made."""
    began = time.monotonic()
    lower = next((lower for lower in LEVELS if is_whole(root, lower)), None)
    print(f"{'Completing' if lower else 'Making'} .venv with Python {version()} ...", flush=True)
    try:
        if lower:
            install(pip_of(root), locks(root, level)[len(locks(root, lower)) :])
        else:
            make_anew(root, level)
        run([*pip_of(root), "check"], "the locks do not fit together")
        (root / ".venv" / "ready").write_text(marks(root, level), encoding="utf-8")
    except BaseException:
        if not lower:  # a lower level stays: pip fetches everything before it installs anything
            remove(root / ".venv")
        raise
    print(f".venv is ready for {level} ({time.monotonic() - began:.0f} s).", flush=True)


def make_anew(root: Path, level: str) -> None:
    """Make `.venv` with all of a level in it, whatever was in its place."""
    create(root / ".venv")
    install(pip_of(root), locks(root, level))
    here = [word for package in PACKAGES for word in ("--editable", str(root / package))]
    run([*pip_of(root), "install", "--quiet", *FROM_HERE, *here], "this project cannot be installed")


def create(target: Path) -> None:
    """Make an empty environment."""
    try:
        remove(target)
        target.mkdir()
    except OSError as error:
        raise SetupError(
            f"{target} cannot be written ({error.strerror}): work in a clone of your own."
        ) from error
    # Inside an active `.venv`, the interpreter behind it: its own has just been deleted.
    interpreter = getattr(sys, "_base_executable", None) or sys.executable
    run([interpreter, "-m", "venv", str(target)], "an environment cannot be made")


def remove(path: Path) -> None:
    """Delete a folder, or a link to one, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(str(path))


def pip_of(root: Path) -> list[str]:
    """Return the command of the environment's own pip, whichever version its Python brought."""
    return [python_of(root), "-I", "-m", "pip"]


def install(pip: list[str], files: list[Path]) -> None:
    """Install exactly what the locks pin, checked by hash, with this pip.

    Two of it at the same time, each with half of the packages: unpacking keeps a core busy.
    """
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(SHARES) as pool:
        commands = []
        for number, share in enumerate(shares([lock.read_text(encoding="utf-8") for lock in files])):
            half = Path(folder) / f"{number}.lock"
            half.write_text(share, encoding="utf-8")
            commands.append([*pip, "install", "--quiet", *FROM_LOCK, "--requirement", str(half)])
        for done in [pool.submit(run, one, "the pinned packages cannot be installed") for one in commands]:
            done.result()


def shares(texts: list[str]) -> list[str]:
    """Deal the packages of some locks, each with its hashes, into as many locks as are installed at a time."""
    packages = [
        package for text in texts for package in re.findall(r"^\S.*\n(?:[ \t].*\n)*", text, re.MULTILINE)
    ]
    return [share for share in ("".join(packages[at::SHARES]) for at in range(SHARES)) if share]


def run(command: list[str], failure: str) -> None:
    """Run a command quietly; raise `SetupError` with the reason it gives."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise SetupError(f"{failure}: {reason(done.stdout.decode(errors='replace'))}")


def reason(output: str) -> str:
    """Return the reason that a command printed, in one sentence."""
    if any(sign in output for sign in UNREACHABLE):
        return "the package index cannot be reached; check the network and pip's proxy, then type the command again."
    lines = [line.strip() for line in output.splitlines() if line.strip() and "WARNING" not in line]
    errors = [line[len("ERROR: ") :] for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it gave no reason."])[-1]


def version() -> str:
    """Return this interpreter's version, such as 3.11.7."""
    return ".".join(map(str, sys.version_info[:3]))


if __name__ == "__main__":
    sys.exit(main())
