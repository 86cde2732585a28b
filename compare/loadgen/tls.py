"""TLS by the standard library's `ssl`, on bytes: no transport stands between the stamp and the system call.

The loop's own TLS transport writes at the end of the loop's iteration. Here a request is encrypted first, stamped, and
leaves by `socket.send` as it does without TLS.
"""

import asyncio
import socket
import ssl

from compare.loadgen.connection import Connection, Owner

CHUNK_BYTES = 1 << 16


def context(*, verify: bool) -> ssl.SSLContext:
    """Return the client's side of TLS: the system's certificate authorities, or (not `verify`) any certificate.

    OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR in place of the system's authorities.
    """
    made = ssl.create_default_context()
    made.set_alpn_protocols(["http/1.1"])
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


class Session:
    """One connection's TLS: bytes of the socket in, bytes of HTTP out, and the other way round."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "ended")

    def __init__(self, whole: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = whole.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.ended = False  # the peer has said that nothing more follows (close_notify)

    async def shake_hands(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        """Agree on keys; raises OSError (ssl.SSLError is one) when the peer or its certificate will not do."""
        done = False
        while not done:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                await loop.sock_sendall(sock, self._outgoing.read())
                data = await loop.sock_recv(sock, CHUNK_BYTES)
                if not data:
                    raise ConnectionResetError("The peer closed during the TLS handshake.") from None
                self._incoming.write(data)
        await loop.sock_sendall(sock, self._outgoing.read())

    def sealed(self, data: bytes) -> bytes:
        """Return `data` as it goes over the wire."""
        self._tls.write(data)
        return self._outgoing.read()

    def opened(self, data: bytes) -> bytes:
        """Return what the wire's `data` says, b"" if nothing yet; raises ssl.SSLError when it is not TLS."""
        self._incoming.write(data)
        said = b""
        try:
            while not self.ended:
                piece = self._tls.read(CHUNK_BYTES)
                said += piece
                self.ended = not piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        return said

    def owed(self) -> bytes:
        """Return what TLS itself has to answer (a key update), b"" almost always."""
        return self._outgoing.read() if self._outgoing.pending else b""


class Secure(Connection):
    """A connection that speaks TLS."""

    __slots__ = ("_plain", "_session")

    def __init__(
        self, owner: Owner, sock: socket.socket, request: bytes, session: Session, *, keep: bool = True
    ) -> None:
        super().__init__(owner, sock, request, keep=keep)
        self._plain, self._session = request, session

    def send(self, intended_s: float) -> None:
        """Encrypt the request, then send it as any other."""
        self._request = self._session.sealed(self._plain)
        super().send(intended_s)

    def data_received(self, data: bytes) -> None:
        """Decrypt, then handle as any other."""
        try:
            said = self._session.opened(data)
        except ssl.SSLError:
            said = b"not TLS"  # malformed HTTP, too
        owed = self._session.owed()
        if owed:
            self._transport.write(owed)
        if said:
            super().data_received(said)
        if self._session.ended:
            self.usable = False
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the request under way; without the peer's close_notify a body that lasts until the close was cut off."""
        if exc is None and not self._session.ended:
            exc = ConnectionResetError("The peer closed the connection without ending TLS.")
        super().connection_lost(exc)
