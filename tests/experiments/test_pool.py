import pytest
from drawn import draw, made, row, text_of

from compare.contract import Paradigm, Server
from compare.experiments import pool
from compare.experiments.options import Options
from compare.records import Contestant


@pytest.fixture(scope="module")
def it():
    return made("pool", Options())


def test_only_the_pool_grows():
    cells = pool.plan(Options())
    assert {cell.contestant.paradigm for cell in cells} == {Paradigm.EXECUTOR}
    assert {cell.contestant.threads for cell in cells} == {2, 8, 32, 128, 192, 256, 384, 512}
    assert {cell.load.concurrency for cell in cells} == {512}
    assert {cell.load.duration_s for cell in cells if cell.contestant.threads > 100} == {3.0}


def test_small_pools_which_arithmetic_predicts_are_measured_once():
    rounds = {cell.contestant.threads: pool.rounds_of(cell, Options(), 3) for cell in pool.plan(Options())}
    assert rounds == {2: 1, 8: 1, 32: 1, 128: 3, 192: 3, 256: 3, 384: 3, 512: 3}
    asked = Options(rounds=5)
    assert {pool.rounds_of(cell, asked, 5) for cell in pool.plan(asked)} == {5}


def test_it_is_drawn_against_threads_with_the_ceiling(it, tmp_path):
    assert draw("pool", it, tmp_path) == ["pool"]
    words = text_of(tmp_path / "pool.svg")
    assert "<!-- ceiling: threads / wait -->" in words
    assert "<!-- threads in the pool, log scale -->" in words


def rows(rates):
    pools = [Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=threads) for threads in (10, 20, 40)]
    return [row([rate, rate * 1.001, rate * 0.999], one, 100) for one, rate in zip(pools, rates, strict=True)]


def said(rates):
    return pool._enough(rows(rates))


def test_the_answer_is_the_smallest_pool_not_measurably_below_the_best():
    assert "gains from threads up to 20 threads (200 answers a second); with more" in said([100, 200, 201])


def test_a_pool_that_still_grew_at_the_end_says_so():
    assert "up to 40 threads (400 answers a second), the most that was measured" in said([100, 200, 400])


def test_every_server_has_its_sentence(it):
    assert [server in sentence for server, sentence in zip(Server, pool.say(it.summaries), strict=True)] == [
        True
    ] * 2
    assert pool.say([]) == []
