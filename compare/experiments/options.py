"""What a person may ask of an experiment, and what each preset means where nothing was asked.

A preset is a promise about time on a machine of two cores: quick under a minute, default under five.
"""

import enum
import os
from collections.abc import Collection, Iterator

import msgspec

from compare.analysis.ceiling import slots
from compare.contract import Loop, Paradigm, Server, WaitThread
from compare.contract.settings import default_threads
from compare.records import Cell, Contestant, Mixed, Open


class Preset(enum.StrEnum):
    """How much time a run may take: a look, a believable answer, or a result to publish."""

    QUICK = "quick"
    DEFAULT = "default"
    FULL = "full"


WAIT_S = 0.1
DEFAULT_ROUNDS = {Preset.QUICK: 1, Preset.DEFAULT: 3, Preset.FULL: 10}

# What a cell costs beside its load: starting and stopping a fresh server process, whose imports alone take 0.15 s
# (Tornado) and 0.28 s (aiohttp) of CPU, and asking it a hundred requests beforehand. One load generator plays all.
OVERHEAD_S = 0.7
WORKER_S = 0.3  # of CPU, which each further worker takes to start


# A quick run leaves them out where it must: each costs what `callback` or `native` costs, and its trampoline.
TRAMPOLINES = frozenset(one for one in Paradigm if one.trampoline)
OFF_THE_LOOP = tuple(one for one in Paradigm if one.thread is not WaitThread.LOOP)


class Options(msgspec.Struct, frozen=True):
    """What was asked for; None where the experiment decides by its preset.

    `concurrency` are the levels in flight, `delay_s` the wait of one request, `duration_s` the measured window
    of every cell, `rounds` how often each cell is measured.
    """

    preset: Preset = Preset.DEFAULT
    servers: tuple[Server, ...] = tuple(Server)
    paradigms: tuple[Paradigm, ...] = tuple(Paradigm)
    concurrency: tuple[int, ...] | None = None
    delay_s: float | None = None
    rounds: int | None = None
    duration_s: float | None = None
    work: str = "sleep"
    loop: Loop = Loop.ASYNCIO
    seed: int = 0
    pythons: tuple[str, ...] = ()  # tags of interpreters besides the one that runs the benchmark

    @property
    def wait_s(self) -> float:
        """The wait of one request where the experiment does not vary it: 100 ms unless asked otherwise."""
        return self.wait_or(WAIT_S)

    def wait_or(self, own_s: float) -> float:
        """Return the wait of one request that was asked for, else the experiment's own."""
        return own_s if self.delay_s is None else self.delay_s

    @property
    def singled_out(self) -> bool:
        """Whether some paradigms were asked for; else an experiment chooses those that its question needs."""
        return self.paradigms != tuple(Paradigm)

    def paradigms_or(self, own: Collection[Paradigm]) -> Collection[Paradigm]:
        """Return the paradigms that were singled out, else the experiment's own."""
        return self.paradigms if self.singled_out else own

    def contestants(self, threads: int | None = None) -> list[Contestant]:
        """Return one contestant per server and paradigm asked for, `threads` wide where a pool is used."""
        return [self.contestant(s, p, threads=threads) for s in self.servers for p in self.paradigms]

    def at(
        self, levels: Collection[int], paradigms: Collection[Paradigm] = tuple(Paradigm)
    ) -> Iterator[tuple[int, Contestant]]:
        """Yield each of `levels` in flight, or of those asked for, with each contestant whose pool is as wide."""
        for in_flight in self.concurrency or levels:
            for contestant in self.contestants(threads=in_flight):
                if contestant.paradigm in paradigms:
                    yield in_flight, contestant

    def contestant(
        self, server: Server, paradigm: Paradigm, *, threads: int | None = None, max_in_flight: int = 0
    ) -> Contestant:
        """Return the contestant of this server and paradigm on the loop and the work asked for.

        `threads` counts where the wait takes a pool's thread: nobody else uses the pool, and two contestants that
        differ in a field nobody reads would be one contestant under two names.
        """
        pool = threads if paradigm.thread is WaitThread.POOL else None
        return Contestant(
            server, paradigm, threads=pool, loop=self.loop, work=self.work, max_in_flight=max_in_flight
        )


def whole_waits(window_s: float, delay_s: float) -> float:
    """Return the window nearest to `window_s` that is a whole number of waits, at least two of them.

    A connection that always waits `delay_s` completes at most k requests in a window of k waits; in a window of
    k + 0.5 it may complete k + 1, and the throughput would seem to exceed its ceiling.
    """
    if delay_s <= 0:
        return window_s
    return round(max(2, round(window_s / delay_s)) * delay_s, 9)


def expected_s(cell: Cell) -> float:
    """Return about how many seconds `cell` takes, its server's start and stop included.

    Where clients leave at once, what they leave behind is watched until it has ended.
    """
    load = cell.load
    after_s = load.delay_s if _answered_at_once(cell) else max(load.timeout_s, load.delay_s)
    more = cell.contestant.workers - 1
    more_s = WORKER_S * more / (os.cpu_count() or 1) if more else 0.0
    return OVERHEAD_S + more_s + load.warmup_s + load.duration_s + after_s


def _answered_at_once(cell: Cell) -> bool:
    """Whether nothing queues for a wait of others, so that all is answered one wait after the window."""
    one, many = cell.contestant, cell.load.concurrency
    if isinstance(cell.load, Open | Mixed) or cell.load.delay_s == 0:
        return True
    return many <= 2 * slots(one, default_threads())
