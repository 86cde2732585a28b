"""One machine's part in a load that several machines put on one target at once.

It is prepared first: connections are open and nothing was sent. Then it begins at a moment that was agreed upon, told
in this machine's own clock. Open loops alone: in a closed one a slow machine sends less, and a pool of all requests
would be that of the fast ones.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from compare.harness import load
from compare.harness.generators import Generator, GeneratorError
from compare.harness.load import GET, KEPT, Ask, LoadError, LoadResult, Wire
from compare.records import Arrivals, Open


class Part(msgspec.Struct, frozen=True):
    """What one machine sends; its first request is due `first_s` seconds after the common start."""

    url: str
    load: Open
    wire: Wire = KEPT
    ask: Ask = GET
    seed: int = 0
    first_s: float = 0.0


def split(whole: Part, machines: int) -> list[Part]:
    """Return the parts of so many machines, which add up to `whole`.

    Poisson arrivals at R a second are those of N independent machines at R/N each, so each has a seed of its own. A
    constant rate is dealt out: machine k takes the slots k, k + N, and so on.
    """
    rate_rps, seeds = whole.load.rate_rps / machines, np.random.SeedSequence(whole.seed).spawn(machines)
    each = replace(whole.load, rate_rps=rate_rps, concurrency=math.ceil(whole.load.concurrency / machines))
    dealt = whole.load.arrivals is Arrivals.CONSTANT
    return [
        replace(
            whole,
            load=each,
            seed=int(seeds[number].generate_state(1)[0]),
            first_s=whole.first_s + (number / whole.load.rate_rps if dealt else 0.0),
        )
        for number in range(machines)
    ]


class Prepared:
    """A part whose connections are open, in a generator that runs until `close`.

    Raises LoadError where the target cannot be loaded from here, its certificate does not verify, or this machine's
    limits do not allow the load: nothing was sent then.
    """

    def __init__(self, part: Part, cpu: int | None = None) -> None:
        whom = load.target(part.url, part.wire, part.ask)
        order = load.plan(part.load, part.seed, whom, wire=part.wire)
        streams = tuple(replace(stream, first_s=part.first_s) for stream in order.streams)
        self._part, self._shown = part, load.certificate_of(whom)
        self._generator = Generator(cpu)
        try:
            self._generator.prepare(replace(order, waits=True, ahead=True, streams=streams))
        except GeneratorError as error:
            self.close()
            raise LoadError(str(error)) from error

    def begin(self, start_s: float) -> LoadResult:
        """Send from `start_s` on this machine's `time.monotonic`; return what came. Raises LoadError."""
        try:
            outcome, rows = self._generator.begin(start_s)
        except GeneratorError as error:
            raise LoadError(str(error)) from error
        return load.result(*load.decoded(outcome, rows), self._part.wire, self._shown)

    def cut(self) -> None:
        """End the load early, from another thread; `begin` then returns what was measured."""
        self._generator.cut()

    def close(self) -> None:
        """End the generator."""
        self._generator.close()

    @property
    def waits(self) -> bool:
        """Whether its generator is still there."""
        return self._generator.waits


def generator_cpu(cpus: Sequence[int], number: int, crowd: int) -> int | None:
    """Return the CPU for the generator of the `number`th of `crowd` workers on this host, None = any.

    The first CPU is left to a server, as in a benchmark; where there are too few for all, the system shares them out.
    """
    return cpus[1 + number] if len(cpus) > crowd else None
