"""`compare selftest`: say whether generator and machine can be relied on, here and now."""

from collections.abc import Iterator

import click
from rich.table import Table

from compare import selftest
from compare.commands.usage import ExitCode
from compare.screen import tables
from compare.selftest import Check


@click.command()
@click.option(
    "--long",
    "long_",
    is_flag=True,
    help="Also compare a server 20 times each with itself and with one slowed by 10 and by 25 %: minutes more.",
)
def command(*, long_: bool) -> int:
    """Check generator and machine against what is known beforehand, in about 40 seconds.

    Exit code 1 when results from here could not be relied on.
    """
    console = tables.console()
    checks: list[Check] = []
    with console.status("checking") as status:
        for check in _made(long_=long_):
            checks.append(check)
            status.update(f"checked: {check.what}")
    console.print(table(checks))
    click.echo(sentence(checks))
    return ExitCode.DONE if all(check.ok for check in checks) else ExitCode.FAILED


def _made(*, long_: bool) -> Iterator[Check]:
    yield from selftest.run()
    if long_:
        yield from selftest.run_long()


def table(checks: list[Check]) -> Table:
    """Return one row per check."""
    shown = tables.plain()
    for heading in ("check", "wanted", "found", ""):
        shown.add_column(heading)
    for check in checks:
        shown.add_row(check.what, check.wanted, check.found, "ok" if check.ok else "FAILED")
    return shown


def sentence(checks: list[Check]) -> str:
    """Return whether this machine can be vouched for, and if not why."""
    failed = [check.what for check in checks if not check.ok]
    if not failed:
        return "Results measured on this machine, as it is now, can be relied on."
    return (
        f"This machine cannot be vouched for now: {', '.join(failed)}. Close what else runs, and try again."
    )
