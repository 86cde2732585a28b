"""Where connections leave from."""

import asyncio
import socket

import pytest

from compare.loadgen.dial import Dialer
from compare.loadgen.protocol import StreamOrder


class Owner:
    def ended(self, *_):
        pass

    def lost(self, connection):
        pass


async def test_connections_leave_from_the_source_addresses_in_turns():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        order = StreamOrder(
            socket.AF_INET, listening.getsockname(), b"", 4, 4, sources=("127.0.0.1", "127.0.0.2")
        )
        dialer = Dialer(order, asyncio.get_running_loop(), Owner())
        made = [await dialer.connect() for _ in range(4)]
        peers = [listening.accept() for _ in made]
        for connection, (peer, _) in zip(made, peers, strict=True):
            connection.close()
            peer.close()
        await asyncio.sleep(0)
    assert [address for _, (address, _) in peers] == ["127.0.0.1", "127.0.0.2"] * 2


async def test_a_source_address_that_is_not_there_is_an_os_error():
    order = StreamOrder(socket.AF_INET, ("127.0.0.1", 9), b"", 1, 1, sources=("192.0.2.1",))
    with pytest.raises(OSError, match="assign requested address"):
        await Dialer(order, asyncio.get_running_loop(), Owner()).connect()
