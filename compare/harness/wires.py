"""Servers behind a link: a host of its own for each link that contestants name, measured before it is used."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from compare.network import hosts
from compare.network.hosts import Host
from compare.records import Link, Wire


class Wires(msgspec.Struct, frozen=True):
    """The hosts by their links, and what each link was found to do."""

    hosts: dict[Link, Host] = {}
    found: tuple[Wire, ...] = ()


@contextmanager
def stretched(links: Iterable[Link], seed: int = 0) -> Iterator[Wires]:
    """Make a host behind each of `links` and put this thread beside them; without links, change nothing.

    What this thread starts meanwhile, such as the load generator, is there too. Raises NetworkError, one sentence,
    where hosts cannot be made.
    """
    wanted = list(dict.fromkeys(links))
    if not wanted:
        yield Wires()
        return
    with hosts.network(seed) as made:
        there = {link: made.add(hosts.Link(link.round_trip_s, link.loss)) for link in wanted}
        found = tuple(_measured(link, host, made.hub) for link, host in there.items())
        with hosts.inside(made.hub):
            yield Wires(there, found)


def _measured(link: Link, host: Host, hub: Host) -> Wire:
    seen = hosts.measure(host, hub)
    return Wire(link, seen.kind, seen.sent, seen.came_back, seen.p50_s, seen.p99_s)
