"""Does the suite notice? Plants one fault at a time in a copy of the project and runs the tests of that file on it.

Run: ``python -m benchmarks.mutations [signing|decide|mistakes ...]``; exit code 1 when a fault survives. The faults are
in `benchmarks.faults`. A table that names files runs all their tests but those that need the machine to themselves; one
that names single tests runs each by itself, whatever it needs. A test that hangs has noticed.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.faults import TARGETS, Target

ROOT = Path(__file__).parents[1]
HANGS_S = 300.0  # longer than the tests of any table take
ONE_HANGS_S = 40  # longer than any single test that a table names takes


def copy_project(folder: Path) -> None:
    """Put package and tests where faults can be planted; compiled files stay behind, they would hide a fault."""
    for part in ("compare", "kit", "tests", "benchmarks"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy: PYTHONPATH comes before the installed project."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{folder / 'kit'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = (sys.executable, *arguments)
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=HANGS_S
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "It hung.")
    finally:
        reap(folder)


def reap(folder: Path) -> None:
    """End what a fault left running: it has the copy in its environment."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in process.environ().get("PYTHONPATH", ""):
                process.kill()


def passes(folder: Path, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass on the copy; a run that could not start tells nothing and stops everything."""
    single = any("::" in test for test in tests)
    which = (f"--timeout={ONE_HANGS_S}",) if single else ("-m", "not alone")
    result = run(folder, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *which, *tests)
    if result.returncode not in {0, 1}:
        sys.exit(f"pytest did not run:\n{result.stdout}{result.stderr}")
    return result.returncode == 0


def imports_the_copy(folder: Path, source: str) -> bool:
    """Whether Python on the copy imports the file that faults are planted in."""
    module = source.removeprefix("kit/").removesuffix(".py").replace("/", ".")
    shown = run(folder, "-c", f"import {module} as it; print(it.__file__)").stdout.strip()
    return Path(shown).resolve() == (folder / source).resolve()


def survivors(folder: Path, target: Target) -> list[str]:
    """Plant each fault by itself, print how it ended, and return those no test noticed."""
    source, survived = folder / target.source, []
    sound = target.text(folder)
    for old, new in target.faults:
        if sound.count(old) != 1:
            sys.exit(f"{target.source}: occurs {sound.count(old)} times, not once: {old}")
        source.write_text(sound.replace(old, new))
        caught = not passes(folder, target.tests)
        fault = f"{old.strip()!r} -> {new.strip()!r}"
        print(f"  {'caught' if caught else 'SURVIVED':8}  {fault}", flush=True)
        survived += [] if caught else [fault]
    source.unlink()
    if sound:
        source.write_text(sound)
    return survived


def check(targets: tuple[Target, ...]) -> list[str]:
    """The surviving faults of a table, once all its tests pass without any fault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        known = next(target.source for target in targets if target.text(folder))
        tests = tuple(dict.fromkeys(test for target in targets for test in target.tests))
        if not imports_the_copy(folder, known) or not passes(folder, tests):
            sys.exit(f"{', '.join(tests)}: they must pass on an unchanged copy first")
        survived = []
        for target in targets:
            print(f"{target.source}: {len(target.faults)} faults, {' '.join(target.tests)}", flush=True)
            survived += survivors(folder, target)
        whole = sum(len(target.faults) for target in targets)
        print(f"  {whole - len(survived)} caught, {len(survived)} survived\n", flush=True)
        return survived


def main() -> None:
    """Check the tables named, or all."""
    names = sys.argv[1:] or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    survived = [fault for name in names for fault in check(TARGETS[name])]
    print(f"{len(survived)} survived in all")
    sys.exit(bool(survived))


if __name__ == "__main__":
    main()
