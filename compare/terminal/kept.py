"""Runs kept in results folders, for commands that are given one."""

from pathlib import Path

import click

from compare import records
from compare.records import RecordsError, Run


def read(folder: Path) -> Run:
    """Return the run in `folder`; what is wrong with it ends the command with its sentence."""
    try:
        return records.read(folder)
    except RecordsError as error:
        raise click.ClickException(str(error)) from error
