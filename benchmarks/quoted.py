"""Write what README.md and docs/gil-collapse.md quote from committed runs anew, or say where they differ.

    python -m benchmarks.quoted RUN...    quote these runs in the place of those quoted so far
    python -m benchmarks.quoted           write again what the runs named in the pages say
    python -m benchmarks.quoted --check   change nothing; exit code 1 where a page and its runs differ

A quoted part stands between `<!-- quoted PART from RUN -->` and `<!-- end of PART -->`. A run replaces another in the
parts whose experiment it holds; of several such runs the last one counts. The questions are quoted from several runs,
oldest first: each experiment from the last one that holds it.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from compare import records
from compare.analysis.metrics import BYSTANDER_P50, CEILING_SHARE, CPU
from compare.analysis.paired import with_floor
from compare.analysis.summary import Summary, summarise
from compare.analysis.units import seconds_text
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import Paradigm
from compare.experiments import catalogue, concurrency, switch
from compare.records import Run
from compare.report import advice, headline, table
from compare.report.escaping import markdown
from compare.report.verdict import name

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "gil-collapse.md")
QUOTED = re.compile(
    r"(?s)<!-- quoted (?P<part>\w+) from (?P<runs>[^>]+) -->\n(?P<text>.*?)<!-- end of (?P=part) -->"
)


@dataclass(frozen=True)
class Quoted:
    """A run as it is quoted: its rows, and the path from a page to its folder."""

    run: Run
    rows: Sequence[Summary]
    path: str  # as the page links to it

    def of(self, experiment: str) -> list[Summary]:
        """Return the rows of one experiment."""
        return [row for row in self.rows if row.experiment == experiment]


def picture(one: Quoted) -> str:
    """Return the first picture of a run, and where and how it was measured."""
    where, rows = one.run.environment, headline.at_level(one.of(concurrency.NAME))
    rounds = max(len(row.rounds) for row in rows)
    level, source = headline.level(rows), f"[its rows]({one.path}/summary.md)"
    alt = (
        f"Answers a second at {level:,} in flight: a mark for each fresh server, a cross for one that stopped"
    )
    return (
        f"![{alt}]({one.path}/concurrency-headline.png)\n\n"
        f"*Measured by `{one.run.command}` on {where.cpus} CPUs of {markdown(where.cpu_model)}, {where.implementation} "
        f"{where.python}: up to {rounds} rounds, a fresh server for each mark{_disturbed(one.run, rows)} ({source}).*\n"
    )


def _disturbed(run: Run, rows: Sequence[Summary]) -> str:
    """Return in how many rounds of `rows` something disturbed the machine, and how much slower it was."""
    noisy = [Warning.NOISY in each.warnings for row in rows for each in row.rounds]
    if not any(noisy):
        return ""
    slower = median(one.noise.spin_ratio for one in run.measurements if one.noise)
    how_many = "all of them" if all(noisy) else f"{sum(noisy)} of {len(noisy)}"
    return (
        f"; the machine was disturbed in {how_many}: a calculation that never changes took {slower:.1f} times as long "
        "as at its best (median)"
    )


def findings(one: Quoted) -> str:
    """Return three findings: what many threads do, what few do, what one blocking call does to everybody else."""
    rows = one.of(concurrency.NAME)
    top = headline.at_level(rows)
    level = headline.level(rows)
    stopped = sum(row.reliability.collapsed for row in top), sum(row.reliability.servers for row in top)
    answer = concurrency.answer(rows, one.run)
    count = "" if stopped[0] else f" None of {stopped[1]} servers stopped answering for good."
    told = [f"**At {level:,} in flight: {answer[:1].lower()}{answer[1:]}**{count} {_rates(top, one.run)}"]
    modest = [row for row in rows if row.in_flight == advice.MODEST and _free(row)]
    if modest:
        least = min(row.of(CEILING_SHARE).value for row in modest)
        told.append(
            f"**At {advice.MODEST} in flight the wait decides.** Every paradigm with a slot for each wait reaches "
            f"{least:.0%} or more of what it allows. CPU per answer over the two servers{_once(modest)}: `native` "
            f"{_span(modest, Paradigm.NATIVE)}, `callback` {_span(modest, Paradigm.CALLBACK)}."
        )
    least_level = min(
        (row.in_flight for row in rows if row.contestant.paradigm is Paradigm.BLOCKING), default=0
    )
    few = [row for row in rows if row.in_flight == least_level]
    if "n/a" in (_ping(few, Paradigm.BLOCKING), _ping(few, Paradigm.NATIVE)):
        return _numbered(told)
    told.append(
        f"**One blocking call holds up everybody else.** With {least_level:,} `blocking` "
        f"{'request' if least_level == 1 else 'requests'} always in flight the median `/ping` takes "
        f"{_ping(few, Paradigm.BLOCKING)}, with `native` in its place {_ping(few, Paradigm.NATIVE)}{_once(few)}."
    )
    return _numbered(told)


def _once(rows: Sequence[Summary]) -> str:
    return ", one round" if max(len(row.rounds) for row in rows) == 1 else ""


def _numbered(told: Sequence[str]) -> str:
    return "".join(f"{number}. {text}\n" for number, text in enumerate(told, 1))


def _rates(rows: Sequence[Summary], run: Run) -> str:
    """Return what native and a thread per request answer, on each server."""
    told = []
    for server, strips in headline.strips(rows, run).items():
        found = {strip.label: strip.told for strip in strips}
        some = [f"`{label}` {found[label]}" for label in ("native", "callback") if label in found]
        told.append(f"{server}: {', '.join(some)}")
    return f"({'; '.join(told)}.)"


def _free(row: Summary) -> bool:
    waits = row.contestant.paradigm is Paradigm.EXECUTOR and row.contestant.threads is None
    return row.valid and bool(row.rounds) and not waits and row.contestant.paradigm is not Paradigm.BLOCKING


def _span(rows: Iterable[Summary], paradigm: Paradigm) -> str:
    return _texts(row.of(CPU).value for row in rows if row.contestant.paradigm is paradigm)


def _ping(rows: Iterable[Summary], paradigm: Paradigm) -> str:
    return _texts(row.of(BYSTANDER_P50).value for row in rows if row.contestant.paradigm is paradigm)


def _texts(values_s: Iterable[float]) -> str:
    texts = [seconds_text(one) for one in sorted(values_s)]
    return " to ".join(dict.fromkeys((texts[0], texts[-1]))) if texts else "n/a"


def decisions(one: Quoted) -> str:
    """Return the table of advice."""
    lines = [f"| {row.client} | {row.load} | {row.use} | {row.because} |\n" for row in advice.table(one.rows)]
    return f"| your client | your load | use this | because |\n|---|---|---|---|\n{''.join(lines)}"


def questions(every: Sequence[Quoted]) -> str:
    """Return the question and the answer of each experiment, from the last run that holds it."""
    lines = []
    for key, one in _answering(every).items():
        experiment, figure = catalogue.EXPERIMENTS[key], FIGURES.get(key, key)
        question, answer = experiment.QUESTION.replace("|", "/"), experiment.answer(one.of(key), one.run)
        link = f"[{question}]({one.path}/{figure}.png)"
        lines.append(f"| {link} | {answer} | [`{key}`]({one.path}/summary.md) |\n")
    return f"| question | answer | its rows |\n|---|---|---|\n{''.join(lines)}"


def _answering(every: Sequence[Quoted]) -> dict[str, Quoted]:
    """Return the run to quote for each experiment but the first picture's and the switch's."""
    found = {key: [one for one in every if one.of(key)] for key in catalogue.EXPERIMENTS}
    return {
        key: runs[-1] for key, runs in found.items() if runs and key not in {concurrency.NAME, switch.NAME}
    }


FIGURES = {"latency": "latency-percentiles"}  # where a figure is not called as its experiment


def cures(one: Quoted) -> str:
    """Return what the switch interval, more CPUs and other numbers of threads changed, a line for each row."""
    lines = [
        f"| {name(row.contestant)} | {row.in_flight:,} | {_stopped(row)} | {_answers(row)} | "
        f"{_silence(row)} |\n"
        for row in one.of(switch.NAME)
    ]
    head = "| server | threads | stopped answering | answers/s while it answers | longest silence |\n"
    head += "|---|---|---|---|---|\n"
    where = one.run.environment
    rounds = max(len(row.rounds) for row in one.of(switch.NAME))
    how = f"`{one.run.command}`, {where.implementation} {where.python}, {where.cpus} CPUs"
    told = f"*{how}, {rounds} {'round' if rounds == 1 else 'rounds'} ([the run]({one.path}/summary.md)).*\n"
    return f"{switch.answer(one.rows, one.run)}\n\n{head}{''.join(lines)}\n{told}"


def _stopped(row: Summary) -> str:
    return f"{row.reliability.collapsed} of {row.reliability.servers}" if row.rounds else "failed"


def _silence(row: Summary) -> str:
    lived = row.reliability.servers > row.reliability.collapsed
    return seconds_text(row.reliability.longest_silence_s) if lived else "-"


def _answers(row: Summary) -> str:
    dead = row.reliability.collapsed == row.reliability.servers
    return "-" if dead or not row.valid else f"{row.throughput_rps.value:,.0f}"


# What makes each part of one run, and which experiment that must hold.
PARTS: dict[str, tuple[Callable[[Quoted], str], str]] = {
    "picture": (picture, concurrency.NAME),
    "findings": (findings, concurrency.NAME),
    "decisions": (decisions, concurrency.NAME),
    "cures": (cures, switch.NAME),
}


def rewritten(text: str, page: Path, replacements: Sequence[Path]) -> str:
    """Return `text` of `page` with every quoted part as its runs have it, or the last `replacements` that hold it."""

    def part(found: re.Match[str]) -> str:
        called, named = found["part"], [page.parent / one for one in found["runs"].split()]
        if called == "questions":
            every = [_read(folder, page) for folder in dict.fromkeys([*named, *replacements])]
            used = [one for one in every if one in _answering(every).values()]
            made = questions(used)
        else:
            make, experiment = PARTS[called]
            asked = [folder for folder in replacements if _holds(folder, experiment)]
            used = [_read([*named, *asked][-1], page)]
            made = make(used[0])
        runs = " ".join(one.path for one in used)
        return f"<!-- quoted {called} from {runs} -->\n{made}<!-- end of {called} -->"

    return QUOTED.sub(part, text)


def _read(folder: Path, page: Path) -> Quoted:
    run = records.read(folder)
    return Quoted(run, sorted(with_floor(summarise(run)), key=table.order), _relative(folder.resolve(), page))


def _relative(folder: Path, page: Path) -> str:
    up = "" if page.parent == ROOT else "../"
    return f"{up}{folder.relative_to(ROOT).as_posix()}"


def _holds(folder: Path, experiment: str) -> bool:
    return any(one.cell.experiment == experiment for one in records.read(folder).measurements)


def main() -> int:
    """Rewrite or check the pages; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    parser.add_argument("--check", action="store_true", help="change nothing")
    given = parser.parse_args()
    differ = []
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = rewritten(before, page, given.runs)
        if after != before:
            differ.append(page)
            if not given.check:
                page.write_text(after, encoding="utf-8")
    for page in differ:
        print(f"{page.relative_to(ROOT)}: {'differs from the runs it quotes' if given.check else 'written'}")
    return 1 if given.check and differ else 0


if __name__ == "__main__":
    sys.exit(main())
