import pytest
from drawn import draw, made

from compare.analysis.summary import summarise
from compare.contract import Paradigm, Server
from compare.experiments import latency
from compare.experiments.options import Options, Preset
from compare.harness import simulated
from compare.records import Arrivals, rate_rps

PAIR = Options(paradigms=(Paradigm.NATIVE, Paradigm.CALLBACK))


@pytest.fixture(scope="module")
def it():
    return made("latency", PAIR)


def test_the_first_stage_is_a_closed_loop_for_the_capacity_and_equal_rates_for_all():
    cells = latency.plan(Options())
    closed = [cell for cell in cells if rate_rps(cell.load) is None]
    opened = [cell for cell in cells if rate_rps(cell.load) is not None]
    assert {cell.contestant for cell in closed} == {cell.contestant for cell in opened}
    assert {rate_rps(cell.load) for cell in opened} == {500}
    assert {cell.load.arrivals for cell in opened} == {Arrivals.POISSON}


def test_both_trampolines_are_left_out_unless_asked_for():
    quick = {cell.contestant.paradigm for cell in latency.plan(Options(Preset.QUICK))}
    assert set(Paradigm) - quick == {Paradigm.GENERATOR, Paradigm.COROUTINE}
    assert {cell.contestant.paradigm for cell in latency.plan(Options())} == quick
    assert {cell.contestant.paradigm for cell in latency.plan(Options(Preset.FULL))} == set(Paradigm)
    asked = Options(paradigms=(Paradigm.GENERATOR,))
    assert {cell.contestant.paradigm for cell in latency.plan(asked)} == {Paradigm.GENERATOR}


def test_the_second_stage_asks_each_contestant_at_shares_of_its_own_capacity():
    first = summarise(simulated.run(latency.plan(PAIR), simulated.measurer(), 1))
    cells = latency.then(PAIR, first)
    capacity = {s.contestant: s.throughput_rps.value for s in first if s.rate_rps is None}
    assert len(cells) == 2 * len(capacity)
    for cell in cells:
        share = rate_rps(cell.load) / capacity[cell.contestant]
        assert min(abs(share - wanted) for wanted in (0.5, 0.8)) < 0.005


def test_a_contestant_without_a_valid_capacity_has_no_second_stage():
    assert latency.then(PAIR, []) == []


def test_a_share_is_found_again_from_the_rows(it):
    shares = [latency.share_of(row, it.summaries) for row in it.summaries]
    assert {share for share in shares if share} == {0.5, 0.8}
    equal = [row for row in it.summaries if row.rate_rps == 500]
    assert {latency.share_of(row, it.summaries) for row in equal} == {None}


def test_both_figures_are_drawn(it, tmp_path):
    assert draw("latency", it, tmp_path) == ["latency-percentiles", "latency-rate"]


def test_the_verdict_gives_percentiles_with_rate_and_share(it):
    told = latency.say(it.summaries)
    assert any("(80% of its capacity), aiohttp native takes 1" in sentence for sentence in told)
    assert any("at 500 requests a second, tornado callback" in sentence for sentence in told)


def test_the_time_beyond_the_wait_is_what_is_drawn(it):
    row = next(row for row in it.summaries if row.rate_rps == 500)
    assert latency.beyond(row, row.response.p50).value_s == pytest.approx(row.response.p50.value_s - 0.1)


def test_one_server_alone_is_drawn(tmp_path):
    options = Options(Preset.QUICK, servers=(Server.TORNADO,))
    assert "latency-rate" in draw("latency", made("latency", options), tmp_path)


def test_nothing_measured_draws_nothing(it, tmp_path):
    assert latency.draw([], it.run, tmp_path) == []
    assert latency.say([]) == []
