import pytest
from drawn import made
from drawn import row as drawn_row
from msgspec.structs import replace

from compare.analysis.decide import decide
from compare.contract import Paradigm, Server
from compare.experiments.options import Options
from compare.records import Contestant
from compare.report import advice
from compare.report.verdict import factor_text


@pytest.fixture(scope="module")
def it():
    return made("concurrency", Options())


def test_each_client_and_load_gets_one_piece_of_advice_with_its_numbers(it):
    found = advice.table(it.summaries)
    assert [(one.client, one.load) for one in found] == [
        ("has coroutines", "any"),
        ("only blocks", "up to 100 in flight"),
        ("only blocks", "1,000 in flight"),
        ("only blocks", "any"),
        ("called on the loop (`blocking`)", "any"),
        ("has coroutines, handlers are generators", "any"),
    ]
    assert found[0].use == "`native`"
    native, wide = (
        next(row for row in it.summaries if (row.contestant, row.in_flight) == (one, 1000))
        for one in (
            Contestant(Server.TORNADO, Paradigm.NATIVE),
            Contestant(Server.TORNADO, Paradigm.EXECUTOR, threads=1000),
        )
    )
    ratio = factor_text(decide(native, wide).ratio.value)
    assert f"native on tornado answers {ratio} times" in found[0].because
    assert "60/s at 1,000 in flight" in found[3].because


def test_every_rate_in_the_table_is_that_of_a_row(it):
    (many,) = [one for one in advice.table(it.summaries) if one.load == "1,000 in flight"]
    wide = [row for row in it.summaries if row.in_flight == 1000 and row.contestant.threads == 1000]
    for row in wide:
        assert f"{row.throughput_rps.value:,.0f}" in many.because
    assert "none of 6 servers stopped answering" in many.because


def test_without_rows_there_is_no_advice():
    assert advice.table([]) == []


def test_an_invalid_row_supports_nothing(it):

    assert advice.table([replace(row, valid=False) for row in it.summaries]) == []


def test_a_single_round_of_a_single_server_is_told_in_the_singular(it):
    rows = [
        replace(one, reliability=replace(one.reliability, servers=1, collapsed=0))
        for one in it.summaries
        if one.contestant.server is Server.TORNADO
    ]
    found = {(one.client, one.load): one.because for one in advice.table(rows)}
    assert "the one server did not stop answering" in found["only blocks", "up to 100 in flight"]
    stopped = [replace(one, reliability=replace(one.reliability, collapsed=1)) for one in rows]
    many = {(one.client, one.load): one.because for one in advice.table(stopped)}
    assert "in one process the one server stopped answering" in many["only blocks", "1,000 in flight"]


def test_a_ratio_of_one_round_is_one_number():
    pool = Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=100)
    one = decide(drawn_row([280.0]), drawn_row([100.0], pool))
    assert one.ratio.low == one.ratio.high
    assert "answers 2.8 times what threads do (1 round: one cannot tell)" in advice._against(one)
