"""Does the suite notice what a machine changes? mutmut over the cookie codec and over numbers of `analysis`.

`benchmarks.mutations` plants faults that somebody thought of; mutmut changes every operator, constant and argument of
the functions in a file, one at a time, and runs the tests that reach it. A change that no test notices lacks a test, or
makes no difference that anybody could tell: `benchmarks/survivors.toml` names those, each with its reason.
Run: ``make mutants ARGS="codec"`` (or ``numbers``; both without ARGS); exit code 1 when a survivor is not named, or
when one that is named was noticed after all. The rest of ARGS are files, such as ``numbers decide outcome``.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutations import copy_project

ROOT = Path(__file__).parents[1]
NAMED = ROOT / "benchmarks" / "survivors.toml"
KIT = "tornado_cookies"  # is in kit/, and beside compare/ in the copy: mutmut calls a module by its path
MUTMUT = "import sys; from mutmut.__main__ import cli; cli()"
UNNOTICED = {0: "survived", 33: "no test reaches it"}  # by mutmut's exit codes
ON_ITS_OWN = ("-n", "0", "-p", "no:cacheprovider", "-m", "not alone and not full")


@dataclass(frozen=True)
class Group:
    """Files whose functions are changed, and the tests that must notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


# The files of compare/analysis/ that were gone through: each change that no test notices is named. The others are open.
GONE_THROUGH = ("blocks", "ceiling", "decide", "outcome", "paired", "pooling", "window")
GROUPS = {
    "codec": Group(
        tuple(f"{KIT}/{name}.py" for name in ("signing", "keyed", "format1")),
        tuple(f"tests/kit/test_signing{rest}.py" for rest in ("", "_keys", "_quirks", "_tornado", "_fuzz")),
    ),
    "numbers": Group(
        tuple(f"compare/analysis/{name}.py" for name in GONE_THROUGH),
        ("tests/analysis",),
    ),
}


@dataclass(frozen=True, order=True)
class Change:
    """One change of one function: the lines that went and those that came."""

    where: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.where}\n    - {self.was}\n    + {self.now}"


def settings(files: Sequence[str], tests: Sequence[str]) -> str:
    """Return the project's own settings, those of pytest among them, and mutmut's."""
    own = {
        "source_paths": ["compare", KIT],
        "only_mutate": files,
        "also_copy": ["kit", "benchmarks", "docs"],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ON_ITS_OWN,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in own.items()]
    return "\n".join([(ROOT / "pyproject.toml").read_text(), "[tool.mutmut]", *lines, ""])


def mutmut(folder: Path, *words: str, quiet: bool = False) -> str:
    """Run mutmut in `folder`; return what it printed where it is `quiet`."""
    command = [sys.executable, "-c", MUTMUT, *words]
    out = subprocess.PIPE if quiet else None
    done = subprocess.run(command, cwd=folder, check=False, text=True, stdout=out)
    if done.returncode:
        raise SystemExit(f"mutmut {' '.join(words)} ended with exit code {done.returncode}.")
    return done.stdout or ""


def change(name: str, shown: str) -> Change:
    """Return the change that mutmut calls `name` and shows as a unified diff."""
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++", "@@", "#"))]
    was, now = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    module, _, mangled = name.partition("__mutmut_")[0].rpartition(".")
    function = ".".join(re.split("ǁ", mangled)[1:]) if "ǁ" in mangled else mangled.removeprefix("x_")
    return Change(f"{module}.{function}", was, now)


def unnoticed(group: Group, names: Iterable[str]) -> set[Change]:
    """Return the changes in the files of a group, those of `names` where there are any, that no test notices."""
    wanted = set(names)
    files = [file for file in group.files if not wanted or Path(file).stem in wanted]
    if not files:
        return set()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copy_project(folder)
        shutil.copytree(ROOT / "docs", folder / "docs")
        shutil.move(folder / "kit" / KIT, folder / KIT)
        (folder / "pyproject.toml").write_text(settings(files, group.tests))
        mutmut(folder, "run", "--max-children", str(os.cpu_count() or 1))
        codes: dict[str, int] = {}
        for file in files:
            meta = folder / "mutants" / f"{file}.meta"
            codes |= json.loads(meta.read_text())["exit_code_by_key"] if meta.exists() else {}
        survived = [name for name, code in codes.items() if code in UNNOTICED]
        print(f"{len(codes)} changes of {len(files)} files, {len(survived)} not noticed", flush=True)
        return {change(name, mutmut(folder, "show", name, quiet=True)) for name in survived}


def named() -> dict[Change, str]:
    """Return the survivors that are known, with the reason why each is one."""
    every = tomllib.loads(NAMED.read_text())["survivor"]
    return {Change(one["where"], one["was"], one["now"]): one["why"] for one in every}


def main() -> None:
    """Change the files of the groups named, or of both, and hold what survived against those that are named."""
    words = sys.argv[1:]
    groups = [word for word in words if word in GROUPS] or list(GROUPS)
    names = [word for word in words if word not in GROUPS]
    covered = {Path(file).stem for group in groups for file in GROUPS[group].files}
    if unknown := set(names) - covered:
        sys.exit(f"not covered: {', '.join(sorted(unknown))}; there are {', '.join(sorted(covered))}")
    found = {one for group in groups for one in unnoticed(GROUPS[group], names)}
    known = named()
    modules = {
        file.removesuffix(".py").replace("/", ".")
        for group in groups
        for file in GROUPS[group].files
        if not names or Path(file).stem in names
    }
    ours = tuple(f"{module}." for module in modules)
    gone = {one for one in known if one.where.startswith(ours)} - found
    for title, changes in (
        ("Not noticed, and not named:", found - known.keys()),
        ("Named, and noticed:", gone),
    ):
        if changes:
            print(title, *sorted(changes), sep="\n  ")
    sys.exit(bool(found - known.keys() or gone))


if __name__ == "__main__":
    main()
