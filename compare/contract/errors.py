"""Every answer other than success: its code, its status, its sentence."""

import enum

import msgspec

from compare.contract.bounds import MAX_BODY_BYTES


class ErrorCode(enum.StrEnum):
    """The `code` of an error body; `STATUS` gives its HTTP status."""

    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INVALID_PARAMETER = "invalid_parameter"
    INVALID_BODY = "invalid_body"
    INVALID_COOKIE = "invalid_cookie"
    XSRF_FAILED = "xsrf_failed"
    BODY_TOO_LARGE = "body_too_large"
    HEADERS_TOO_LARGE = "headers_too_large"
    OVERLOADED = "overloaded"
    TOO_MANY_VIEWERS = "too_many_viewers"
    IO_TIMEOUT = "io_timeout"
    IO_FAILED = "io_failed"
    INTERNAL = "internal"
    MISDIRECTED = "misdirected"
    EXPECTATION_FAILED = "expectation_failed"


STATUS = {
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.INVALID_PARAMETER: 400,
    ErrorCode.INVALID_BODY: 400,
    ErrorCode.INVALID_COOKIE: 400,
    ErrorCode.XSRF_FAILED: 403,
    ErrorCode.BODY_TOO_LARGE: 413,
    ErrorCode.HEADERS_TOO_LARGE: 431,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.TOO_MANY_VIEWERS: 503,
    ErrorCode.IO_TIMEOUT: 504,
    ErrorCode.IO_FAILED: 502,
    ErrorCode.INTERNAL: 500,
    ErrorCode.MISDIRECTED: 421,
    ErrorCode.EXPECTATION_FAILED: 417,
}


class ContractError(Exception):
    """An answer other than success, before any framework has shaped it.

    `code` decides the status, `message` is one sentence for the client, `field` names what was wrong with the
    request (None when no single field was), and `headers` are added to the answer.
    """

    def __init__(
        self, code: ErrorCode, message: str, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field
        self.headers = headers or {}

    @property
    def status(self) -> int:
        """The HTTP status of this error."""
        return STATUS[self.code]

    def body(self) -> bytes:
        """The JSON body, `{"error":{"code":..,"message":..,"field":..}}`."""
        fault = {"code": self.code, "message": self.message, "field": self.field}
        return msgspec.json.encode({"error": fault})


def not_found() -> ContractError:
    """No such path."""
    return ContractError(ErrorCode.NOT_FOUND, "There is nothing at this path.")


def method_not_allowed(allowed: tuple[str, ...]) -> ContractError:
    """The path exists, but not for this method; `allowed` becomes the `Allow` header."""
    allow = ", ".join(allowed)
    return ContractError(
        ErrorCode.METHOD_NOT_ALLOWED, f"This path answers only {allow}.", headers={"Allow": allow}
    )


def body_too_large() -> ContractError:
    """The request's body is larger than `MAX_BODY_BYTES`."""
    return ContractError(
        ErrorCode.BODY_TOO_LARGE, f"The body may have at most {MAX_BODY_BYTES} bytes.", field="body"
    )


def overloaded(reason: str) -> ContractError:
    """The server cannot take one more long I/O now; `reason` is one sentence."""
    return ContractError(ErrorCode.OVERLOADED, reason, headers={"Retry-After": "1"})


def too_many_viewers(limit: int) -> ContractError:
    """`limit` viewers watch `/events` already."""
    reason = f"At most {limit} may watch at once." if limit else "Nobody may watch this server."
    return ContractError(ErrorCode.TOO_MANY_VIEWERS, f"{reason} Its option --viewers decides how many.")


def io_timeout(timeout_s: float) -> ContractError:
    """The long I/O took longer than the server lets it."""
    return ContractError(ErrorCode.IO_TIMEOUT, f"The long I/O did not end within {timeout_s:g} seconds.")


def io_failed() -> ContractError:
    """The long I/O itself failed; what failed is in the server's log, not in the answer."""
    return ContractError(ErrorCode.IO_FAILED, "The long I/O failed; the server's log says why.")


def internal() -> ContractError:
    """A fault of the server's own, of which the client learns nothing."""
    return ContractError(ErrorCode.INTERNAL, "The server failed to answer this request.")
