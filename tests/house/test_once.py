"""Each behaviour is tested once: a test that is written twice drifts apart from itself."""

import ast
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]


def body(test: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return what a test does, without its name and its docstring."""
    first = 1 if ast.get_docstring(test) is not None else 0
    return "\n".join(map(ast.dump, test.body[first:]))


def test_no_two_tests_do_the_same():
    found = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found[body(node)].append(f"{path.relative_to(TESTS)}::{node.name}")
    assert len(found) > 1000
    assert [names for names in found.values() if len(names) > 1] == []
