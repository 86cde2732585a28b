"""One load from several machines, as `compare load --cluster` reports it: the pool, and a row for each machine.

A machine whose generator was unfit spoils the pool, because the target then had another load than the one asked for.
"""

from collections.abc import Collection, Sequence
from typing import Any

from rich.table import Table

from compare.analysis import pooling
from compare.analysis.pooling import Stretch
from compare.analysis.units import seconds_text
from compare.commands import load_report
from compare.commands.load_report import LoadReport
from compare.engine.joint import Pressed
from compare.harness.load import LoadResult
from compare.records import Arrivals, GeneratorReport, Open

UNSURE = 0.01  # of the window: clocks that are known no better are a warning
APART, APART_S = 1.5, 1e-3  # medians of two machines that are further apart than by both are told


class MachineReport(LoadReport, frozen=True, kw_only=True):
    """What one machine's generator gave, of its own window, and its clock.

    `clock_ahead_s` is how far its clock is ahead of that of the machine with the command, `clock_unsure_s` how far that
    may be from the truth, `clock_drift_s` by how much it gained meanwhile; `opened_s` is when its window opened after
    that of the first machine.
    """

    name: str
    clock_ahead_s: float
    clock_unsure_s: float
    clock_drift_s: float
    opened_s: float


class PoolReport(LoadReport, frozen=True, kw_only=True):
    """What the machines gave together; `overlap` is the share of the longest window that is common to all."""

    overlap: float
    machines: tuple[MachineReport, ...]


def pool(pressed: Sequence[Pressed]) -> LoadResult:
    """Return what `pressed` gave as if one generator had sent it all; raises ApartError."""
    reports = [one.result.report for one in pressed]
    samples = pooling.pooled(_stretches(pressed))
    opens_s = max(one.opens_s for one in pressed)
    return LoadResult(
        samples,
        None,
        GeneratorReport(
            max(one.cpu_share for one in reports),
            sum(one.connections for one in reports),
            sum(one.reconnects for one in reports),
            tuple(sorted({note for one in reports for note in one.notes})),
        ),
        (opens_s, opens_s + samples.window_s),
        pressed[0].result.certificate,
        pressed[0].result.keep_alive,
        any(one.result.cut for one in pressed),
    )


def of(
    url: str, load: Open, result: LoadResult, pressed: Sequence[Pressed], expected: Collection[int] = ()
) -> PoolReport:
    """Return the report of `result`, the pool of `pressed`, and of each machine."""
    whole = load_report.of(url, load, result, expected, schedules=len(pressed))
    first_s = min(one.opens_s for one in pressed)
    machines = tuple(
        MachineReport(
            **_fields(load_report.of(url, one.part.load, one.result, expected)),
            name=one.name,
            clock_ahead_s=one.ahead_s,
            clock_unsure_s=one.unsure_s,
            clock_drift_s=one.drift_s,
            opened_s=one.opens_s - first_s,
        )
        for one in pressed
    )
    unfit = [
        f"{one.name} was unfit, so the pool is invalid: {_reasons(one)}" for one in machines if not one.valid
    ]
    told = _fields(whole) | {
        "valid": whole.valid and not unfit,
        "warnings": (*unfit, *whole.warnings, *_of_clocks(load, result, machines), *_of_distance(machines)),
    }
    return PoolReport(**told, overlap=pooling.overlap(_stretches(pressed)), machines=machines)


def table(result: LoadResult, pressed: Sequence[Pressed], expected: Collection[int] = ()) -> Table:
    """Return the percentiles of the pool, and the responses that each machine saw."""
    shown = load_report.table(result, expected)
    shown.add_section()
    for one in pressed:
        load_report.add_response(shown, f"response, {one.name}", one.result, expected)
    return shown


def rows(report: PoolReport) -> list[str]:
    """Return one line for each machine: what it sent, and its clock."""
    return [
        f"{one.name}: {one.throughput_rps:,.1f} successes a second, generator at {one.generator_cpu_share:.0%} of its "
        f"core, lag p99 {_text(one.lag_s.p99)}; clock known to {seconds_text(one.clock_unsure_s)}, window opened "
        f"{seconds_text(one.opened_s)} after the first."
        for one in report.machines
    ]


def _stretches(pressed: Sequence[Pressed]) -> list[Stretch]:
    return [Stretch(one.result.samples, one.opens_s) for one in pressed]


def _fields(report: LoadReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in LoadReport.__struct_fields__}


def _reasons(one: MachineReport) -> str:
    return " ".join(one.warnings) or "it says no more."


def _of_clocks(load: Open, result: LoadResult, machines: Sequence[MachineReport]) -> list[str]:
    """Return what the clocks leave open: the window's edges, and how evenly the machines took turns."""
    worst = max(machines, key=lambda one: one.clock_unsure_s)
    known = f"The clock of {worst.name} is known to {seconds_text(worst.clock_unsure_s)} only"
    found = []
    if worst.clock_unsure_s > UNSURE * result.samples.window_s:
        found.append(f"{known}, more than {UNSURE:.0%} of the window: the machines may have begun apart.")
    if load.arrivals is Arrivals.CONSTANT and worst.clock_unsure_s > 1 / load.rate_rps and len(machines) > 1:
        found.append(f"{known}: requests are not evenly spaced beyond that.")
    return found


def _of_distance(machines: Sequence[MachineReport]) -> list[str]:
    """Return whether machines see responses that differ much: another distance, or a machine that is not well."""
    known = [(one.response_s.p50, one.name) for one in machines if one.response_s.p50 is not None]
    if len(known) < 2:
        return []
    (near_s, near), (far_s, far) = min(known), max(known)
    if far_s <= APART * near_s or far_s - near_s <= APART_S:
        return []
    return [
        (
            f"The median response is {seconds_text(near_s)} at {near} and {seconds_text(far_s)} at {far}: read the "
            "machines' rows, since the pool mixes distances."
        )
    ]


def _text(value_s: float | None) -> str:
    return "n/a" if value_s is None else seconds_text(value_s)
