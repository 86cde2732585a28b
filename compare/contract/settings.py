"""What a server can be told: one frozen dataclass <-> argv.

The harness builds settings and starts a server with `to_argv`; the server reads them back with `from_argv`.
Secrets never travel this way: argv holds the paths of their files.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compare.contract import DEFAULT_PORT, Accept, Gc, Loop, Server
from compare.contract.option_table import OPTIONS, SettingsError
from compare.late import Late

if TYPE_CHECKING:
    from concurrent import futures
else:
    futures = Late("concurrent.futures")

DSN_VARIABLE = "COMPARE_DSN"


def default_threads() -> int:
    """Return how many threads the default pool of this interpreter has: the rule differs from version to version."""
    return futures.ThreadPoolExecutor()._max_workers  # noqa: SLF001  # asked for, not computed again


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
    loops: int = 1
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
        if self.loops > 1 and self.workers > 1:
            raise SettingsError("--loops and --workers exclude each other: give one of them.")
        if self.loops > 1 and ":" in self.work:
            raise SettingsError(
                f"--loops takes sleep, http or postgres as the work, not {self.work!r}: it is made once for each loop, "
                "and one of your own only once."
            )
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
