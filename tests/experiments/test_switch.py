import pytest
from drawn import draw, made, text_of

from compare.contract import Paradigm, Server
from compare.experiments import switch
from compare.experiments.options import Options, Preset


@pytest.fixture(scope="module")
def it():
    return made("switch", Options())


def test_intervals_and_cpus_vary_and_nothing_else_does():
    cells = switch.plan(Options())
    assert {cell.contestant.paradigm for cell in cells} == {Paradigm.CALLBACK, Paradigm.EXECUTOR}
    assert {cell.contestant.threads for cell in cells} == {None, 1000}
    assert len({cell.load for cell in cells}) == 1
    own = [
        (cell.contestant.switch_interval_s, cell.contestant.pinned)
        for cell in cells
        if (cell.contestant.server, cell.contestant.paradigm) == (Server.AIOHTTP, Paradigm.CALLBACK)
    ]
    assert own == [(0.001, True), (0.005, True), (0.02, True), (0.1, True), (0.005, False)]


def test_a_full_run_asks_from_100_to_2000_threads():
    cells = switch.plan(Options(Preset.FULL))
    assert {cell.load.concurrency for cell in cells} == {100, 500, 1000, 2000}


def test_ratios_are_drawn_and_name_interval_and_cpus(it, tmp_path):
    assert draw("switch", it, tmp_path) == ["switch"]
    words = text_of(tmp_path / "switch.svg")
    assert "<!-- callback, 100 ms -->" in words
    assert "<!-- callback, 5 ms, all CPUs -->" in words
    assert "at 100 ms: 0 of 12" in switch.answer(it.summaries, it.run)


def test_the_words_compare_with_pythons_own_interval_on_one_cpu(it):
    told = switch.say(it.summaries)
    assert any("the same at Python's own 5 ms on one CPU" in sentence for sentence in told)
