"""How an answer looks in Tornado: the shared headers, JSON bodies, and every fault as the contract words it."""

import asyncio
import logging
import re
from types import TracebackType
from typing import Any

from tornado import web
from tornado.httputil import HTTPInputError
from tornado.log import gen_log

from compare.contract import (
    HEADERS,
    ContractError,
    internal,
    method_not_allowed,
    not_found,
)
from compare.serving.access import log_access

log = logging.getLogger("compare.tornado_impl")

# The path as a regular expression, its handler, and what that handler's `initialize` gets.
Route = tuple[str, type["Handler"], dict[str, Any]]

_shared = dict(HEADERS)


def say_close() -> None:
    """Ask the client of each answer from now on to close its connection."""
    _shared["Connection"] = "close"


class Handler(web.RequestHandler):
    """What every handler of this app does alike."""

    left = False
    task: asyncio.Task[Any] | None = None  # of a handler that is to be cancelled when the client leaves

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
        fault = self._in_contract(kwargs.get("exc_info", (None, None, None))[1])
        self.answer(fault.body(), fault.status, fault.headers)

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


class Refused(Handler):
    """Answers a request that is refused whatever its method: for its path, its headers or the size of its body."""

    def initialize(self, error: ContractError | None = None) -> None:
        """Take the reason; without one there is nothing at that path."""
        self.error = error or not_found()

    def _in_contract(self, _error: BaseException | None) -> ContractError:
        return self.error

    def prepare(self) -> None:
        """Refuse before any method is looked for."""
        raise self.error


class Terse(logging.Filter):
    """Cuts what Tornado logs of a malformed request before the header it would repeat: no place for secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        if isinstance(record.args, tuple) and record.args and isinstance(record.args[-1], HTTPInputError):
            record.args = (*record.args[:-1], re.split("[:'\"]", str(record.args[-1]))[0].strip())
        return True


gen_log.addFilter(Terse())


def log_function(handler: web.RequestHandler) -> None:
    """Log one answer: Tornado's hook for it."""
    request = handler.request
    log_access(request.method or "", request.uri or "", handler.get_status(), request.request_time())
