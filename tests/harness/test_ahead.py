"""The next cell's server is started ahead, taken once, and never left."""

import pytest

from compare.contract import Paradigm, Server
from compare.harness.ahead import Ahead
from compare.records import Contestant

NEXT = Contestant(Server.TORNADO, Paradigm.NATIVE)
OTHER = Contestant(Server.AIOHTTP, Paradigm.NATIVE)


class Started:
    """A server that only knows whether it was ended."""

    ended = False

    def end(self):
        self.ended = True


def test_the_server_that_was_started_is_given_once_to_its_own_cell():
    server = Started()
    with Ahead() as ahead:
        ahead.start(NEXT, lambda _: server)
        assert ahead.take(NEXT) is server
        assert ahead.take(NEXT) is None
    assert not server.ended, "it is ended by the one who took it"


@pytest.mark.parametrize(
    "leave", [lambda ahead: ahead.take(OTHER), lambda ahead: ahead.start(OTHER, lambda _: Started())]
)
def test_a_server_whose_cell_is_not_the_next_after_all_is_ended(leave):
    server = Started()
    with Ahead() as ahead:
        ahead.start(NEXT, lambda _: server)
        leave(ahead)
        assert server.ended


def test_a_server_that_nobody_takes_ends_with_the_block():
    server = Started()
    with Ahead() as ahead:
        ahead.start(NEXT, lambda _: server)
    assert server.ended


def test_where_there_is_no_room_for_a_process_nothing_is_started_ahead():
    def full(_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with Ahead() as ahead:
        ahead.start(NEXT, full)
        assert ahead.take(NEXT) is None
