"""What a kept run says, shown on the screen."""

import sys
from pathlib import Path

import click

from compare.findings import Findings
from compare.screen import tables
from compare.screen.folding import folded
from compare.screen.visible import visible


def show(findings: Findings, folder: Path) -> None:
    """Print rows, the answer in one line, sentences, doubts, what was not measured, and where the charts are."""
    console = tables.console()
    for experiment, sentences in findings.sentences.items():
        rows = [summary for summary in findings.summaries if summary.experiment == experiment]
        console.print(tables.results(experiment, rows, console.width), crop=False)
        click.echo()
        if experiment in findings.answers:
            click.echo(f"{folded(findings.answers[experiment], sys.stdout)}\n")
        for sentence in [*sentences, *findings.doubts[experiment]]:
            click.echo(folded(f"- {sentence}", sys.stdout))
        click.echo()
    for sentence in [*findings.not_measured, *findings.not_drawn]:
        click.echo(folded(f"- {sentence}", sys.stdout))
    charts = [file for file in findings.files if file.suffix == ".png"]
    for file in charts:
        click.echo(visible(f"Chart:  {file}"))
    click.echo(visible(f"Report: {folder / 'report.html'}"))
