"""`compare report`: redraw a run from its files."""

from pathlib import Path

import click

from compare import bench as benchmark
from compare.commands import runs
from compare.commands.usage import ExitCode


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--open", "opening", is_flag=True, help="Open report.html when it is written.")
@click.option("--results", type=click.Path(path_type=Path), default="results", show_default=True)
def command(run: Path | None, *, opening: bool, results: Path) -> int:
    """Redraw RUN, a results folder, from its files alone; without RUN the newest."""
    folder = run or benchmark.newest(results)
    if folder is None:
        raise click.ClickException(f"There is no run in {results}; `compare bench` makes one.")
    findings = benchmark.finish(runs.read(folder), folder)
    runs.show(findings, folder)
    if opening:
        click.launch(str(folder / "report.html"))
    return ExitCode.DONE
