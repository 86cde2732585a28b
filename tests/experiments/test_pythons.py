import pytest
from drawn import draw, made, text_of
from msgspec.structs import replace

from compare.contract import Paradigm, Server
from compare.experiments import pythons
from compare.experiments.options import Options, Preset
from compare.records import Interpreter
from compare.report.words import footer

TWO = Options(paradigms=(Paradigm.NATIVE,), pythons=("3.13", "3.14t"))


@pytest.fixture(scope="module")
def it():
    return made("pythons", TWO)


def test_each_contestant_runs_on_each_python_and_differs_in_nothing_else():
    cells = pythons.plan(Options(Preset.FULL, pythons=("3.13", "3.14t")))
    by_python = [
        {(c.contestant.server, c.contestant.paradigm, c.load) for c in cells if c.contestant.python == tag}
        for tag in ("", "3.13", "3.14t")
    ]
    assert by_python == [by_python[0]] * 3
    assert {c.contestant.paradigm for c in cells} == set(Paradigm) - {Paradigm.BLOCKING}


def test_ratios_are_drawn_and_name_the_python(it, tmp_path):
    assert draw("pythons", it, tmp_path) == ["pythons"]
    words = text_of(tmp_path / "pythons.svg")
    assert "<!-- aiohttp native (Python 3.14t) -->" in words
    assert "over those with Python 3.11" in words


def test_the_words_compare_with_the_python_that_runs_the_benchmark(it):
    told = pythons.say(it.summaries)
    assert len(told) == len(Server) * 2
    assert all("the same on the Python that runs the benchmark" in sentence for sentence in told)


def test_a_figures_foot_names_every_python_that_servers_ran_on(it):
    run = replace(it.run, interpreters={"3.14t": Interpreter("3.14.7", "CPython", gil=False, versions={})})
    assert "CPython 3.11.2, CPython 3.14.7 without GIL · " in footer(run)


def test_nothing_measured_draws_and_says_nothing(it, tmp_path):
    assert pythons.draw([], it.run, tmp_path) == []
    assert pythons.say([]) == []


def test_without_a_gil_native_runs_in_several_loops_too_and_is_compared_with_one_on_as_many_cpus():
    cells = pythons.plan(replace(TWO, preset=Preset.FULL))
    several = {one.contestant for one in cells if not one.contestant.pinned}
    assert {one.python for one in several} == {"3.14t"}
    for server in Server:
        shapes = {(one.loops, one.workers) for one in several if one.server is server}
        assert shapes == {(1, 1), (pythons.LOOPS, 1), (1, pythons.LOOPS)}
    it = made("pythons", replace(TWO, preset=Preset.FULL))
    (said,) = [one for one in pythons.say(it.summaries) if "aiohttp native (4 loops, Python 3.14t)" in one]
    assert "native (Python 3.14t, all CPUs)" in said
