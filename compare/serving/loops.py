"""Several loops in one process, one in each thread, each with a socket of its own on one port.

For a Python without a GIL, where threads run at once. The loops share nothing that changes but the flags of the
signals: each has its own framework, work, pool, limits and counters, as workers have. On a Python with a GIL they take
turns, which is worth a comparison and nothing else.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from compare.contract import GcPauses, Stats
from compare.contract.settings import Settings
from compare.serving.accepting import Listener
from compare.serving.worker_process import with_secret

log = logging.getLogger("compare.serving")


class Part:
    """One loop: its number, its socket, and what it tells the first one."""

    def __init__(self, number: int, sock: Listener) -> None:
        self.number, self.sock = number, sock
        self.listens: Future[None] = Future()
        self.left: Future[int] = Future()  # at its end: worker threads that still run
        self.stats: Callable[[], Stats] | None = None


class Crew:
    """The loops of one process: the first is the caller's, which starts and ends the others."""

    def __init__(self, sockets: Sequence[Listener]) -> None:
        self.parts = [Part(number, sock) for number, sock in enumerate(sockets)]
        self._failed = False

    @property
    def first(self) -> Part:
        """The loop of the main thread, which hears the signals."""
        return self.parts[0]

    def begin(self, run: Callable[[Part], None]) -> None:
        """Call `run` in a thread for each of the other loops."""
        for part in self.parts[1:]:
            threading.Thread(
                target=self._run, args=(run, part), name=f"loop-{part.number}", daemon=True
            ).start()

    def _run(self, run: Callable[[Part], None], part: Part) -> None:
        try:
            run(part)
        except BaseException as error:  # delivered to the main thread
            if not part.listens.done():
                part.listens.set_exception(error)
                return
            log.exception("loop %d ended, and the server with it", part.number)
            self._failed = True
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            if not part.left.done():
                part.left.set_result(0)

    async def listening(self) -> None:
        """Return once the other loops listen; raises what keeps one from it."""
        for part in self.parts[1:]:
            await asyncio.wrap_future(part.listens)

    def leave(self, part: Part, left: int) -> int:
        """Tell that a loop leaves so many worker threads behind; for the first, wait for the others and return the sum.

        They end by themselves, or the process is ended when their grace is over.
        """
        part.left.set_result(left)
        return sum(one.left.result() for one in self.parts) if part is self.first else left

    @property
    def exit_code(self) -> int:
        """1 when a loop ended by itself."""
        return int(self._failed)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each loop, as for workers; threads and collections, the process's, are in the first."""
        return [_row(part.number, part.stats()) for part in self.parts if part.stats is not None]


def _row(number: int, stats: Stats) -> dict[str, Any]:
    own = stats if number == 0 else msgspec.structs.replace(stats, threads=0, gc=GcPauses(0, 0.0, 0.0))
    return {"worker": number, "pid": os.getpid(), **msgspec.to_builtins(own)}


def share_a_secret(settings: Settings) -> None:
    """Give all loops one random secret where none was given: each would refuse what the others signed."""
    os.environ.update(with_secret(dict(os.environ), settings.to_argv()))
