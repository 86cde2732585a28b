"""What a server can be told: one frozen dataclass <-> argv.

The harness builds settings and starts a server with `to_argv`; the server reads them back with `from_argv`.
Secrets never travel this way: argv holds the paths of their files.
"""

import dataclasses
import math
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from compare.contract import DEFAULT_PORT, Accept, Gc, Loop, Server
from compare.errors import CompareError

DSN_VARIABLE = "COMPARE_DSN"


class SettingsError(CompareError):
    """An option that cannot be: the message names it and what is allowed."""

    exit_code = 2


def default_threads() -> int:
    """Return how many threads the default pool of this interpreter has: the rule differs from version to version."""
    return ThreadPoolExecutor()._max_workers  # noqa: SLF001  # asked for, not computed again


@dataclasses.dataclass(frozen=True)
class Settings:
    """One server's options, checked. `port` 0 means any free one, `max_in_flight` 0 no limit."""

    server: Server
    host: str = "127.0.0.1"
    port: int = -1  # replaced by the server's default
    loop: Loop = Loop.ASYNCIO
    work: str = "sleep"
    upstream: str = ""
    dsn: str = dataclasses.field(default="", repr=False)
    threads: int | None = None  # None = what Python's own default pool has, in the interpreter that serves
    max_in_flight: int = 0
    io_timeout: float = 65.0
    grace: float = 5.0
    cookie_secret_file: str = ""
    cookie_key: tuple[str, ...] = ()
    cookie_key_version: int | None = None
    signed_min_version: int = 2
    access_log: bool = False
    demo_routes: bool = False
    allow_host: tuple[str, ...] = ()
    viewers: int = 8
    beside: str = ""
    workers: int = 1
    accept: Accept = Accept.REUSEPORT
    no_restart: bool = False
    switch_interval: float | None = None  # seconds; None = Python's own
    gc: Gc = Gc.DEFAULT

    def __post_init__(self) -> None:
        if self.port == -1:
            object.__setattr__(self, "port", DEFAULT_PORT[self.server])
        for option in OPTIONS:
            option.check(getattr(self, option.field))
        if self.cookie_secret_file and self.cookie_key:
            raise SettingsError("--cookie-key and --cookie-secret-file exclude each other: give one of them.")
        self._check_key_versions()

    def _check_key_versions(self) -> None:
        """Keys may also come from the environment: only `compare.serving.keys` knows them all."""
        versions = [int(key.partition("=")[0]) for key in self.cookie_key]
        if len(set(versions)) < len(versions):
            raise SettingsError("--cookie-key may be given only once for each version.")
        if versions and self.cookie_key_version not in {None, *versions}:
            raise SettingsError(
                f"--cookie-key-version must be one of the keys given, not {self.cookie_key_version}."
            )

    def to_argv(self) -> list[str]:
        """Return the arguments that `from_argv` reads back as these settings, server and DSN left out.

        The DSN may hold a password and argv is for all to read: a process gets it by `environ`.
        """
        argv: list[str] = []
        for option in OPTIONS:
            if option.field == "dsn":
                continue
            value = getattr(self, option.field)
            if option.is_flag:
                argv += [option.name] if value else []
            else:
                values = value if isinstance(value, tuple) else (value,)
                argv += [
                    word for item in values if item not in {None, ""} for word in (option.name, str(item))
                ]
        return argv

    def environ(self) -> dict[str, str]:
        """Return the environment variables that tell a server what `to_argv` must not."""
        return {DSN_VARIABLE: self.dsn} if self.dsn else {}


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
        help="threads of the executor pool",
    ),
    Option(
        "max_in_flight",
        int,
        "a whole number from 0 up",
        lambda v: v >= 0,
        help="long I/Os accepted at once, 0 = no limit",
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
        help="how many may watch /events at once, 0 = nobody",
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
    Option("no_restart", bool, "given or not", is_flag=True, help="a worker that dies ends the server"),
    Option(
        "switch_interval",
        _seconds,
        "a number of seconds from 0.00001 to 10",
        lambda v: v is None or 1e-5 <= v <= 10,
        help="how long a thread may keep the GIL when others wait for it; default Python's own",
    ),
)
_BY_NAME = {option.name: option for option in OPTIONS}


def from_argv(server: Server, argv: Sequence[str]) -> Settings:
    """Read `argv` (no program name) into Settings; raises SettingsError, one sentence, naming the option.

    `--name value` and `--name=value` are both read; only a repeatable option may be given twice.
    """
    values: dict[str, Any] = {}
    words = iter(argv)
    for word in words:
        name, equals, text = word.partition("=")
        option = _BY_NAME.get(name)
        if option is None:
            raise SettingsError(f"There is no option {word!r}; there are {', '.join(_BY_NAME)}.")
        if option.is_flag:
            value: Any = True
        else:
            given = text if equals else next(words, None)
            if given is None:
                raise SettingsError(f"{name} needs a value: {option.allowed}.")
            value = option.parse(given)
        if option.many:
            values[option.field] = (*values.get(option.field, ()), value)
        elif option.field in values:
            raise SettingsError(f"{name} may be given only once.")
        else:
            values[option.field] = value
    return Settings(server, **values)
