"""The handlers' own source, as `GET /source/{paradigm}` answers it: what is shown is what runs.

The handler of the other framework is shown too, at `/source/twin`: read from its file, because a server does not
import its twin.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from compare.contract import HEADERS, Server
from compare.paradigms.waits import WAITS
from compare.serving.pages import Page

ROOT = Path(__file__).parents[2]
HANDLER = "handler"  # what all paradigms share: the framework's own handler, at /source/handler
TWIN = "twin"  # the same by the other framework
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


class Source(msgspec.Struct, frozen=True):
    """One function: whose it is, the file within the project, the number of its first line, and its lines."""

    server: Server
    paradigm: str
    file: str
    first_line: int
    code: str


class Written(msgspec.Struct, frozen=True):
    """A file of the project: its lines, and its functions with their first lines, decorators included, and last ones.

    The parser finds them in a fraction of the time that `inspect.getsource` takes, for which each start would wait.
    """

    file: str
    lines: list[str]
    functions: list[tuple[str, int, int]]

    @classmethod
    def read(cls, file: str) -> "Written":
        """Read the file of this name within the project."""
        text = (ROOT / file).read_text(encoding="utf-8")
        found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, _FUNCTION)]
        spans = [(one.name, _first(one), one.end_lineno or one.lineno) for one in found]
        return cls(file, text.splitlines(), spans)

    def source(self, server: Server, paradigm: str, first: int, last: int) -> Source:
        """Return the source between two lines, both included."""
        code = textwrap.dedent("\n".join(self.lines[first - 1 : last]))
        return Source(server, paradigm, self.file, first, code)


def _first(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([function.lineno, *(one.lineno for one in function.decorator_list)])


def source_of(
    server: Server, paradigm: str, function: Callable[..., Any], files: dict[str, Written]
) -> Source:
    """Return the source of `function`, decorators included; `files` holds those that were read, and will hold its."""
    code = inspect.unwrap(function).__code__
    file = Path(code.co_filename).relative_to(ROOT).as_posix()
    if file not in files:
        files[file] = Written.read(file)
    (span,) = ((first, last) for _, first, last in files[file].functions if first == code.co_firstlineno)
    return files[file].source(server, paradigm, *span)


def twin_of(server: Server) -> Source:
    """Return the source of the other framework's handler of long I/Os."""
    other = next(one for one in Server if one is not server)
    written = Written.read(f"compare/{other}_impl/long_io.py")
    (span,) = ((first, last) for name, first, last in written.functions if name == "get")
    return written.source(other, TWIN, *span)


def pages(server: Server, handler: Callable[..., Any]) -> list[Page]:
    """Return a page for each paradigm's wait, one for `handler`, which admits, waits and answers, and its twin's."""
    functions: list[tuple[str, Callable[..., Any]]] = [*WAITS.items(), (HANDLER, handler)]
    files: dict[str, Written] = {}
    sources = [*(source_of(server, name, function, files) for name, function in functions), twin_of(server)]
    return [Page(f"/source/{source.paradigm}", msgspec.json.encode(source), HEADERS) for source in sources]
