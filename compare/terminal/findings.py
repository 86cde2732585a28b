"""What a run says, on the screen: rows, sentences, doubts, and where the charts are."""

from pathlib import Path

import click

from compare.bench import Findings
from compare.terminal import tables


def show(findings: Findings, folder: Path) -> None:
    """Print rows, sentences, doubts, and where the charts are."""
    console = tables.console()
    for experiment, sentences in findings.sentences.items():
        rows = [summary for summary in findings.summaries if summary.experiment == experiment]
        console.print(tables.results(experiment, rows, console.width))
        for sentence in [*sentences, *findings.doubts[experiment]]:
            click.echo(f"- {sentence}")
        click.echo()
    charts = [file for file in findings.files if file.suffix == ".png"]
    for file in charts:
        click.echo(f"Chart:  {file}")
    click.echo(f"Report: {folder / 'report.html'}")
