"""Other Pythons that servers can run on: found by version or path, and asked what they are after all imports.

The engine runs on one Python, and each server on the interpreter its contestant names. Both run the same code of this
project: `code` is a folder that holds nothing but links to it. A free-threaded build proves nothing by its name: one
extension module may turn the GIL on again, so an interpreter is asked after everything a server needs is imported.
"""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import util
from pathlib import Path

from compare.errors import CompareError

ENVIRONMENTS = Path(".pythons")  # what `compare pythons add` makes, a folder per tag
ASK_S = 30.0
OLDEST = 11
TAG = re.compile(r"(3\.\d{1,2})(t?)")
PACKAGES = ("compare", "tornado_cookies")  # what a server runs of this project

# Runs in the other interpreter: imports both apps, then says how that went.
_QUESTION = """
import json, platform, sys, sysconfig, warnings
gil = getattr(sys, "_is_gil_enabled", lambda: True)
started = gil()
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    try:
        import compare.aiohttp_impl.__main__, compare.tornado_impl.__main__
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        raise SystemExit
    try:
        import uvloop
    except ImportError:
        pass
from importlib import metadata
blamed = [str(one.message) for one in seen if "GIL" in str(one.message)]
versions = {}
for name in %r:
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps({
    "version": platform.python_version(),
    "implementation": platform.python_implementation(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "gil_at_start": started,
    "gil": gil(),
    "blamed": blamed[0] if blamed else "",
    "versions": versions,
}))
"""
COMPARED = ("aiohttp", "tornado", "msgspec", "multidict", "yarl", "frozenlist", "propcache", "uvloop")


class InterpreterError(CompareError):
    """An interpreter that servers cannot run on: one sentence naming it and what is missing."""


@dataclasses.dataclass(frozen=True)
class Interpreter:
    """An interpreter as it is once a server's modules are imported. `tag` is its name in rows, such as 3.14t."""

    tag: str
    path: str
    version: str
    implementation: str
    free_threaded: bool
    gil: bool
    versions: dict[str, str]


def find(named: str, *, environments: Path = ENVIRONMENTS) -> Interpreter:
    """Return the interpreter that `named`, a version such as 3.13 or 3.14t or a path, stands for.

    Raises InterpreterError when there is none, when it lacks a package, or when its GIL came back.
    """
    if os.sep in named:
        return ask(named)
    if not TAG.fullmatch(named):
        raise InterpreterError(
            f"--python must be a version or a path, such as 3.13, 3.14t or /usr/bin/python3.13, not {named!r}."
        )
    if int(named.rstrip("t").partition(".")[2]) < OLDEST:
        raise InterpreterError(
            f"--python {named} is too old: servers need Python 3.{OLDEST} or newer, such as 3.13."
        )
    made = environments / named / "bin" / "python"
    if made.exists():
        return ask(str(made.absolute()))
    reasons = []
    for path in candidates(named):
        try:
            return ask(path)
        except InterpreterError as error:
            reasons.append(str(error))
    if reasons:
        raise InterpreterError(
            f"{reasons[0]} `compare pythons add {named}` makes an environment that has it."
        )
    raise InterpreterError(
        f"There is no Python {named} on PATH, in pyenv's or in uv's folder: install it, or give the path of one."
    )


def candidates(tag: str) -> Iterator[str]:
    """Yield the paths of interpreters of this version: on PATH, then those that pyenv and uv keep."""
    for folder in os.get_exec_path():
        path = Path(folder) / f"python{tag}"
        if (
            path.exists() and "shims" not in path.parts
        ):  # pyenv's shims fail unless their version is switched on
            yield str(path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python"))
    number, free = TAG.fullmatch(tag).groups()  # type: ignore[union-attr]  # callers have matched it
    patterns = ((pyenv, f"{number}.*{free}"), (uv, f"cpython-{number}.*{'+freethreaded' if free else ''}-*"))
    for root, pattern in patterns:
        for kept in sorted(root.glob(pattern), reverse=True):
            path = kept / "bin" / f"python{tag}"
            if path.exists() and ("freethreaded" in kept.name or kept.name.endswith("t")) == bool(free):
                yield str(path)


def ask(path: str) -> Interpreter:
    """Return what the interpreter at `path` says of itself once both apps are imported; raises InterpreterError."""
    with code() as folder:
        try:
            answer = subprocess.run(  # noqa: S603  # a path that a person gave
                [path, "-c", _QUESTION % (COMPARED,)],
                capture_output=True,
                timeout=ASK_S,
                check=False,
                env=environ(folder),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = error.strerror if isinstance(error, OSError) else f"no answer within {ASK_S:g} s"
            raise InterpreterError(f"{path} does not run: {why}.") from error
    try:
        found = json.loads(answer.stdout)
    except ValueError as error:
        words = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InterpreterError(
            f"{path} does not run: {words[-1] if words else 'it says nothing'}."
        ) from error
    if "missing" in found:
        raise InterpreterError(f"{path}: {found['missing']}.")
    if found["free_threaded"] and found["gil"]:
        blamed = found["blamed"] or "PYTHON_GIL or -X gil is set"
        raise InterpreterError(f"{path} is free-threaded and its GIL came back: {blamed}.")
    number = ".".join(found["version"].split(".")[:2])
    return Interpreter(
        tag=number + "t" * found["free_threaded"],
        path=path,
        version=found["version"],
        implementation=found["implementation"],
        free_threaded=found["free_threaded"],
        gil=found["gil"],
        versions=found["versions"],
    )


def check_alike(found: Interpreter, here: dict[str, str]) -> None:
    """Raise InterpreterError when `found` has other package versions than `here`: two things would differ then."""
    for name, version in found.versions.items():
        if here.get(name, version) != version:
            raise InterpreterError(
                f"{found.path} has {name} {version} and this environment {here[name]}: "
                f"contestants may differ in one thing only, so make it with `compare pythons add {found.tag}`."
            )


@contextlib.contextmanager
def code() -> Iterator[str]:
    """Yield a folder that holds this project's packages and nothing else, for another interpreter's path."""
    with tempfile.TemporaryDirectory(prefix="compare-code-") as folder:
        for name in PACKAGES:
            spec = util.find_spec(name)
            if spec is not None and spec.origin is not None:
                (Path(folder) / name).symlink_to(Path(spec.origin).parent)
        yield folder


def environ(folder: str) -> dict[str, str]:
    """Return the environment in which another interpreter finds `folder`, the one of `code`."""
    return os.environ | finds(folder)


def finds(folder: str) -> dict[str, str]:
    """Return the variables that make another interpreter find `folder`, the one of `code`."""
    return {"PYTHONPATH": folder, "PYTHONSAFEPATH": "1"}


def here() -> str:
    """Return the tag of the interpreter that runs this."""
    free = not getattr(sys, "_is_gil_enabled", lambda: True)()
    return f"{sys.version_info.major}.{sys.version_info.minor}{'t' * free}"
