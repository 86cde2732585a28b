"""Names and bounds that both servers share: servers, ports, sizes, times, fixed headers and bodies."""

import enum


class Server(enum.StrEnum):
    """The two implementations."""

    TORNADO = "tornado"
    AIOHTTP = "aiohttp"


class Loop(enum.StrEnum):
    """The event loops a server can run on."""

    ASYNCIO = "asyncio"
    UVLOOP = "uvloop"


class Gc(enum.StrEnum):
    """What a server does about Python's cyclic garbage collector, once everything is loaded."""

    DEFAULT = "default"  # nothing: what people run
    FREEZE = "freeze"  # what is loaded is never looked at again
    TUNED = "tuned"  # that, and rarer collections of what is new
    OFF = "off"  # no collection: what refers to itself stays forever


class Accept(enum.StrEnum):
    """How several workers share a port."""

    REUSEPORT = "reuseport"  # a listening socket each, and the kernel spreads connections by their hash
    SHARED = "shared"  # one for all, from which the first worker that is free takes


DEFAULT_PORT = {Server.TORNADO: 8001, Server.AIOHTTP: 8002}

MAX_BODY_BYTES = 64 * 1024
MAX_HEADER_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0  # to send a body, however slowly
MAX_DELAY_S = 60.0
DEFAULT_DELAY_S = 0.1
BACKLOG = 4096  # on both: at 128 a burst of connections waits for SYN retries, which looks like latency
KEEP_ALIVE_S = 75.0  # an idle connection is closed after this; as nginx has it

JSON_TYPE = "application/json; charset=utf-8"
HEADERS = {"Content-Type": JSON_TYPE, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
PONG = b'{"pong":true}'
