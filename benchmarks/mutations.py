"""Does the suite notice? Plants one fault at a time in a copy of the project and runs the tests of that file on it.

Run: ``python -m benchmarks.mutations [signing|decide|supervisor ...]``; exit code 1 when a fault survives. The
faults are in `benchmarks.faults`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.faults import TARGETS, Target

ROOT = Path(__file__).parents[1]


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
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def passes(folder: Path, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass on the copy; a run that could not start tells nothing and stops everything."""
    result = run(folder, "-m", "pytest", "-x", "-q", "-m", "not alone", "-p", "no:cacheprovider", *tests)
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
    sound = source.read_text()
    for old, new in target.faults:
        if sound.count(old) != 1:
            sys.exit(f"{target.source}: occurs {sound.count(old)} times, not once: {old}")
        source.write_text(sound.replace(old, new))
        caught = not passes(folder, target.tests)
        fault = f"{old.strip()!r} -> {new.strip()!r}"
        print(f"  {'caught' if caught else 'SURVIVED':8}  {fault}", flush=True)
        survived += [] if caught else [fault]
    source.write_text(sound)
    return survived


def check(target: Target) -> list[str]:
    """The surviving faults of one file, once its tests pass without any fault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        if not imports_the_copy(folder, target.source) or not passes(folder, target.tests):
            sys.exit(f"{target.source}: its tests must pass on an unchanged copy first")
        print(f"{target.source}: {len(target.faults)} faults, {' '.join(target.tests)}")
        survived = survivors(folder, target)
        print(f"  {len(target.faults) - len(survived)} caught, {len(survived)} survived\n")
        return survived


def main() -> None:
    """Check the files named, or all."""
    names = sys.argv[1:] or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    sys.exit(sum(len(check(TARGETS[name])) for name in names) > 0)


if __name__ == "__main__":
    main()
