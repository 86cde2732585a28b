"""A DNS look-up as the long I/O. Both faces send the same query over UDP and return the answer's code."""

import asyncio
import os
import socket

SERVER = (os.environ.get("DNS_SERVER", "127.0.0.1"), int(os.environ.get("DNS_PORT", "53")))
# RFC 1035, section 4.1: id, recursion desired, one question; then the question: example.com, type A, class IN.
QUERY = bytes.fromhex("123401000001000000000000") + b"\x07example\x03com\x00" + bytes.fromhex("00010001")


class DnsLookup:
    """A name server takes the time it takes: the delay asked for is ignored."""

    def blocking(self, _delay_s: float) -> bytes:
        """Ask, and wait on this thread."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            sock.connect(SERVER)
            sock.send(QUERY)
            return b"rcode %d" % (sock.recv(512)[3] & 15)

    async def native(self, _delay_s: float) -> bytes:
        """Ask, and wait on the loop."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.connect(SERVER)  # of a UDP socket: only notes the address
            await loop.sock_sendall(sock, QUERY)
            return b"rcode %d" % ((await loop.sock_recv(sock, 512))[3] & 15)
