"""Environments for other Pythons: one folder per version, with the very packages of this environment.

Only what a server needs is installed: the same versions as here, by the checkout's lock where there is one.
This environment's pip does the work, so that the other Python needs none of its own.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from compare.processes.interpreters import (
    ENVIRONMENTS,
    Interpreter,
    InterpreterError,
    ask,
    candidates,
    find,
)

LOCK = Path(__file__).parents[2] / "requirements" / "bench.lock"
NEEDED = (
    "aiohttp",
    "tornado",
    "msgspec",
    "uvloop",
    "urllib3",
)  # what servers import; their needs come with them
INSTALL_S = 300.0
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def add(named: str, *, environments: Path = ENVIRONMENTS, lock: Path = LOCK) -> Interpreter:
    """Make the environment of the Python that `named`, a version or a path, stands for, and return what it is.

    One that was made before and still works is returned as it is. Raises InterpreterError, one sentence, when no such
    Python is found or a package cannot be installed; nothing half-made is left.
    """
    base = named if "/" in named else next(candidates(named), None)
    if base is None:
        find(named, environments=environments)  # raises with the reason, or there is one already
        base = str((environments / named / "bin" / "python").absolute())
    tag = _tag(base)
    folder = environments / tag
    if folder.exists():
        try:
            return ask(str((folder / "bin" / "python").absolute()))
        except InterpreterError:
            shutil.rmtree(folder)
    try:
        _run([base, "-m", "venv", "--without-pip", str(folder)], f"{base} cannot make an environment")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(pins(lock))
            wanted.flush()
            pip = [
                sys.executable,
                "-m",
                "pip",
                "--quiet",
                "--python",
                str(folder / "bin" / "python"),
                "install",
            ]
            hashes = ["--require-hashes"] if lock.is_file() else []
            from_lock = ["--no-deps", "--only-binary", ":all:", *hashes, "--requirement", wanted.name]
            _run([*pip, *from_lock], f"pip cannot install into {folder}")
        return ask(str((folder / "bin" / "python").absolute()))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def pins(lock: Path) -> str:
    """Return the requirements of a server's environment: this environment's versions, with hashes from the lock."""
    names = closure(NEEDED)
    if not lock.is_file():
        return "".join(f"{name}=={metadata.version(name)}\n" for name in sorted(names))
    text, kept, taking = lock.read_text(), [], False
    for line in text.splitlines():
        if not line.startswith((" ", "\t")):
            found = _NAME.match(line)
            taking = found is not None and _canonical(found[0]) in names
        if taking:
            kept.append(line)
    return "\n".join(kept) + "\n"


def closure(wanted: tuple[str, ...]) -> set[str]:
    """Return the names of the installed distributions that `wanted` need, extras left out."""
    names: set[str] = set()
    todo = list(wanted)
    while todo:
        name = _canonical(todo.pop())
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # needed on another system or version only
        if name not in names:
            names.add(name)
            todo += [_NAME.match(need)[0] for need in needs if "extra ==" not in need]  # type: ignore[index]  # it starts with a name
    return names


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _tag(base: str) -> str:
    question = (
        "import sys, sysconfig; "
        "print('%d.%d' % sys.version_info[:2] + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
    )
    return _run([base, "-c", question], f"{base} does not run").strip()


def _run(words: list[str], what: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=INSTALL_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"no answer within {INSTALL_S:g} s"
        raise InterpreterError(f"{what}: {why}.") from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).strip().splitlines() if line]
        raise InterpreterError(f"{what}: {lines[-1] if lines else f'exit code {done.returncode}'}")
    return done.stdout
