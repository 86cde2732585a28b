"""Bounds on a request's body: at most `MAX_BODY_BYTES`, within `BODY_TIMEOUT_S`."""

import sys

from tornado import httputil, web
from tornado.http1connection import HTTP1Connection

from compare.contract import BODY_TIMEOUT_S, MAX_BODY_BYTES, body_too_large

from compare.tornado_impl.answers import Refused


class Bounded(httputil.HTTPMessageDelegate):
    """Stands between the connection and a handler, and answers 413 in its place when the body is too large.

    Tornado's own `max_body_size` answers a bare 400 and closes. Here the limit is counted as chunks arrive, the
    answer is the contract's, and the rest of the body is dropped as it comes.
    """

    def __init__(
        self,
        app: web.Application,
        request: httputil.HTTPServerRequest,
        delegate: httputil.HTTPMessageDelegate,
        *,
        refused: bool = False,
    ) -> None:
        """Take who answers; a request that is `refused` already stays so, however large its body."""
        self._app, self._request, self._delegate = app, request, delegate
        self._received = 0
        self._refused = refused
        connection = request.connection
        if isinstance(connection, HTTP1Connection):
            connection.set_max_body_size(sys.maxsize)
            connection.set_body_timeout(BODY_TIMEOUT_S)

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> None:
        """Refuse a body that declares itself too large."""
        self._delegate.headers_received(start_line, headers)
        declared = headers.get("Content-Length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > MAX_BODY_BYTES:
            self._refuse()

    def data_received(self, chunk: bytes) -> None:
        """Pass a chunk on while the limit is kept; drop it after."""
        self._received += len(chunk)
        if self._received > MAX_BODY_BYTES:
            self._refuse()
        elif not self._refused:
            self._delegate.data_received(chunk)

    def finish(self) -> None:
        """The body is complete: the handler answers.

        Not earlier: Tornado closes a connection whose request it has answered before its end, and with the body
        still on its way that is a reset, which takes the answer with it.
        """
        self._delegate.finish()

    def on_connection_close(self) -> None:
        """Tell the handler that nobody listens any more."""
        self._delegate.on_connection_close()

    def _refuse(self) -> None:
        if not self._refused:
            self._refused = True
            self._delegate = self._app.get_handler_delegate(
                self._request, Refused, {"error": body_too_large()}
            )
