"""`compare pythons`: environments in which servers run on other Pythons."""

from pathlib import Path

import click

from compare.commands.usage import ExitCode
from compare.processes import environments, interpreters
from compare.processes.interpreters import Interpreter, InterpreterError


@click.group()
def command() -> None:
    """Make environments for other Pythons, and say what each is once a server's modules are imported."""


@command.command()
@click.argument("python")
def add(python: str) -> int:
    """Make an environment for PYTHON, a version such as 3.13 or 3.14t or a path, with this environment's packages."""
    try:
        found = environments.add(python)
    except InterpreterError as error:
        raise click.ClickException(str(error)) from error
    click.echo(described(found))
    return ExitCode.DONE


@command.command(name="list")
def listed() -> int:
    """Say what each environment that was made is."""
    folders = sorted(path for path in Path(interpreters.ENVIRONMENTS).glob("*") if path.is_dir())
    if not folders:
        click.echo("There is no environment yet: `compare pythons add 3.13` makes one.")
    for folder in folders:
        try:
            click.echo(described(interpreters.find(folder.name)))
        except InterpreterError as error:
            click.echo(str(error))
    return ExitCode.DONE


def described(found: Interpreter) -> str:
    """Return one line about an interpreter."""
    gil = "with a GIL" if found.gil else "without a GIL"
    packages = ", ".join(
        f"{name} {found.versions[name]}" for name in ("aiohttp", "tornado") if name in found.versions
    )
    return f"{found.tag}: {found.implementation} {found.version} {gil}, {packages} ({found.path})"
