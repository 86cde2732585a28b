"""What both servers promise: names, paths, bounds, payload bytes and error codes.

Everything here is pure and belongs to neither framework, so that the two servers cannot drift apart in it.
"""

import enum
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import msgspec


class Server(enum.StrEnum):
    """The two implementations."""

    TORNADO = "tornado"
    AIOHTTP = "aiohttp"


class Paradigm(enum.StrEnum):
    """The five ways of waiting, in the order in which every file and table lists them."""

    BLOCKING = "blocking"
    CALLBACK = "callback"
    GENERATOR = "generator"
    EXECUTOR = "executor"
    NATIVE = "native"


class Loop(enum.StrEnum):
    """The event loops a server can run on."""

    ASYNCIO = "asyncio"
    UVLOOP = "uvloop"


DEFAULT_PORT = {Server.TORNADO: 8001, Server.AIOHTTP: 8002}

MAX_BODY_BYTES = 64 * 1024
MAX_HEADER_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0  # to send a body, however slowly
MAX_DELAY_S = 60.0
DEFAULT_DELAY_S = 0.1
BACKLOG = 4096  # on both: at 128 a burst of connections waits for SYN retries, which looks like latency
KEEP_ALIVE_S = 75.0  # an idle connection is closed after this; as nginx has it

JSON_TYPE = "application/json; charset=utf-8"
HEADERS = {"Content-Type": JSON_TYPE, "X-Content-Type-Options": "nosniff"}
PONG = b'{"pong":true}'


class ErrorCode(enum.StrEnum):
    """The `code` of an error body; `STATUS` gives its HTTP status."""

    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INVALID_PARAMETER = "invalid_parameter"
    INVALID_BODY = "invalid_body"
    INVALID_COOKIE = "invalid_cookie"
    BODY_TOO_LARGE = "body_too_large"
    HEADERS_TOO_LARGE = "headers_too_large"
    OVERLOADED = "overloaded"
    IO_TIMEOUT = "io_timeout"
    IO_FAILED = "io_failed"
    INTERNAL = "internal"


STATUS = {
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.INVALID_PARAMETER: 400,
    ErrorCode.INVALID_BODY: 400,
    ErrorCode.INVALID_COOKIE: 400,
    ErrorCode.BODY_TOO_LARGE: 413,
    ErrorCode.HEADERS_TOO_LARGE: 431,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.IO_TIMEOUT: 504,
    ErrorCode.IO_FAILED: 502,
    ErrorCode.INTERNAL: 500,
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


def io_timeout(timeout_s: float) -> ContractError:
    """The long I/O took longer than the server lets it."""
    return ContractError(ErrorCode.IO_TIMEOUT, f"The long I/O did not end within {timeout_s:g} seconds.")


def io_failed() -> ContractError:
    """The long I/O itself failed; what failed is in the server's log, not in the answer."""
    return ContractError(ErrorCode.IO_FAILED, "The long I/O failed; the server's log says why.")


def internal() -> ContractError:
    """A fault of the server's own, of which the client learns nothing."""
    return ContractError(ErrorCode.INTERNAL, "The server failed to answer this request.")


_ESCAPE = re.compile("%([2-7][0-9A-Fa-f])")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def path_of(target: str) -> str:
    """Return the path of a raw request target, normalised as RFC 3986, section 6.2.2, has it.

    Absolute form (`http://host/path`) and fragments are cut, escapes of unreserved characters are decoded: what
    aiohttp does before it routes, and Tornado does not.
    """
    path = target.partition("#")[0].partition("?")[0]
    if not path.startswith("/"):
        _, scheme, rest = path.partition("://")
        path = "/" + rest.partition("/")[2] if scheme else path
    return _ESCAPE.sub(_unescaped, path) if "%" in path else path


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0]


def query_of(target: str) -> str:
    """Return the query string of a raw request target, as it was sent."""
    return target.partition("#")[0].partition("?")[2]


def last_segment(target: str) -> str:
    """Return what follows the last slash of a raw target's path, percent-decoded (no UTF-8: U+FFFD)."""
    return unquote_to_bytes(path_of(target).rpartition("/")[2]).decode("utf-8", "replace")


def query_values(query: str, name: str) -> list[str]:
    """Return every value of `name` in a raw query string, percent-decoded, in order.

    Both frameworks decode queries, each a little differently (stripping, `;`, bad escapes); one reading of
    the raw string is what makes the two answer alike. Source: the WHATWG URL standard's
    application/x-www-form-urlencoded parser; bytes that are no UTF-8 become U+FFFD.
    """
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [_form_decode(value) for key, _, value in pairs if _form_decode(key) == name]


def _form_decode(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def single(query: str, name: str) -> str | None:
    """Return the one value of `name` in a raw query string, or None; twice is an `invalid_parameter`."""
    values = query_values(query, name)
    if len(values) > 1:
        raise ContractError(
            ErrorCode.INVALID_PARAMETER, f"The parameter {name} may be given only once.", field=name
        )
    return values[0] if values else None


_SECONDS = re.compile(r"\d{1,9}(\.\d{0,17})?|\.\d{1,17}", re.ASCII)


@lru_cache(maxsize=1024)  # a load sends one query a million times; parsing it must not be what is measured
def parse_delay(query: str) -> float:
    """Return `delay` of a raw query string in seconds, 0 to `MAX_DELAY_S`; `DEFAULT_DELAY_S` without one."""
    text = single(query, "delay")
    if text is None:
        return DEFAULT_DELAY_S
    if not _SECONDS.fullmatch(text) or float(text) > MAX_DELAY_S:
        raise ContractError(
            ErrorCode.INVALID_PARAMETER,
            f"The parameter delay must be a decimal number of seconds from 0 to {MAX_DELAY_S:g}.",
            field="delay",
        )
    return float(text)


class Waited(msgspec.Struct, frozen=True):
    """What a finished long I/O answers. No field tells how long it took: the body's size never depends on it."""

    server: Server
    paradigm: Paradigm
    work: str
    delay_s: float


_encode = msgspec.json.Encoder().encode


def io_body(server: Server, paradigm: Paradigm, work: str, delay_s: float) -> bytes:
    """Return the body of a finished long I/O."""
    return _encode(Waited(server, paradigm, work, delay_s))


def server_timing(io_s: float) -> str:
    """Return `Server-Timing` for work that took `io_s` seconds; the header counts milliseconds."""
    return f"io;dur={io_s * 1e3:.1f}"


class LoopLag(msgspec.Struct, frozen=True):
    """How late the loop ran a timer, in seconds, over the last ticks; 0 before the first."""

    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class Stats(msgspec.Struct, frozen=True):
    """What `GET /stats` answers: counts of long I/O requests since the start, and what goes on now."""

    in_flight: int
    orphaned: int
    completed: int
    failed: int
    rejected: int
    threads: int
    loop_lag_s: LoopLag


class Ready(msgspec.Struct, frozen=True):
    """The one line a server writes to stdout once its socket listens."""

    server: Server
    url: str
    pid: int
    work: str
    threads: int
    loop: Loop
    ready: bool = True

    def line(self) -> str:
        """The line as written, without its newline."""
        fields = msgspec.structs.asdict(self)
        return msgspec.json.encode({"ready": fields.pop("ready"), **fields}).decode()


def read_ready(line: str | bytes) -> Ready:
    """Parse a ready line; raises ValueError (msgspec.DecodeError is one) when it is none."""
    return msgspec.json.decode(line, type=Ready)
