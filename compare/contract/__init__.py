"""What both servers promise, and what processes promise each other: names, bounds, payload bytes, error codes, argv.

Everything here is pure and belongs to neither framework, so that the two servers cannot drift apart in it.
"""

from compare.contract.bodies import (
    LoopLag,
    Stats,
    Waited,
    io_body,
    server_timing,
)
from compare.contract.bounds import (
    BACKLOG,
    BODY_TIMEOUT_S,
    DEFAULT_DELAY_S,
    DEFAULT_PORT,
    HEADERS,
    JSON_TYPE,
    KEEP_ALIVE_S,
    MAX_BODY_BYTES,
    MAX_DELAY_S,
    MAX_HEADER_BYTES,
    PONG,
    Loop,
    Paradigm,
    Server,
)
from compare.contract.errors import (
    STATUS,
    ContractError,
    ErrorCode,
    body_too_large,
    internal,
    io_failed,
    io_timeout,
    method_not_allowed,
    not_found,
    overloaded,
)
from compare.contract.ready import (
    Ready,
    read_ready,
)
from compare.contract.targets import (
    last_segment,
    parse_delay,
    path_of,
    query_of,
    query_values,
    single,
)

__all__ = [
    "BACKLOG",
    "BODY_TIMEOUT_S",
    "DEFAULT_DELAY_S",
    "DEFAULT_PORT",
    "HEADERS",
    "JSON_TYPE",
    "KEEP_ALIVE_S",
    "MAX_BODY_BYTES",
    "MAX_DELAY_S",
    "MAX_HEADER_BYTES",
    "PONG",
    "STATUS",
    "ContractError",
    "ErrorCode",
    "Loop",
    "LoopLag",
    "Paradigm",
    "Ready",
    "Server",
    "Stats",
    "Waited",
    "body_too_large",
    "internal",
    "io_body",
    "io_failed",
    "io_timeout",
    "last_segment",
    "method_not_allowed",
    "not_found",
    "overloaded",
    "parse_delay",
    "path_of",
    "query_of",
    "query_values",
    "read_ready",
    "server_timing",
    "single",
]
