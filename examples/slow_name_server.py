"""A name server for `dns_lookup.py`: it knows no domain, and says so after 50 ms."""

import asyncio
import contextlib

from examples.dns_lookup import SERVER

DELAY_S = 0.05
UNKNOWN = b"\x81\x83"  # RFC 1035, section 4.1.1: a response; recursion available, no such domain


class SlowNameServer(asyncio.DatagramProtocol):
    """Answers each query by itself, however many wait."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer later."""
        answer = data[:2] + UNKNOWN + data[4:]
        asyncio.get_running_loop().call_later(DELAY_S, self.transport.sendto, answer, addr)


async def main() -> None:
    """Serve until interrupted."""
    await asyncio.get_running_loop().create_datagram_endpoint(SlowNameServer, local_addr=SERVER)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
