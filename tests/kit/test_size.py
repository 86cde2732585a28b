"""The kit stays small enough to read in one sitting: the core's lines, as README counts them."""

import ast
import io
import re
import tokenize
from pathlib import Path

KIT = Path(__file__).parents[2] / "kit"
CORE = ["signing", "keyed", "format1", "cookies", "attributes", "xsrf", "origin", "settings", "session"]
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> int:
    """Lines that hold code: no docstring, no comment, not empty."""
    texts = [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return len({token.start[0] for token in tokens if token.type not in NOT_CODE} - set().union(*texts))


def test_the_core_has_fewer_than_900_lines_of_code_and_the_readme_says_how_many():
    sources = [(KIT / "tornado_cookies" / f"{name}.py").read_text() for name in CORE]
    code, all_ = sum(map(code_lines, sources)), sum(len(source.splitlines()) for source in sources)
    assert code < 900
    said = re.search(
        r"(\d+) lines of code .*?\(([\d,]+) with them\)", (KIT / "README.md").read_text(), re.DOTALL
    )
    assert abs(int(said[1]) - code) <= 20
    assert abs(int(said[2].replace(",", "")) - all_) <= 40
