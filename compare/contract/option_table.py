"""The options of a server, each once: how it is spelled, read, checked and explained. `usage` prints them."""

import dataclasses
import math
import os
import re
from collections.abc import Callable
from typing import Any

from compare.contract import Accept, Gc, Loop
from compare.errors import CompareError


class SettingsError(CompareError):
    """An option that cannot be: the message names it and what is allowed."""

    exit_code = 2


@dataclasses.dataclass(frozen=True)
class Option:
    """One command-line option: how it is spelled, read and checked."""

    field: str
    read: Callable[[str], Any]
    allowed: str  # ends the sentence "--name must be ..."
    ok: Callable[[Any], bool] = lambda _: True
    many: bool = False
    is_flag: bool = False
    help: str = ""

    @property
    def name(self) -> str:
        """The option as typed."""
        return "--" + self.field.replace("_", "-")

    def check(self, value: Any) -> None:
        """Raise SettingsError when `value` is out of bounds."""
        if not all(self.ok(item) for item in (value if self.many else (value,))):
            told = (
                ", such as 1=keys/1" if self.field == "cookie_key" else f", not {value!r}"
            )  # it may be the key itself
            raise SettingsError(f"{self.name} must be {self.allowed}{told}.")

    def parse(self, text: str) -> Any:
        """Return the value `text` stands for; raises SettingsError."""
        try:
            return self.read(text)
        except ValueError as error:
            raise SettingsError(f"{self.name} must be {self.allowed}, not {text!r}.") from error


def _seconds(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _port(text: str) -> int:
    value = int(text)
    if value < 0:  # -1 stands for the server's default, which nobody needs to type
        raise ValueError(text)
    return value


def _workers(text: str) -> int:
    if text != "auto":
        return int(text)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_key(text: str) -> bool:
    version, _, path = text.partition("=")
    return version.isascii() and version.isdigit() and len(version) < 10 and bool(path)


_BESIDE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}", re.ASCII)

OPTIONS = (
    Option("host", str, "a host name or address", bool, help="where to listen"),
    Option(
        "port",
        _port,
        "a whole number from 0 to 65535",
        lambda v: 0 <= v <= 65535,
        help="the port, 0 = any free one",
    ),
    Option("loop", Loop, "asyncio or uvloop", help="the event loop"),
    Option("work", str, "sleep, http, postgres or package.module:attribute", bool, help="the long I/O"),
    Option("upstream", str, "an http URL", help="slow HTTP service for --work http (started when not given)"),
    Option(
        "dsn", str, "a PostgreSQL connection string", help="database for --work postgres (or COMPARE_DSN)"
    ),
    Option(
        "threads",
        int,
        "a whole number from 1 to 20000",
        lambda v: v is None or 1 <= v <= 20000,
        help="threads of the executor pool, in each worker",
    ),
    Option(
        "max_in_flight",
        int,
        "a whole number from 0 up",
        lambda v: v >= 0,
        help="long I/Os that each worker accepts at once, 0 = no limit",
    ),
    Option(
        "io_timeout",
        _seconds,
        "a number of seconds above 0",
        lambda v: v > 0,
        help="how long a long I/O may take",
    ),
    Option(
        "grace",
        _seconds,
        "a number of seconds from 0 to 3600",
        lambda v: 0 <= v <= 3600,
        help="for what is in flight at the stop",
    ),
    Option("cookie_secret_file", str, "a path", help="file that holds the one secret"),
    Option(
        "cookie_key",
        str,
        "N=FILE with a whole number N",
        _is_key,
        many=True,
        help="versioned secret, repeatable",
    ),
    Option(
        "cookie_key_version",
        int,
        "a whole number from 0 up",
        lambda v: v is None or v >= 0,
        help="which key signs; default the highest",
    ),
    Option("signed_min_version", int, "1 or 2", lambda v: v in {1, 2}, help="oldest signed format accepted"),
    Option("gc", Gc, "default, freeze, tuned or off", help="Python's garbage collector, once all is loaded"),
    Option(
        "beside",
        str,
        "an address of this machine, such as http://localhost:8001",
        lambda v: not v or _BESIDE.fullmatch(v) is not None,
        help="the twin, whose page this one may show beside its own",
    ),
    Option(
        "viewers",
        int,
        "a whole number from 0 to 1000",
        lambda v: 0 <= v <= 1000,
        help="how many may watch /events of a worker at once, 0 = nobody",
    ),
    Option("access_log", bool, "given or not", is_flag=True, help="log requests to stderr"),
    Option(
        "demo_routes",
        bool,
        "given or not",
        is_flag=True,
        help="sign for anybody beyond loopback, although secrets were given",
    ),
    Option(
        "allow_host",
        str,
        "a host name",
        bool,
        many=True,
        help="a further name to be served under on loopback, repeatable",
    ),
    Option(
        "workers",
        _workers,
        "a whole number from 1 to 256, or auto",
        lambda v: 1 <= v <= 256,
        help="processes on one port, each with its own pool and limits; auto = one per usable CPU",
    ),
    Option(
        "accept", Accept, "reuseport or shared", help="a listening socket for each worker, or one for all"
    ),
    Option(
        "loops",
        int,
        "a whole number from 1 to 256",
        lambda v: 1 <= v <= 256,
        help="event loops in one process, a thread and a socket each: for Python without a GIL",
    ),
    Option("no_restart", bool, "given or not", is_flag=True, help="a worker that dies ends the server"),
    Option(
        "switch_interval",
        _seconds,
        "a number of seconds from 0.00001 to 10",
        lambda v: v is None or 1e-5 <= v <= 10,
        help="how long a thread may keep the GIL when others wait for it; default Python's own",
    ),
)
