"""A hand-written trampoline that drives generators: `@gengoruntine` of the course note, made to work.

The note drives two generators with one thread: the handler's, which yields a long I/O, and the long I/O's own,
which does the blocking work and yields the response. `trampoline` keeps that shape; `driven_by` has the rest.

    def long_io():                    # runs in a thread
        response = fetch()
        yield response

    @trampoline
    def handler(request):             # runs on the loop
        response = yield long_io()
        return response
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Generator
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar

from compare.paradigms.callback import long_io
from compare.paradigms.trampoline import Step, driven_by

P = ParamSpec("P")
T = TypeVar("T")


def trampoline(handler: Callable[P, Generator[Any, Any, T]]) -> Callable[P, Awaitable[T]]:
    """Make a coroutine function of a generator function whose yields are long I/Os.

    A long I/O is itself a generator: its body runs in a thread of its own up to its first yield, which is the
    response (or to its end: then its return value is). What it raises is raised at the handler's `yield`. When the
    caller is cancelled, so is the handler, at its yield; the thread ends by itself and its response is dropped.
    """
    return driven_by(_start_thread)(handler)


def _start_thread(yielded: Any, step: Step, loop: asyncio.AbstractEventLoop) -> None:
    if not isinstance(yielded, GeneratorType):
        raise TypeError(f"a handler may yield only long I/Os (generators), not {yielded!r}")
    long_io(functools.partial(_response, yielded), step, loop)


def _response(work: Generator[T, None, T]) -> T:
    """Drive a long I/O to its response. Runs on the worker thread, where the generator is closed too."""
    try:
        return next(work)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # StopIteration carries the generator's own return value
    finally:
        work.close()
