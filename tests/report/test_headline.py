import math

import pytest
from drawn import row
from made import BLOCKING, CALLBACK, NATIVE, cell, estimated, measurement, run, summary
from msgspec.structs import replace

from compare.analysis.decide import decisions
from compare.analysis.intervals import NOT_MEASURED
from compare.analysis.metrics import CPU
from compare.analysis.outcome import Outcome, reliability
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import Paradigm, Server
from compare.records import Contestant
from compare.report import headline

NONE = run([])
POOL = Contestant(Server.AIOHTTP, Paradigm.EXECUTOR)
WIDE = Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=1000)
TORNADO = Contestant(Server.TORNADO, Paradigm.NATIVE)
NAMES = ("native", "callback")


def at(contestant, rates, *, stopped=0, in_flight=1000, **more):
    """A row whose last `stopped` rounds collapsed."""
    made = row(rates[: len(rates) - stopped] or rates, contestant, in_flight, **more)
    whole = row(rates, contestant, in_flight, **more).rounds
    rounds = tuple(
        replace(one, outcome=Outcome.COLLAPSED) if number >= len(rates) - stopped else one
        for number, one in enumerate(whole)
    )
    return replace(made, rounds=rounds, reliability=reliability([one.silence for one in rounds]))


def strip(summary, *others, of=NONE):
    found = headline.strips([summary, *others], of)[summary.contestant.server]
    return next(one for one in found if one.paradigm is summary.contestant.paradigm)


def test_the_level_is_the_highest_that_most_contestants_share():
    both = [at(one, [5.0], in_flight=n) for one in (NATIVE, CALLBACK) for n in (10, 1000)]
    assert headline.level([*both, at(NATIVE, [5.0], in_flight=3000)]) == 1000
    assert headline.level([]) == 0


def test_a_round_whose_server_stopped_counts_0_in_the_median_and_is_told_first():
    found = strip(at(CALLBACK, [4302.0, 90.0, 80.0], stopped=2))
    assert (found.rates_rps, found.median_rps, found.stopped) == ((4302.0,), 0.0, 2)
    assert found.told == "2 of 3 stopped, else 4,302/s"
    assert strip(at(CALLBACK, [3.0, 2.0], stopped=2)).told == "2 of 2 stopped"


def test_the_number_beside_a_row_is_its_median_and_says_when_waiting_alone_decides_it():
    assert strip(at(NATIVE, [8000.0, 8100.0, 8900.0])).told == "8,100/s"
    pool = at(POOL, [60.0], warnings=(Warning.LIMITED_BY_WAIT,))
    assert strip(pool).told == "60/s, the ceiling"


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        (at(NATIVE, [80.0], valid=False), "invalid"),
        (row([], NATIVE, 1000, valid=False, failure="It broke."), "failed"),
    ],
)
def test_what_gave_no_result_says_so_and_comes_last(summary, told):
    each = headline.strips([summary, at(BLOCKING, [10.0])], NONE)[Server.AIOHTTP]
    assert [one.told for one in each] == ["10/s", told]


def test_rounds_that_do_not_count_are_counted():
    summary = at(NATIVE, [80.0, 81.0])
    rounds = [measurement(cell(NATIVE, summary.load, number)) for number in range(3)]
    assert strip(summary, of=run(rounds)).told == "80.5/s, 1 more invalid"


def test_the_fastest_is_first_in_one_order_on_both_servers_and_a_gap_is_said():
    found = headline.strips(
        [at(CALLBACK, [5.0]), at(WIDE, [7.0]), at(NATIVE, [9.0]), at(TORNADO, [2.0])], NONE
    )
    names = ["executor, 1,000 threads", "native", "callback"]
    assert [[one.label for one in each] for each in found.values()] == [names, names]
    assert [one.told for one in found[Server.TORNADO]] == ["not measured", "2/s", "not measured"]
    assert math.isnan(found[Server.TORNADO][0].median_rps)


def test_the_answer_begins_with_the_servers_that_stopped():
    native, callback = at(NATIVE, [9000.0, 9010.0, 9020.0]), at(CALLBACK, [3000.0] * 3 + [0.0], stopped=1)
    rows = [native, callback, at(WIDE, [3000.0] * 4)]
    said = headline.answer(rows, decisions([(native, at(CALLBACK, [3000.0, 3001.0, 3005.0]))]), NAMES)
    assert said == (
        "1 of 8 servers with 1,000 threads stopped answering. Native answers 3.0 times as many as callback."
    )
    assert headline.answer([at(NATIVE, [9.0, 8.0], stopped=1), callback], [], NAMES) == (
        "2 of 6 servers stopped answering."
    )


def test_the_answer_has_at_most_twenty_words_and_says_where_servers_disagree():
    aiohttp = (at(NATIVE, [9000.0, 9010.0, 9020.0]), at(CALLBACK, [3000.0, 3001.0, 3005.0]))
    tornado = tuple(
        replace(one, contestant=Contestant(Server.TORNADO, one.contestant.paradigm))
        for one in (at(NATIVE, [9000.0]), at(CALLBACK, [8000.0]))
    )
    found = decisions([tornado, aiohttp])
    cannot = "On tornado: one cannot tell native from callback (1 round)."
    said = headline.answer([], found, NAMES)
    assert said == f"On aiohttp: native answers 3.0 times as many as callback. {cannot}", (
        "what is decided first"
    )
    assert len(said.split()) == headline.MOST_WORDS
    died = [at(CALLBACK, [3000.0] * 3 + [0.0], stopped=1)]
    assert headline.answer(died, found, NAMES) == (
        "1 of 4 servers with 1,000 threads stopped answering. "
        "Native over callback: tornado cannot tell, aiohttp 3.0 times."
    ), "no server is left out for want of room"
    other = decisions([tornado[::-1]])[0]
    unsure = headline.answer([], [found[0], other], NAMES)
    assert unsure == "One cannot tell native from callback (1 round).", "whichever is ahead"
    same = decisions([(at(NATIVE, [500.0, 501.0, 502.0]), at(CALLBACK, [500.0, 501.0, 502.0]))])
    assert "Native and callback are the same within" in headline.answer([], same, NAMES)


def test_many_pairs_are_one_line_of_counts():
    pairs = [(at(NATIVE, [200.0, 201.0, 202.0]), at(CALLBACK, [100.0, 100.0, 101.0]))] * 2
    pairs += [(at(NATIVE, [100.0, 101.0, 100.0]), at(CALLBACK, [100.0, 100.0, 101.0]))]
    told = headline.tally(decisions(pairs), "native", "callback")
    assert told == "Native answers 2.0 times as many as callback in 2 of 3; the same within 10% in 1 of 3."
    pairs += [(at(NATIVE, [100.0]), at(CALLBACK, [90.0]))]
    told = headline.tally(decisions(pairs), "native", "callback")
    assert told == "Native against callback: more in 2, the same in 1, cannot tell in 1."
    told = headline.tally(decisions(pairs[-1:]), "native", "callback")
    assert told == "One cannot tell in 1 of 1 (1.11 times, 1 round)."
    assert headline.tally([], "a", "b") == "No pair could be compared."


def test_a_cost_is_told_at_the_largest_load_only():
    def row_of(contestant, cpu, in_flight):
        return estimated(summary([100.0] * 3, contestant, in_flight, cpu=cpu), throughput_rps=NOT_MEASURED)

    pairs = [
        (row_of(NATIVE, [0.1, 0.1, 0.1], n), row_of(CALLBACK, [0.1 * n, 0.1 * n, 0.1 * n], n)) for n in (1, 3)
    ]
    told = headline.costs(decisions(pairs, CPU), NAMES)
    assert told == "Callback's CPU per request is 3.0 times native's at 3 in flight."
