"""The house rules, read off the source: arrows, own packages, twins, sizes, a test file for each source file."""

import ast
import difflib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from compare.contract import Server

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "compare"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}

SERVERS = {"tornado_impl", "aiohttp_impl"}

# What a part may import of other people's packages besides the standard library.
PACKAGES = {
    "contract": {"msgspec", "tornado_cookies"},
    "cookies": {"tornado_cookies"},
    "signing": {"tornado_cookies"},
    "records": {"msgspec", "numpy"},
    "loadgen": {"msgspec", "httptools", "uvloop"},
    "processes": set(),
    "paradigms": set(),
    "tornado_impl": {"tornado", "msgspec", "tornado_cookies"},
    "aiohttp_impl": {"aiohttp", "multidict", "msgspec", "tornado_cookies"},
}


def part(module: str) -> str:
    """Return the part of the house a module is in: `compare.work.http` -> `work`."""
    return [*module.split("."), ""][1]


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the full names of the modules a file imports, wherever in the file it does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return frozenset(names)


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_arrow_points_up_and_none_in_a_circle():
    """The contracts, indirect imports included, are in pyproject.toml."""
    linter = [Path(sys.executable).parent / "lint-imports", "--config", ROOT / "pyproject.toml", "--no-cache"]
    done = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promises_and_paradigms_and_servers_import_only_their_own_packages():
    ours = set(sys.stdlib_module_names) | {"compare", "__future__"}
    foreign = {
        module: foreign
        for module, path in MODULES.items()
        if (allowed := PACKAGES.get(part(module))) is not None
        and (foreign := {name.partition(".")[0] for name in imported(path)} - ours - allowed)
    }
    assert not foreign


@pytest.mark.parametrize("framework", ["tornado", "aiohttp"])
def test_only_its_own_server_and_the_works_client_know_a_framework(framework):
    for module, path in MODULES.items():
        knows = {name.partition(".")[0] for name in imported(path)} & {framework}
        assert not knows or part(module) in {f"{framework}_impl", "work"}, module


def test_matplotlib_is_imported_in_figures_and_experiments_only():
    for module, path in MODULES.items():
        if {name.partition(".")[0] for name in imported(path)} & {"matplotlib"}:
            draws = module in {f"compare.report.figures.{name}" for name in ("drawing", "maps", "sheets")}
            assert draws or part(module) == "experiments", module


# Exceptions that end no command: each is the answer to one request, given by `answers`.
ANSWERS = {"ContractError", "Malformed"}


def test_what_we_raise_has_one_base():
    """So that whoever catches, catches once: the command line, a server's start, a process beside a server."""
    ours, foreign = {"CompareError"}, set()
    classes = [
        node
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    for _ in range(3):  # a subclass may be read before its base
        ours |= {one.name for one in classes if {base.id for base in one.bases if hasattr(base, "id")} & ours}
    for one in classes:
        bases = {base.id for base in one.bases if isinstance(base, ast.Name)}
        raised = any(base.endswith(("Error", "Exception")) for base in bases)
        foreign |= {one.name} if raised and one.name not in ours else set()
    assert foreign == ANSWERS


# Who else starts a process that lives on, and why `processes/child` does not suit it.
STARTS = {
    "compare.processes.child": "the one way",
    "compare.commands.cluster": "ssh asks the person at the terminal, so it needs the terminal",
}


def test_processes_are_started_in_one_way():
    """`os.fork` is the supervisor's alone: a worker inherits its listening socket, and subprocess costs memory."""
    names = {"Popen", "create_subprocess_exec", "create_subprocess_shell", "posix_spawn"}
    starting, forking = set(), set()
    for module, path in MODULES.items():
        called = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        said = {func.attr for func in called if isinstance(func, ast.Attribute)}
        said |= {func.id for func in called if isinstance(func, ast.Name)}
        starting |= {module} if said & names else set()
        forking |= {module} if said & {"fork", "forkpty"} else set()
    assert starting == STARTS.keys()
    assert forking == {"compare.serving.supervisor"}


def test_the_twins_have_the_same_files():
    tornado, aiohttp = (
        {path.name for path in (PACKAGE / folder).glob("*.py")} for folder in sorted(SERVERS)[::-1]
    )
    assert tornado == aiohttp


# In how many lines each pair differs. The first two numbers are promised; the others are what was reached.
DIFFERS_AT_MOST = {
    "long_io.py": 25,
    "cookie_routes.py": 60,
    "__init__.py": 0,
    "__main__.py": 43,
    "answers.py": 83,
    "app.py": 68,
    "bodies.py": 83,  # aiohttp bounds the lines of a head, not the head
    "connections.py": 54,  # Tornado's own timer for idle connections drops requests that came in time
    "cookies.py": 2,
    "pages.py": 8,
    "events.py": 17,
    "forms.py": 39,
}


def differing(ours: str, theirs: str) -> int:
    """Return the lines in which two files differ, of each differing hunk the larger side.

    Blank lines and the framework's own name do not count.
    """
    left, right = (
        [
            re.sub("tornado|aiohttp", "server", line, flags=re.IGNORECASE)
            for line in text.splitlines()
            if line.strip()
        ]
        for text in (ours, theirs)
    )
    hunks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return sum(max(a - b, c - d) for what, b, a, d, c in hunks if what != "equal")


def test_of_a_hunk_the_larger_side_counts_without_blank_lines_and_names():
    ours, theirs = "import tornado\n\na\nb\nc\n", "import aiohttp\na\nx\ny\nz\nc\n"
    assert differing(ours, theirs) == 3


@pytest.mark.parametrize("name", sorted(path.name for path in (PACKAGE / "tornado_impl").glob("*.py")))
def test_the_twins_differ_only_where_the_framework_forces_it(name):
    ours, theirs = ((PACKAGE / f"{server}_impl" / name).read_text() for server in Server)
    found = differing(ours, theirs)
    assert found <= DIFFERS_AT_MOST[name], f"{found} lines differ: see diff -y compare/*_impl/{name}"


def test_an_init_file_holds_a_docstring_and_public_names_only():
    for path in PACKAGE.rglob("__init__.py"):
        first, *rest = ast.parse(path.read_text()).body
        assert isinstance(first, ast.Expr), path
        assert all(isinstance(node, ast.ImportFrom | ast.Assign) for node in rest), path


# Above 300 lines, and why.
LONG = {
    "compare/analysis/metrics.py": "a table: read an entry at a time",
    "tests/kit/test_cookie_kit.py": "runs as one file on other Pythons and aiohttps: kit/matrix.py, .ci/kit",
}
MEASURED = sorted(
    path
    for folder in ("compare", "kit", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if not path.name.startswith("faults_")  # tables too
)
READ = [*MEASURED, *(ROOT / "tests").rglob("*.py"), *(PACKAGE / "web").glob("*.js")]


def test_no_function_is_longer_than_60_lines():
    sizes = {
        f"{path.relative_to(ROOT)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MEASURED
        for node in functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > 60} == {}


def test_no_file_has_outgrown_its_purpose():
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in READ}
    long = {name: size for name, size in sizes.items() if size > 300}
    assert long.keys() == LONG.keys(), f"split by purpose instead of appending: {long}"


# Tested over HTTP through the `server` fixture, or through the command line in tests/test_cli.py.
TESTED_ELSEWHERE = {
    "compare.contract.bodies",
    "compare.contract.bounds",
    "compare.contract.errors",
    "compare.contract.forms",
    "compare.contract.option_table",
    "compare.contract.ready",
    "compare.contract.targets",
    "compare.errors",
    "compare.paradigms.waits",
    "compare.records.checked",
    "compare.records.types",
    "compare.report.series",
    "compare.serving.access",
    "compare.serving.announcing",
    "compare.serving.asking",
    "compare.serving.binding",
    "compare.serving.notify",
    "compare.serving.pipes",
    "compare.serving.ports",
    "compare.serving.supervisor",
    "compare.serving.worker_process",
    "compare.work.promise",
}


def test_each_source_file_has_its_test_file():
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests").rglob("test_*.py")}
    over_http = {*SERVERS, "commands"}
    lacking = {
        module
        for module, path in MODULES.items()
        if part(module) not in over_http and path.stem not in {"__init__", "__main__", *tested}
    }
    assert lacking <= TESTED_ELSEWHERE, lacking - TESTED_ELSEWHERE


def test_no_module_runs_by_its_file_path():
    for path in SOURCES:
        assert not path.read_text().startswith("#!"), path


def test_nothing_is_dispatched_by_a_name_in_globals():
    for module, path in MODULES.items():
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"globals", "eval", "exec"}, module
