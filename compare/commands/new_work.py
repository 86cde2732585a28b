"""`compare new-work`: write a commented work of the user's own, with its test."""

from pathlib import Path

import click

from compare.commands.usage import ExitCode, typed
from compare.work.template import new_work


@click.command()
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), default=".", help="Where to; default here.")
def command(name: str, folder: Path) -> int:
    """Write NAME.py, a long I/O of your own to fill in, and its test."""
    written = new_work(name, folder, typed())
    for path in written:
        click.echo(f"Wrote {path}")
    click.echo(f"Measure it with: {typed()} bench --work {name}:work")
    return ExitCode.DONE
