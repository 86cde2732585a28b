"""`compare serve`: become the supervisor of one of the two servers."""

import click

from compare.commands import usage
from compare.contract import Server
from compare.contract.settings import from_argv
from compare.contract.usage import option_lines
from compare.serving.workers import supervise


def _server_options() -> str:
    return "\b\nServer options:\n" + "\n".join(option_lines())


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=_server_options(),
    options_metavar="",
)
@click.argument("server", type=usage.choice(Server))
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]")
def command(server: str, options: tuple[str, ...]) -> None:
    """Serve the app until Ctrl-C, on port 8001 (tornado) or 8002 (aiohttp) unless told otherwise."""
    supervise(from_argv(Server(server), options))
