import numpy as np
import pytest
from drawn import draw, made, text_of
from msgspec.structs import replace

from compare.contract import Paradigm
from compare.experiments import abandon
from compare.experiments.options import Options, Preset
from compare.harness import simulated
from compare.records import Orphans


@pytest.fixture(scope="module")
def it():
    return made("abandon", Options(Preset.QUICK))


def test_the_clients_leave_in_the_middle_of_a_wait_after_having_been_answered():
    for cell in abandon.plan(Options()):
        load = cell.load
        assert load.timeout_s == 0
        assert load.duration_s > load.delay_s
        assert (load.duration_s / load.delay_s) % 1


def test_a_server_that_left_nothing_is_a_line_at_zero(it):
    one = replace(it.run.measurements[0], finding=Orphans())
    assert not abandon._course(one, np.arange(0, 2, 0.1)).any()


def test_between_two_looks_the_last_one_holds(it):
    one = replace(it.run.measurements[0], finding=Orphans(((1.0, 8), (2.0, 3))))
    assert abandon._course(one, np.array([0.5, 1.5, 2.5])).tolist() == [0, 8, 3]


def test_it_is_drawn_for_every_paradigm_measured(it, tmp_path):
    assert draw("abandon", it, tmp_path) == ["abandon"]
    words = text_of(tmp_path / "abandon.svg")
    for paradigm in (Paradigm.NATIVE, Paradigm.CALLBACK, Paradigm.EXECUTOR):
        assert f"<!-- {paradigm} -->" in words


def test_native_leaves_nothing_and_threads_wait_for_nobody(it):
    told = abandon.say_run(it.run)
    assert told[0] == "When 100 clients leave a 1 s wait, native leaves nothing running."
    assert [sentence.split()[8] for sentence in told] == ["native", "executor", "callback"]
    for sentence in told[1:]:
        assert "leaves up to 100 threads waiting for nobody, " in sentence
        assert sentence.count("(tornado)") == sentence.count("(aiohttp)") == 1


def test_summaries_alone_point_at_the_figure(it):
    assert abandon.say(it.summaries)
    assert abandon.say([]) == []


def test_nothing_measured_draws_nothing(tmp_path):
    assert abandon.draw([], simulated.run([], simulated.measurer()), tmp_path) == []
