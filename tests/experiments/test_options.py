import pytest
from made import abandoned
from msgspec.structs import replace

from compare.contract import Loop, Paradigm, Server
from compare.experiments.options import Options, expected_s, whole_waits
from compare.records import Cell, Closed, Contestant


def test_contestants_are_every_server_with_every_paradigm_in_order():
    made = [(one.server, one.paradigm) for one in Options().contestants()]
    assert made == [(server, paradigm) for server in Server for paradigm in Paradigm]


def test_only_executor_is_told_a_pool_so_that_no_contestant_has_two_names():
    made = Options().contestants(threads=7)
    assert {one.threads for one in made if one.paradigm is Paradigm.EXECUTOR} == {7}
    assert {one.threads for one in made if one.paradigm is not Paradigm.EXECUTOR} == {None}


def test_contestants_run_on_the_loop_and_the_work_asked_for():
    options = Options(loop=Loop.UVLOOP, work="http", servers=(Server.AIOHTTP,))
    assert {(one.loop, one.work, one.server) for one in options.contestants()} == {
        (Loop.UVLOOP, "http", Server.AIOHTTP)
    }


@pytest.mark.parametrize(
    ("window_s", "delay_s", "expected"),
    [(0.4, 0.1, 0.4), (0.43, 0.1, 0.4), (1.1, 0.1, 1.1), (0.4, 1.0, 2.0), (0.4, 0.3, 0.6), (0.7, 0.0, 0.7)],
)
def test_a_window_is_a_whole_number_of_waits(window_s, delay_s, expected):
    assert whole_waits(window_s, delay_s) == expected


def test_the_wait_is_100_ms_unless_asked_otherwise_zero_included():
    assert Options().wait_s == 0.1
    assert Options(delay_s=0.0).wait_s == 0.0


def test_what_was_asked_for_goes_before_what_an_experiment_would_choose():
    chosen = (Paradigm.NATIVE,)
    assert Options().paradigms_or(chosen) == chosen
    assert Options(paradigms=(Paradigm.BLOCKING,)).paradigms_or(chosen) == (Paradigm.BLOCKING,)
    assert (Options().wait_or(1.5), Options(delay_s=0.0).wait_or(1.5)) == (1.5, 0.0)


def test_a_cell_is_expected_to_take_longer_than_its_load():
    load = Closed(10, delay_s=0.1, duration_s=1.0, warmup_s=0.5, timeout_s=3.0)
    cell = Cell("any", Contestant(Server.AIOHTTP, Paradigm.NATIVE), load)
    assert 1.6 < expected_s(cell) < 4.0


def test_only_where_requests_queue_for_the_waits_of_others_the_cell_takes_its_patience():
    load = Closed(1000, delay_s=0.1, duration_s=1.0, timeout_s=3.0)
    turns = Cell("any", Contestant(Server.AIOHTTP, Paradigm.BLOCKING), load)
    at_once = replace(turns, load=replace(load, delay_s=0.0))
    assert expected_s(turns) == pytest.approx(expected_s(at_once) + 3.0)


def test_where_clients_leave_what_they_leave_is_watched_until_it_has_ended():
    stays = Closed(10, delay_s=1.0, duration_s=1.5, timeout_s=1.0)
    cell = Cell("any", Contestant(Server.AIOHTTP, Paradigm.NATIVE), stays)
    leaves = replace(cell, load=abandoned(stays))
    assert expected_s(leaves) == expected_s(cell)
