"""Does the suite notice what a machine changes? mutmut over the cookie codec and the numbers of `analysis`.

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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutations import copy_project

ROOT = Path(__file__).parents[1]
NAMED = ROOT / "benchmarks" / "survivors.toml"
KIT = "tornado_cookies"  # is in kit/, and beside compare/ in the copy: mutmut calls a module by its path
RUN = "from mutmut.__main__ import cli; cli()"
PROPERTY = re.compile(
    r"^( +)@(property|functools\.cached_property)\n((?:\1def (\w+)\(self\).*\n)(?:\1 .*\n|\n(?=\n*\1 ))*)",
    re.MULTILINE,
)
END = "--- that was one change ---\n"
SHOW = f"""
import sys
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
for name in sys.argv[1:]:
    print(get_diff_for_mutant(name, path=find_mutant(name).path), {END!r}, sep="\\n", end="")
"""  # all in one process: each by `mutmut show` takes longer than the tests
# mutmut's exit codes
UNNOTICED = {0, 33}  # the tests pass, or none reaches it
NOTICED = {1, 3}  # a test fails, or pytest cannot collect
BY_THE_CLOCK = {-24, 24, 36, 152, -9}
HANGS_S = 60.0  # beyond what the tests of a function take: a busy machine must not pass for a test
ON_ITS_OWN = ("-n", "0", "-p", "no:cacheprovider", "-m", "not alone and not full")


@dataclass(frozen=True)
class Target:
    """Files whose functions are changed together, and the tests that must notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


ANALYSIS = Path("compare", "analysis")
NUMBERS = tuple(sorted(file.stem for file in (ROOT / ANALYSIS).glob("[a-z]*.py")))
BESIDES = {"observed": ("test_rounds.py", "test_outcome.py")}  # reached through a file that imports it


def tests_of(stem: str) -> tuple[str, ...]:
    """Return the tests that import a file of `analysis`: others reach it too, but what it does is said in these."""
    imports = re.compile(rf"compare\.analysis\.{stem}\b|from compare\.analysis import .*\b{stem}\b")
    tests = (file for file in sorted((ROOT / "tests" / "analysis").glob("test_*.py")))
    return tuple(
        f"tests/analysis/{file.name}"
        for file in tests
        if imports.search(file.read_text()) or file.name in BESIDES.get(stem, ())
    )


GROUPS = {
    "codec": (
        Target(
            tuple(f"{KIT}/{name}.py" for name in ("signing", "keyed", "format1")),
            tuple(
                f"tests/kit/test_signing{rest}.py" for rest in ("", "_keys", "_quirks", "_tornado", "_fuzz")
            ),
        ),
    ),
    "numbers": tuple(Target((f"{ANALYSIS / stem}.py",), tests_of(stem)) for stem in NUMBERS),
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
        "timeout_constant": HANGS_S,
        "timeout_multiplier": 2.0,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in own.items()]
    return "\n".join([(ROOT / "pyproject.toml").read_text(), "[tool.mutmut]", *lines, ""])


def python(folder: Path, code: str, *words: str, quiet: bool = False) -> str:
    """Run `code` in `folder`, with nothing to read; return what it printed where it is `quiet`."""
    out = subprocess.PIPE if quiet else None
    command = (sys.executable, "-c", code, *words)
    done = subprocess.run(command, cwd=folder, check=False, text=True, stdin=subprocess.DEVNULL, stdout=out)
    if done.returncode:
        raise SystemExit(f"mutmut ended with exit code {done.returncode}.")
    return done.stdout or ""


def change(name: str, shown: str) -> Change:
    """Return the change that mutmut calls `name` and shows as a unified diff."""
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++", "@@", "#"))]
    was, now = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    module, _, mangled = name.partition("__mutmut_")[0].rpartition(".")
    function = ".".join(re.split("ǁ", mangled)[1:]) if "ǁ" in mangled else mangled.removeprefix("x_")
    return Change(f"{module}.{function}", was, now)


def undecorated(source: str) -> str:
    """Return `source` with its properties made by assignment: mutmut leaves alone what has a decorator."""
    return PROPERTY.sub(lambda found: f"{found[3]}{found[1]}{found[4]} = {found[2]}({found[4]})\n", source)


def unnoticed(files: Sequence[str], tests: Sequence[str]) -> set[Change]:
    """Return the changes of the functions in `files` that none of `tests` notices."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copy_project(folder)
        shutil.copytree(ROOT / "docs", folder / "docs")
        shutil.move(folder / "kit" / KIT, folder / KIT)
        (folder / "pyproject.toml").write_text(settings(files, tests))
        for file in files:
            (folder / file).write_text(undecorated((folder / file).read_text()))
        print(f"{', '.join(files)} under {len(tests)} files of tests", flush=True)
        python(folder, RUN, "run", "--max-children", str(os.cpu_count() or 1))
        codes: dict[str, int | None] = {}
        for file in files:
            codes |= json.loads((folder / "mutants" / f"{file}.meta").read_text())["exit_code_by_key"]
        if untested := [
            name for name, code in codes.items() if code not in UNNOTICED | NOTICED | BY_THE_CLOCK
        ]:
            raise SystemExit(f"mutmut did not come to an end with {', '.join(untested)}.")
        survived = [name for name, code in codes.items() if code in UNNOTICED]
        slow = sum(code in BY_THE_CLOCK for code in codes.values())
        print(f"{len(codes)} changes, {len(survived)} not noticed, {slow} noticed by the clock", flush=True)
        shown = python(folder, SHOW, *survived, quiet=True).split(END)
        return {change(name, lines) for name, lines in zip(survived, shown[:-1], strict=True)}


def named() -> dict[Change, str]:
    """Return the survivors that are known, with the reason why each is one."""
    every = tomllib.loads(NAMED.read_text())["survivor"]
    return {Change(one["where"], one["was"], one["now"]): one["why"] for one in every}


def main() -> None:
    """Change the files of the groups named, or of both, and hold what survived against those that are named."""
    words = sys.argv[1:]
    groups = [word for word in words if word in GROUPS] or list(GROUPS)
    names = [word for word in words if word not in GROUPS]
    covered = {Path(file).stem for group in groups for target in GROUPS[group] for file in target.files}
    if unknown := set(names) - covered:
        sys.exit(f"not covered: {', '.join(sorted(unknown))}; there are {', '.join(sorted(covered))}")
    targets = [
        (tuple(file for file in target.files if not names or Path(file).stem in names), target.tests)
        for group in groups
        for target in GROUPS[group]
    ]
    found = {one for files, tests in targets if files for one in unnoticed(files, tests)}
    known = named()
    modules = [file.removesuffix(".py").replace("/", ".") for files, _ in targets for file in files]
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
