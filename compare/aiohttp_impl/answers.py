"""How an answer looks in aiohttp: the shared headers, JSON bodies, and every fault as the contract words it."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict, istr

from compare.aiohttp_impl.bodies import LONG_BYTES, Forgotten, receive
from compare.contract import (
    HEADERS,
    ContractError,
    body_too_large,
    internal,
    method_not_allowed,
    not_found,
)
from compare.contract.origins import Malformed, Origins
from compare.serving.access import log_access

log = logging.getLogger("compare.aiohttp_impl")

Route = web.AbstractRouteDef
_SITE = istr("Sec-Fetch-Site")
_SHARED = CIMultiDict(HEADERS)
_BODILESS = {name: value for name, value in HEADERS.items() if name != "Content-Type"}


def say_close() -> None:
    """Ask the client of each answer from now on to close its connection."""
    _SHARED["Connection"] = _BODILESS["Connection"] = "close"


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON response; `headers` come on top of those that every answer has."""
    kind = web.Response if len(body) < LONG_BYTES else Forgotten
    response = kind(body=body, status=status, headers=_SHARED)  # which it copies
    if headers:
        fields = response.headers
        for name, value in headers.items():
            fields[name] = value
    return response


def done() -> web.Response:
    """Return a response without a body."""
    return web.Response(status=204, headers=_BODILESS)


def answer_error(error: ContractError) -> web.Response:
    """Return the response that tells the client of `error`."""
    return answer(error.body(), error.status, error.headers)


def malformed(error: Exception) -> web.Response:
    """Return a bare 400, as Tornado does to what is not HTTP, and log the kind of fault, never what it held."""
    log.info("Malformed HTTP message: %s", type(error).__name__)
    response = web.Response(status=400)
    response.force_close()
    return response


Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def guarded(handle: Handle, origins: Origins) -> Handle:
    """Make of an application's way to handle a request one that answers every fault as the contract says.

    It stands around the whole application, router included, and costs a request one call. A middleware, the usual
    place, makes aiohttp look up a chain of calls for each request: 7 % of all the work behind `/ping`.
    """
    known = origins.known

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        headers = request.headers
        try:
            if headers.get(hdrs.HOST) not in known or _SITE in headers or hdrs.EXPECT in headers:
                origins.check(request.method, request.raw_path, headers.get(hdrs.HOST), headers)
            if request.body_exists:
                await receive(request)
            response = await handle(request)
        except ContractError as error:
            response = answer_error(error)
        except web.HTTPException as error:
            response = answer_error(_in_contract(error))
        except (Malformed, web.RequestPayloadError, HttpProcessingError) as error:
            response = malformed(error)
        except Exception as error:
            gone = request.transport is None or request.transport.is_closing()
            if not (gone and isinstance(error, ConnectionError)):
                log.exception("%s %s failed", request.method, request.path)
            response = answer_error(internal())
        if hdrs.UPGRADE in headers:
            response.force_close()  # aiohttp drops what it read behind it, and would go on in the middle of a request
        return response

    return answering


def _in_contract(error: web.HTTPException) -> ContractError:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return method_not_allowed(tuple(sorted(error.allowed_methods)))
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return body_too_large()
    if isinstance(error, web.HTTPNotFound):
        return not_found()
    return internal()


class AccessLog(AbstractAccessLogger):
    """Writes the line that both servers share."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log one answer, which took `time` seconds."""
        log_access(request.method, request.raw_path, response.status, time)
