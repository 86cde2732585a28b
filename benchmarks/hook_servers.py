"""The twins as `benchmarks.hooks` compares them: without the hooks of `GET /events`, or with a slower feed.

Run by it: ``python -m benchmarks.hook_servers without aiohttp --port 0``.
"""

import inspect
import runpy
import sys
import textwrap

from compare.serving import feed, flights

SLOWER = 50  # callgrind makes a server about so much slower, but not its clock


def without() -> None:
    """Have every flight be a plain one: what `Flights.admit` would be if nobody could ever watch."""
    source = textwrap.dedent(inspect.getsource(flights.Flights.admit))
    if source.count("self._make(") != 1:
        raise SystemExit(
            "Flights.admit no longer makes its flight by self._make: look what the hooks are now."
        )
    exec(source.replace("self._make(", "Flight("), vars(flights))
    flights.Flights.admit = flights.admit


def slower() -> None:
    """Have the feed flush, tick and allow as much per request as it does on a server that is not slowed."""
    feed.FLUSH_S *= SLOWER
    feed.HELD_S *= SLOWER
    feed.PER_SECOND //= SLOWER
    feed.BURST //= SLOWER


CHANGES = {"without": without, "slower": slower}


def main() -> None:
    """Change what the first word says, then serve as the second one's `__main__` does."""
    change, server, *options = sys.argv[1:]
    CHANGES[change]()
    sys.argv = [server, *options]
    runpy.run_module(f"compare.{server}_impl", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
