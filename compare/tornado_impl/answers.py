"""How an answer looks in Tornado: the shared headers, JSON bodies, and every fault as the contract words it."""

import asyncio
import logging
from types import TracebackType
from typing import Any

from tornado import web

from compare.contract import (
    HEADERS,
    ContractError,
    internal,
    method_not_allowed,
    not_found,
)
from compare.serving.access import log_access

log = logging.getLogger("compare.tornado_impl")

Route = tuple[
    str, type["Handler"], dict[str, Any]
]  # the path as a regular expression, and what `initialize` gets


_shared = dict(HEADERS)


def say_close() -> None:
    """Ask the client of each answer from now on to close its connection."""
    _shared["Connection"] = "close"


class Handler(web.RequestHandler):
    """What every handler of this app does alike."""

    left = False
    task: asyncio.Task[Any] | None = (
        None  # set by a handler that wants to be cancelled when the client leaves
    )

    def set_default_headers(self) -> None:
        """Set the headers that every answer has."""
        for name, value in _shared.items():
            self.set_header(name, value)

    def compute_etag(self) -> None:
        """No ETag: the other server computes none, and hashing bodies is not what is compared."""

    def answer(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with JSON; `headers` come on top of those that every answer has."""
        if status != 200:
            self.set_status(status)
        for name, value in (headers or {}).items():
            self.set_header(name, value)
        self.finish(body)

    def done(self) -> None:
        """Answer without a body."""
        self.set_status(204)
        self.finish()

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002  # Tornado's signature
        """Answer every fault as the contract says, whether a handler found it, the router, or nobody."""
        error = self._in_contract(kwargs.get("exc_info", (None, None, None))[1])
        self.answer(error.body(), error.status, error.headers)

    def _in_contract(self, error: BaseException | None) -> ContractError:
        if isinstance(error, ContractError):
            return error
        if isinstance(error, web.HTTPError) and error.status_code == 405:
            return method_not_allowed(self.allowed())
        return internal()

    @classmethod
    def allowed(cls) -> tuple[str, ...]:
        """Return the methods this handler answers, sorted."""
        nothing = {name: getattr(web.RequestHandler, name.lower()) for name in cls.SUPPORTED_METHODS}
        return tuple(sorted(name for name in nothing if getattr(cls, name.lower()) is not nothing[name]))

    def log_exception(self, typ: Any, value: BaseException | None, tb: TracebackType | None) -> None:
        """Log faults of the server's own; what the contract foresees is not news."""
        if not isinstance(value, (ContractError, web.HTTPError)):
            log.error("%s %s failed", self.request.method, self.request.path, exc_info=(typ, value, tb))  # type: ignore[arg-type]  # typeshed wants the three together

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer a fault, unless the client has left: Tornado would word and encode an answer for each of a crowd."""
        if not self.left:
            super().send_error(status_code, **kwargs)

    def on_connection_close(self) -> None:
        """Cancel what the departed client was waiting for."""
        self.left = True
        if self.task is not None:
            self.task.cancel()


class NotFound(Handler):
    """Answers where there is nothing, whatever the method."""

    def _in_contract(self, _error: BaseException | None) -> ContractError:
        return not_found()

    def prepare(self) -> None:
        """Refuse before any method is looked for."""
        raise not_found()


class Refused(Handler):
    """Answers a request that is refused whatever its path and method, for its headers or the size of its body."""

    def initialize(self, error: ContractError) -> None:
        """Take the reason."""
        self.error = error

    def _in_contract(self, _error: BaseException | None) -> ContractError:
        return self.error

    def prepare(self) -> None:
        """Refuse before any method is looked for."""
        raise self.error


def log_function(handler: web.RequestHandler) -> None:
    """Log one answer: Tornado's hook for it."""
    request = handler.request
    log_access(request.method or "", request.uri or "", handler.get_status(), request.request_time())
