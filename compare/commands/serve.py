"""`compare serve`: become one of the two servers."""

import os
import sys

import click

from compare.commands import usage
from compare.contract import Server
from compare.contract.settings import OPTIONS, SettingsError, from_argv


def _server_options() -> str:
    width = max(len(option.name) for option in OPTIONS) + 2
    lines = [f"  {option.name:<{width}}{option.help or option.allowed}" for option in OPTIONS]
    return "\b\nServer options:\n" + "\n".join(lines)


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=_server_options(),
    options_metavar="",
)
@click.argument("server", type=usage.choice(Server))
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]")
def command(server: str, options: tuple[str, ...]) -> None:
    """Serve the app until Ctrl-C, on port 8001 (tornado) or 8002 (aiohttp) unless told otherwise."""
    try:
        from_argv(Server(server), options)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    # becoming the server, rather than starting it, lets every signal go straight to it
    argv = [sys.executable, "-m", f"compare.{server}_impl", *options]
    os.execv(sys.executable, argv)  # noqa: S606  # no shell
