"""How an answer looks in aiohttp: the shared headers, JSON bodies, and every fault as the contract words it."""

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from multidict import CIMultiDict, istr

from compare.contract import (
    HEADERS,
    ContractError,
    body_too_large,
    internal,
    method_not_allowed,
    not_found,
)
from compare.serving.access import log_access

log = logging.getLogger("compare.aiohttp_impl")

Route = web.AbstractRouteDef

LONG_BYTES = 1024  # waits and pings have a tenth of it

_shared = CIMultiDict((istr(name), value) for name, value in HEADERS.items())
_bodiless = {name: value for name, value in HEADERS.items() if name != "Content-Type"}


def say_close() -> None:
    """Ask the client of each answer from now on to close its connection."""
    _shared["Connection"] = _bodiless["Connection"] = "close"


class Forgotten(web.Response):
    """A response whose body goes once it is written: aiohttp keeps a connection's last response until its next one."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Write what is left, and keep none of it."""
        await super().write_eof(data)
        self.body = None


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON response; `headers` come on top of those that every answer has."""
    kind = web.Response if len(body) < LONG_BYTES else Forgotten
    response = kind(body=body, status=status, headers=_shared)  # which it copies
    if headers:
        response.headers.update(headers)
    return response


def done() -> web.Response:
    """Return a response without a body."""
    return web.Response(status=204, headers=_bodiless)


def answer_error(error: BaseException) -> web.Response:
    """Answer every fault as the contract says, whether a handler found it, the router, or nobody."""
    fault = _in_contract(error)
    return answer(fault.body(), fault.status, fault.headers)


def _in_contract(error: BaseException) -> ContractError:
    if isinstance(error, ContractError):
        return error
    if isinstance(error, web.HTTPMethodNotAllowed):
        return method_not_allowed(tuple(sorted(error.allowed_methods)))
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return body_too_large()
    if isinstance(error, web.HTTPNotFound):
        return not_found()
    return internal()


def log_exception(request: web.BaseRequest, value: BaseException) -> None:
    """Log faults of the server's own; that a client has left is not news."""
    left = request.transport is None or request.transport.is_closing()
    if not (left and isinstance(value, ConnectionError)):
        log.error("%s %s failed", request.method, request.path, exc_info=value)


def malformed(error: BaseException) -> web.Response:
    """Return a bare 400, as Tornado does to what is not HTTP, and log the kind of fault, never what it held."""
    log.info("Malformed HTTP message: %s", type(error).__name__)
    response = web.Response(status=400)
    response.force_close()
    return response


class AccessLog(AbstractAccessLogger):
    """Writes the line that both servers share."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log one answer, which took `time` seconds."""
        log_access(request.method, request.raw_path, response.status, time)
