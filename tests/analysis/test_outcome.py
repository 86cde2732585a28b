import math

import pytest
from made import NAN, answered, cell, closed_loop, measurement, run, samples
from msgspec.structs import replace

from compare.analysis.metrics import COLLAPSED_AFTER, EXPOSURE, THREADS, UNANSWERED
from compare.analysis.outcome import Outcome, Reliability, reliability, silence
from compare.analysis.rounds import figures, with_figures
from compare.analysis.summary import summarise
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.records import SampleStatus
from compare.report import table, verdict


def dies(last_s: float, window_s: float = 1.0, end_s: float = 3.5, connections: int = 10):
    """Connections answered every 100 ms until `last_s`, then never again."""
    rows = [
        row
        for row in zip(*_columns(closed_loop(connections, 0.1, window_s)), strict=True)
        if row[2] <= last_s
    ]
    sent = max((row[2] for row in rows), default=-0.05)
    rows += [(sent, sent, NAN, SampleStatus.UNANSWERED, NAN)] * connections
    return samples(rows, window_s, end_s)


def _columns(stamps):
    return stamps.intended_s, stamps.sent_s, stamps.done_s, stamps.status, stamps.io_s


def pings(until_s: float, end_s: float = 3.5):
    rows = [answered(n / 50, 0.002) if n / 50 < until_s else (n / 50, n / 50, NAN, 0, NAN) for n in range(50)]
    return samples(rows, 1.0, end_s)


def of(stamps, bystander=None, wait_s=0.1, warmup_s=0.5):
    return silence(stamps, bystander, wait_s, warmup_s)


def test_a_server_that_answers_everything_answered():
    found = of(closed_loop(10, 0.1), pings(1.0))
    assert found.outcome is Outcome.ANSWERED
    assert found.longest_s < 0.03
    assert math.isnan(found.collapsed_after_s)
    assert found.unanswered == 0


def test_a_server_that_stops_for_good_collapsed_and_when_is_known():
    found = of(dies(0.4))
    assert found.outcome is Outcome.COLLAPSED
    assert found.collapsed_after_s == pytest.approx(0.9, abs=0.011)
    assert found.longest_s == pytest.approx(3.1, abs=0.02)
    assert found.unanswered == 10
    assert found.exposure_s == pytest.approx(4.0)


def test_requests_from_before_the_window_that_are_never_answered_are_a_collapse_and_counted():
    found = of(dies(-1.0))
    assert found.outcome is Outcome.COLLAPSED
    assert found.collapsed_after_s == pytest.approx(0.5)
    assert found.unanswered == 10


@pytest.mark.parametrize(
    ("bystander", "outcome"), [(pings(1.0, 1.9), "answered"), (pings(0.4, 1.9), "collapsed")]
)
def test_a_bystander_that_is_answered_is_life(bystander, outcome):
    found = of(dies(0.4, end_s=1.9), bystander)
    assert found.outcome is (Outcome.COLLAPSED if outcome == "collapsed" else Outcome.STALLED)


@pytest.mark.parametrize(("end_s", "collapsed"), [(1.35, False), (1.45, True)])
def test_a_silence_to_the_end_must_last_ten_waits_and_a_second(end_s, collapsed):
    assert (of(dies(0.4, end_s=end_s)).outcome is Outcome.COLLAPSED) is collapsed
    assert (of(dies(0.4, end_s=end_s), wait_s=0.01).outcome is Outcome.COLLAPSED) is collapsed
    assert (of(dies(0.4, end_s=2.3), wait_s=0.2).outcome is Outcome.COLLAPSED) is False
    assert (of(dies(0.4, end_s=2.5), wait_s=0.2).outcome is Outcome.COLLAPSED) is True


@pytest.mark.parametrize(("silent_s", "outcome"), [(0.25, Outcome.ANSWERED), (0.35, Outcome.STALLED)])
def test_a_silence_of_three_waits_that_ends_is_a_stall(silent_s, outcome):
    rows = [answered(start, 0.1) for start in (0.0, 0.1, 0.2)] + [answered(0.3, silent_s)]
    assert of(samples(rows)).outcome is outcome
    assert of(samples(rows)).longest_s == pytest.approx(silent_s)


def test_silence_while_nobody_waits_is_none():
    rows = [answered(0.0, 0.1), answered(0.9, 0.1)]
    assert of(samples(rows)).longest_s == pytest.approx(0.1)


def test_what_waited_through_the_answers_to_others_waited_all_that_time():
    assert of(samples([answered(0.0, 0.35)])).longest_s == pytest.approx(0.35)
    rows = [answered(0.0, 0.9), answered(0.5, 0.1)]  # the first waits until 0.9, the second ends its silence
    assert of(samples(rows)).longest_s == pytest.approx(0.6)
    never = (0.0, 0.0, NAN, SampleStatus.UNANSWERED, NAN)
    found = of(samples([never, answered(0.8, 0.1)], end_s=1.0))
    assert (found.longest_s, found.outcome) == (pytest.approx(0.9), Outcome.STALLED)
    found = of(samples([(0.7, 0.7, NAN, SampleStatus.UNSENT, NAN), answered(0.1, 0.1)], end_s=1.4))
    assert (found.longest_s, found.unanswered) == (pytest.approx(0.7), 1)


def test_the_moment_at_which_waiting_was_given_up_is_no_answer():
    given_up = [(0.0, 0.0, 0.5, SampleStatus.UNANSWERED, NAN), (0.0, NAN, 0.5, SampleStatus.UNSENT, NAN)]
    found = of(samples(given_up, end_s=2.0))
    assert (found.outcome, found.longest_s) == (Outcome.COLLAPSED, pytest.approx(2.0))


def test_a_refused_connection_ends_the_waiting():
    rows = [(0.0, 0.0, 0.01, SampleStatus.REFUSED, NAN)] * 3
    assert of(samples(rows, end_s=5.0)).outcome is Outcome.ANSWERED


def three_rounds():
    made = [measurement(cell(round_=number), closed_loop(10, 0.125)) for number in range(2)]
    return [*made, measurement(cell(round_=2), dies(0.4))]


def test_a_collapse_is_no_invalid_round_and_takes_no_part_in_the_speed_while_it_answers():
    (row,) = summarise(run(three_rounds()))
    assert row.valid
    assert Warning.COLLAPSED in row.warnings
    assert (row.reliability.collapsed, row.reliability.servers) == (1, 3)
    assert row.throughput_rps.value == pytest.approx(80, abs=2)
    assert row.throughput_rps.rounds == 2
    assert row.with_collapses.rounds == 3
    assert row.with_collapses.low == pytest.approx(40, abs=11)
    assert row.response.p50.value_s == pytest.approx(0.125)
    assert table.stopped_text(row) == "1 of 3"
    assert row.reliability.unanswered == 10
    (sentence,) = verdict.collapses([row])
    assert sentence.startswith(
        "aiohttp native at 10 in flight answers 80/s while it answers, and stopped answering "
    )
    assert "in 1 of 3 fresh servers" in sentence
    assert "10 never answered" in sentence


def test_a_dead_window_counts_as_zero_and_its_row_is_a_result():
    made = [measurement(cell(round_=number), dies(-1.0)) for number in range(3)]
    (row,) = summarise(run(made))
    assert row.valid
    assert row.with_collapses.value == 0
    assert row.throughput_rps.value == 0
    (sentence,) = verdict.collapses([row])
    assert "stopped answering in each of 3 fresh servers" in sentence
    assert [error.kind for error in row.errors] == ["unanswered from before the window"]


def test_counts_over_rounds_add_up():
    rounds = [of(closed_loop(10, 0.1)), of(dies(0.4)), of(dies(0.2))]
    found = reliability(rounds)
    assert (found.servers, found.collapsed, found.unanswered) == (3, 2, 20)
    assert found.collapsed_after_s == tuple(sorted(found.collapsed_after_s))
    assert found.longest_silence_s == rounds[0].longest_s  # of the one that lived
    assert found.exposure_s == pytest.approx(sum(one.exposure_s for one in rounds))
    assert Reliability(1, 1, collapsed_after_s=(0.1,)).words == "stopped answering in the one fresh server"
    assert Reliability(5, 0).words == ""
    assert Reliability(2, 2).words == "stopped answering in each of 2 fresh servers"
    assert reliability(rounds[1:]).longest_silence_s == 0
    stalled = of(samples([answered(0.0, 0.5)]))
    assert (reliability([stalled, *rounds]).stalled, reliability(rounds).stalled) == (1, 0)


def test_the_outcome_outlives_the_samples():
    where = run([]).environment
    whole = with_figures(three_rounds()[2], where)
    light = figures(replace(whole, samples=None), where)
    assert (light.outcome, light.silence.unanswered) == (Outcome.COLLAPSED, 10)
    known = of(dies(0.4), warmup_s=whole.cell.load.warmup_s)
    assert light.silence.collapsed_after_s == pytest.approx(known.collapsed_after_s)
    assert figures(whole, where).silence.collapsed_after_s == pytest.approx(known.collapsed_after_s)


def test_what_a_round_that_stopped_left_is_in_its_row_though_its_speed_is_not():
    (row,) = summarise(run(three_rounds()))
    assert row.of(COLLAPSED_AFTER).value == pytest.approx(row.load.warmup_s + 0.4, abs=0.011)
    assert (row.of(UNANSWERED).low, row.of(UNANSWERED).high) == (0, 10)
    assert row.of(EXPOSURE).rounds == 3
    assert row.of(THREADS).rounds == 2


def test_a_collapse_counts_though_a_quieter_try_superseded_its_round():
    again = [replace(one, rerun=True) for one in three_rounds()[:2]]
    first = replace(three_rounds()[2], cell=cell(round_=0), superseded=True)
    (row,) = summarise(run([first, *again]))
    assert (row.reliability.collapsed, row.reliability.servers) == (1, 3)
    assert row.throughput_rps.rounds == len(row.rounds) == 2
    assert not row.dead


def test_a_server_that_answered_counts_though_a_quieter_try_superseded_its_round():
    answered, _, stopped = three_rounds()
    first = replace(answered, cell=cell(round_=0), superseded=True)
    (row,) = summarise(run([first, replace(stopped, cell=cell(round_=0), rerun=True)]))
    assert row.reliability.words == "stopped answering in 1 of 2 fresh servers"
    assert row.dead
