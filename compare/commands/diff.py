"""`compare diff`: say what changed between two runs."""

import math
import sys
from pathlib import Path

import click

from compare import records
from compare.commands import usage
from compare.commands.usage import ExitCode
from compare.report import diff as differ
from compare.screen.folding import folded


@click.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--anyway", is_flag=True, help="Compare although the machines differ.")
@click.option(
    "--fail-above", type=usage.share, metavar="5%", help="Exit code 3 when anything got worse by more."
)
@click.option("--markdown", is_flag=True, help="Print Markdown, with a table of every comparison.")
def command(base: Path, new: Path, *, anyway: bool, fail_above: float | None, markdown: bool) -> int:
    """Say what changed from the results folder BASE to NEW, and refuse to when their machines are unlike."""
    found = differ.diff(records.read(base), records.read(new), anyway=anyway)
    if markdown:
        click.echo(differ.markdown(found), nl=False)
    else:
        for sentence in [*differ.words(found), *found.changed_versions]:
            click.echo(folded(f"- {sentence}", sys.stdout))
    if fail_above is not None and found.worst_regression > fail_above:
        worst = found.worst_regression
        how = "Worse beyond any share" if math.isinf(worst) else f"Worse by {worst:.1%}"
        click.echo(f"{how}, more than {fail_above:.1%} allowed.", err=True)
        return ExitCode.UNRELIABLE
    return ExitCode.DONE
