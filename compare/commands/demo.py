"""`compare demo`: one HTML file that plays a recorded run, for people without a server at hand."""

from http.client import HTTPException
from pathlib import Path

import click

from compare.commands import usage
from compare.commands.usage import ExitCode
from compare.contract import Paradigm, Server, WaitThread
from compare.harness import recorded
from compare.harness.servers import ServerError, serve
from compare.records import Contestant
from compare.screen.onepage import one_page


@click.command()
@click.option(
    "--export", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file."
)
@click.option(
    "--server", type=usage.choice(Server), default=str(Server.AIOHTTP), show_default=True, help="Which one."
)
@click.option("--requests", type=click.IntRange(1, 200), default=20, show_default=True, help="Sent at once.")
@click.option(
    "--wait", "wait_s", type=click.FloatRange(0.1, 3), default=0.5, show_default=True, help="Seconds each."
)
def command(target: Path, server: str, requests: int, wait_s: float) -> int:
    """Record a crowd by each way of waiting and write a page that plays it, without a server."""
    few = min(requests, 4)  # they wait one after the other: more would be a long film of one bar
    crowds = [(one, few if one.thread is WaitThread.LOOP else requests) for one in Paradigm]
    try:
        with serve(Contestant(Server(server), Paradigm.NATIVE)) as running:
            files = recorded.page_files(running.ready.url)
            seen = recorded.record(running.ready.url, crowds, wait_s)
    except (ServerError, OSError, HTTPException) as error:
        raise click.ClickException(f"Nothing was recorded: {error}") from error
    page = one_page(files, seen)
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"Cannot write {target}: {error.strerror}.") from error
    click.echo(f"Wrote {target} ({len(page) / 1000:.0f} kB): open it in a browser.")
    return ExitCode.DONE
