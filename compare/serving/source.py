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


class Source(msgspec.Struct, frozen=True):
    """One function: whose it is, the file within the project, the number of its first line, and its lines."""

    server: Server
    paradigm: str
    file: str
    first_line: int
    code: str


def source_of(server: Server, paradigm: str, function: Callable[..., Any]) -> Source:
    """Return the source of `function`, decorators included."""
    function = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(function)
    file = Path(inspect.getfile(function)).relative_to(ROOT)
    return Source(server, paradigm, file.as_posix(), first, textwrap.dedent("".join(lines)).rstrip())


def twin_of(server: Server) -> Source:
    """Return the source of the other framework's handler of long I/Os."""
    other = next(one for one in Server if one is not server)
    file = f"compare/{other}_impl/long_io.py"
    written = (ROOT / file).read_text(encoding="utf-8")
    (handler,) = (
        node
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "get"
    )
    lines = written.splitlines()[handler.lineno - 1 : handler.end_lineno]
    return Source(other, TWIN, file, handler.lineno, textwrap.dedent("\n".join(lines)))


def pages(server: Server, handler: Callable[..., Any]) -> list[Page]:
    """Return a page for each paradigm's wait, one for `handler`, which admits, waits and answers, and its twin's."""
    functions: list[tuple[str, Callable[..., Any]]] = [*WAITS.items(), (HANDLER, handler)]
    sources = [*(source_of(server, name, function) for name, function in functions), twin_of(server)]
    return [Page(f"/source/{source.paradigm}", msgspec.json.encode(source), HEADERS) for source in sources]
