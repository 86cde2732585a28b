"""Where a run was made, told: its machines and where they disagree, lost rounds, what lay between hosts. Pure."""

import itertools
from collections.abc import Mapping, Sequence

from compare.analysis.decide import SMALLEST_EFFECT
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.units import seconds_text
from compare.records import Cell, Measurement, Run, Wire
from compare.report.verdict import link_text, name

ENOUGH = 3  # rounds on each machine, below which two ranges lie apart by chance too often


def say(run: Run) -> list[str]:
    """Return a sentence for each machine, row on which they disagree, lost round, and link between two hosts."""
    made = [one for one in run.measurements if one.machine and not one.superseded]
    by_machine: dict[str, list[Measurement]] = {}
    for one in made:
        by_machine.setdefault(one.machine, []).append(one)
    told = [_machine(machine, ones) for machine, ones in sorted(by_machine.items())]
    return [*told, *_disagreements(made), *_lost(run), *map(_wire, run.wires), *_wires(made)]


def _machine(machine: str, made: Sequence[Measurement]) -> str:
    where = made[0].environment
    rounds = ", ".join(str(number + 1) for number in sorted({one.cell.round for one in made}))
    about = f" ({where.cpu_model}, {where.cpus} CPUs, {where.kernel})" if where else ""
    return f"Machine {machine}{about} made {'round' if ',' not in rounds else 'rounds'} {rounds}."


def _disagreements(made: Sequence[Measurement]) -> list[str]:
    """Return a sentence for each row whose machines differ by more than rounds do: no figure of it is one machine's."""
    rows: dict[tuple[object, ...], dict[str, list[float]]] = {}
    cells: dict[tuple[object, ...], Cell] = {}
    for one in made:
        rate = one.figures.numbers.get(THROUGHPUT.name) if one.figures else None
        if rate is not None:
            key = (one.cell.experiment, one.cell.contestant, one.cell.load, one.cell.side)
            rows.setdefault(key, {}).setdefault(one.machine, []).append(rate)
            cells[key] = one.cell
    return [_apart(cells[key], rates) for key, rates in rows.items() if disagree(rates)]


def disagree(rates: Mapping[str, Sequence[float]]) -> bool:
    """Return whether two machines' ranges lie apart, by an effect that is worth naming and with rounds enough."""
    ranges = sorted((min(each), max(each)) for each in rates.values() if len(each) >= ENOUGH)
    return any(before[1] * (1 + SMALLEST_EFFECT) < after[0] for before, after in itertools.pairwise(ranges))


def _apart(cell: Cell, rates: Mapping[str, Sequence[float]]) -> str:
    told = ", ".join(
        f"{machine} {min(each):,.0f} to {max(each):,.0f}/s" for machine, each in sorted(rates.items())
    )
    return (
        f"{cell.experiment}: machines disagree on {name(cell.contestant)} by more than rounds do ({told}): "
        "its figures belong to no machine, and only its ratios hold."
    )


def _wires(made: Sequence[Measurement]) -> list[str]:
    """Return a sentence for each link of each machine of a cluster."""
    found = {(one.machine, one.cell.contestant.link): one.wire for one in made if one.wire}
    return [_wire(wire, f", on {machine}") for (machine, _), wire in found.items()]


def _wire(wire: Wire, where: str = "") -> str:
    return (
        f"Link {link_text(wire.link)} ({wire.kind}{where}): measured round trips of {seconds_text(wire.p50_s)} (p50) "
        f"and {seconds_text(wire.p99_s)} (p99), {wire.sent - wire.came_back} of {wire.sent} datagrams lost."
    )


def _lost(run: Run) -> list[str]:
    made = {(one.cell.experiment, one.cell.round) for one in run.measurements if not one.superseded}
    told = []
    for one in run.lost:
        again = (one.experiment, one.round) in made
        then = f"It was made again as attempt {one.attempt + 1}." if again else "It is missing."
        told.append(f"Round {one.round + 1} of {one.experiment} was lost: {one.reason} {then}")
    return told
