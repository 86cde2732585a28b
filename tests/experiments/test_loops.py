import pytest
from drawn import draw, made, text_of

from compare.contract import Loop, Paradigm, Server
from compare.experiments import loops
from compare.experiments.options import TRAMPOLINES, Options, Preset

NATIVE = Options(paradigms=(Paradigm.NATIVE,))


@pytest.fixture(scope="module")
def it():
    return made("loops", NATIVE)


def test_each_contestant_runs_on_both_loops_and_differs_in_nothing_else():
    cells = loops.plan(Options())
    on = {
        loop: {
            (c.contestant.server, c.contestant.paradigm, c.load) for c in cells if c.contestant.loop is loop
        }
        for loop in Loop
    }
    assert on[Loop.ASYNCIO] == on[Loop.UVLOOP]
    assert {c.contestant.paradigm for c in cells} == set(Paradigm) - {Paradigm.BLOCKING} - TRAMPOLINES
    full = loops.plan(Options(Preset.FULL))
    assert {c.contestant.paradigm for c in full} == set(Paradigm) - {Paradigm.BLOCKING}


def test_the_wait_leaves_the_cpu_to_decide():
    load = loops.plan(NATIVE)[0].load
    assert load.concurrency / load.delay_s >= 20_000


def test_ratios_are_drawn_around_one(it, tmp_path):
    assert draw("loops", it, tmp_path) == ["loops"]
    words = text_of(tmp_path / "loops.svg")
    assert "<!-- aiohttp native -->" in words
    assert "<!-- answers per second, uvloop / asyncio -->" in words


def test_the_verdict_names_loop_and_ratio(it):
    told = loops.say(it.summaries)
    assert len(told) == len(Server)
    assert all("native on uvloop answers 1.2" in sentence for sentence in told)


def test_levels_are_told_apart_where_there_are_several(tmp_path):
    several = Options(servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,), concurrency=(100, 200))
    draw("loops", made("loops", several, rounds=2), tmp_path)
    assert "<!-- aiohttp native, 200 -->" in text_of(tmp_path / "loops.svg")


def test_nothing_measured_draws_nothing(it, tmp_path):
    assert loops.draw([], it.run, tmp_path) == []
