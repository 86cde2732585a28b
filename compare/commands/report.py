"""`compare report`: redraw a run from its files."""

from pathlib import Path

import click

from compare import findings, records
from compare.commands import runs
from compare.commands.usage import ExitCode

# Where a run that came with the repository is redrawn unless it is named: its own files are tracked, and stay.
REDRAWN = "redrawn"


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--open", "opening", is_flag=True, help="Open report.html when it is written.")
@click.option("--results", type=click.Path(path_type=Path), default="results", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write into this folder instead of RUN.")
def command(run: Path | None, *, opening: bool, results: Path, out: Path | None) -> int:
    """Redraw RUN, a results folder, from its files alone; without RUN the newest of your own.

    On a fresh clone that is the run that the README shows, redrawn into its folder `redrawn`.
    """
    folder = run or findings.newest(results)
    if folder is None:
        raise click.ClickException(f"There is no run in {results}; `compare bench` makes one.")
    kept, out = records.read(folder), out or (folder if run else _beside(folder, results))
    try:
        out.mkdir(parents=True, exist_ok=True)
        found = findings.finish(kept, out)
    except OSError as error:
        raise click.ClickException(
            f"Cannot write the report to {out}: {error.strerror}; name another folder, such as --out my-report."
        ) from error
    runs.show(found, out)
    if opening:
        click.launch(str(out / "report.html"))
    return ExitCode.DONE


def _beside(folder: Path, results: Path) -> Path:
    """Return where a run that nobody named is written: into its own folder, unless it came with the repository."""
    return folder / REDRAWN if folder.name in findings.listed(results / "README.md") else folder
