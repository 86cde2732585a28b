"""The running handlers' own source, as `GET /source/{paradigm}` answers it: what is shown is what runs."""

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


class Source(msgspec.Struct, frozen=True):
    """One function: the file within the project, the number of its first line, and its lines."""

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


def pages(server: Server, handler: Callable[..., Any]) -> list[Page]:
    """Return a page for each paradigm's wait, and one for `handler`, which admits, waits and answers."""
    functions: list[tuple[str, Callable[..., Any]]] = [*WAITS.items(), (HANDLER, handler)]
    return [
        Page(f"/source/{name}", msgspec.json.encode(source_of(server, name, function)), HEADERS)
        for name, function in functions
    ]
