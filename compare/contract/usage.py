"""What `--help` of a server says: each option with what is allowed, its unit and its default, from `OPTIONS`."""

from collections.abc import Sequence
from typing import Any

from compare.contract.bounds import Server
from compare.contract.option_table import OPTIONS, Option
from compare.contract.settings import Settings, default_threads

HELP = frozenset({"-h", "--help"})


def asks_for_help(argv: Sequence[str]) -> bool:
    """Return whether `-h` or `--help` is among the arguments."""
    return not HELP.isdisjoint(argv)


def help_text(server: Server) -> str:
    """Return the whole help of one server's own entry point, to be printed as it is."""
    head = f"Usage: python -m compare.{server}_impl [OPTIONS]\n\nServe the {server} app until Ctrl-C.\n\nOptions:\n"
    return head + "\n".join(option_lines(Settings(server))) + "\n  -h, --help\n      this text, then exit\n"


def option_lines(defaults: Settings | None = None) -> list[str]:
    """Return two lines per option: how it is typed, and what it means. Ports differ: without `defaults`, both."""
    return [line for option in OPTIONS for line in _two(option, defaults)]


def _two(option: Option, defaults: Settings | None) -> tuple[str, str]:
    if option.is_flag:
        return f"  {option.name}", f"      {option.help} (default: not given)"
    allowed = f"{option.allowed}; repeatable" if option.many else option.allowed
    default = _default(option, defaults)
    return f"  {option.name} {_placeholder(option)}", f"      {option.help} ({allowed}; default: {default})"


def _placeholder(option: Option) -> str:
    """Return the word that stands for the value: its unit, as far as it has one."""
    if option.allowed.startswith("N=FILE"):
        return "N=FILE"
    if option.allowed.startswith("a number of seconds"):
        return "SECONDS"
    return "N" if option.allowed.startswith("a whole number") else option.field.rpartition("_")[2].upper()


def _default(option: Option, defaults: Settings | None) -> str:
    if option.field == "port" and defaults is None:
        return " or ".join(f"{Settings(server).port} ({server})" for server in Server)
    if option.field == "threads" and (defaults is None or defaults.threads is None):
        return f"Python's own, {default_threads()} here"
    value: Any = getattr(defaults or Settings(Server.TORNADO), option.field)
    if value in ("", None, ()):
        return "none"
    return f"{value:g} s" if isinstance(value, float) else str(value)
