"""`compare pythons`: environments in which servers run on other Pythons."""

from collections.abc import Sequence
from importlib import metadata, util
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


def chosen(named: Sequence[str], *, default: bool) -> dict[str, Interpreter]:
    """Return the interpreters that were named, by their tags; with `default` and none named, all that were made.

    Raises InterpreterError or click.UsageError, one sentence, when one cannot be used or there is none.
    """
    made = sorted(path.name for path in Path(interpreters.ENVIRONMENTS).glob("*") if path.is_dir())
    wanted = list(named) or (made if default else [])
    if default and not wanted:
        raise click.UsageError(
            "pythons compares interpreters: name one, such as --python 3.13 (`compare pythons add 3.13` makes it)."
        )
    found: dict[str, Interpreter] = {}
    for one in map(interpreters.find, wanted):
        if one.tag in found:
            raise click.UsageError(
                f"--python: {found[one.tag].path} and {one.path} are both {one.tag}: name one."
            )
        interpreters.check_alike(one, _versions())
        found[one.tag] = one
    return found


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in interpreters.COMPARED if util.find_spec(name)}


def described(found: Interpreter) -> str:
    """Return one line about an interpreter."""
    gil = "with a GIL" if found.gil else "without a GIL"
    packages = ", ".join(
        f"{name} {found.versions[name]}" for name in ("aiohttp", "tornado") if name in found.versions
    )
    return f"{found.tag}: {found.implementation} {found.version} {gil}, {packages} ({found.path})"
