"""What is told of a run on several machines."""

import pytest
from drawn import made
from msgspec.structs import replace

from compare.analysis.rounds import with_figures
from compare.contract import Paradigm, Server
from compare.experiments.options import Options
from compare.records import Link, LostRound, Wire
from compare.report import machines

ONE = Options(servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,), concurrency=(10,))


@pytest.fixture(scope="module")
def run():
    """Six rounds of one row, three on each of two machines."""
    run = made("concurrency", ONE, rounds=6).run
    return replace(
        run,
        measurements=tuple(
            replace(
                with_figures(one, run.environment),
                machine="ab"[one.cell.round % 2],
                environment=run.environment,
            )
            for one in run.measurements
        ),
    )


def faster(run, machine, factor):
    def changed(one):
        if one.machine != machine:
            return one
        numbers = one.figures.numbers | {"throughput_rps": one.figures.numbers["throughput_rps"] * factor}
        return replace(one, figures=replace(one.figures, numbers=numbers))

    return replace(run, measurements=tuple(map(changed, run.measurements)))


def test_a_run_of_one_machine_says_nothing(run):
    here = replace(run, measurements=tuple(replace(one, machine="") for one in run.measurements))
    assert machines.say(here) == []


def test_each_machine_and_its_rounds_are_told(run):
    first, second = machines.say(run)[:2]
    assert first.startswith("Machine a (simulated CPU, 2 CPUs, ")
    assert first.endswith(" made rounds 1, 3, 5.")
    assert second.endswith(" made rounds 2, 4, 6.")


def test_machines_that_differ_by_more_than_rounds_do_are_told_with_their_figures(run):
    assert not any("disagree" in sentence for sentence in machines.say(run))
    (told,) = [sentence for sentence in machines.say(faster(run, "b", 2.0)) if "disagree" in sentence]
    assert told.startswith("concurrency: machines disagree on aiohttp native by more than rounds do (a ")
    assert told.endswith("its figures belong to no machine, and only its ratios hold.")


@pytest.mark.parametrize(
    ("rates", "apart"),
    [
        ({"a": [100, 105, 110], "b": [105, 110, 120]}, False),
        ({"a": [100, 105, 110], "b": [111, 115, 120]}, False),  # apart by less than is worth naming
        ({"a": [100, 105, 110], "b": [140, 150, 160]}, True),
        ({"a": [100, 105, 110], "b": [140, 150]}, False),  # two rounds lie apart by chance too often
        ({"a": [100, 150, 200], "b": [120, 130, 150], "c": [300, 310, 320]}, True),
    ],
)
def test_machines_disagree_when_their_ranges_do_not_overlap(rates, apart):
    assert machines.disagree(rates) is apart


def test_a_lost_round_is_told_and_whether_it_was_made_again(run):
    lost = [LostRound("concurrency", number, 1, "b", "b was lost while it measured.") for number in (1, 7)]
    told = machines.say(replace(run, lost=tuple(lost)))
    assert (
        "Round 2 of concurrency was lost: b was lost while it measured. It was made again as attempt 2."
        in told
    )
    assert "Round 8 of concurrency was lost: b was lost while it measured. It is missing." in told


def test_what_lay_between_two_hosts_is_told_as_it_was_measured(run):
    wire = Wire(Link(0.005, 0.01), "wire", 200, 196, 0.0052, 0.0061)
    assert machines.say(replace(run, wires=(wire,)))[-1] == (
        "Link 5 ms away, 1% lost (wire): measured round trips of 5.20 ms (p50) and 6.10 ms (p99), "
        "4 of 200 datagrams lost."
    )


def test_of_a_cluster_each_machines_own_link_is_told_once(run):
    near, far = (Wire(Link(0.005), "wire", 200, 200, p50_s, 0.0061) for p50_s in (0.0052, 0.0058))
    wires = {"a": near, "b": far}
    there = tuple(
        replace(
            one,
            wire=wires[one.machine],
            cell=replace(one.cell, contestant=replace(one.cell.contestant, link=near.link)),
        )
        for one in run.measurements
    )
    assert machines.say(replace(run, measurements=there))[-2:] == [
        f"Link 5 ms away (wire, on {machine}): measured round trips of {p50} ms (p50) and 6.10 ms (p99), "
        "0 of 200 datagrams lost."
        for machine, p50 in (("a", "5.20"), ("b", "5.80"))
    ]
