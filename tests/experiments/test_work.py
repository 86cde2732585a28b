import pytest
from drawn import draw, made, text_of

from compare.contract import Paradigm, Server
from compare.experiments import work
from compare.experiments.options import Options, Preset


@pytest.fixture(scope="module")
def it():
    return made("work", Options())


def test_every_contestant_waits_on_all_three_and_differs_in_nothing_else():
    cells = work.plan(Options())
    on = {
        name: {
            (c.contestant.server, c.contestant.paradigm, c.contestant.threads, c.load)
            for c in cells
            if c.contestant.work == name
        }
        for name in work.WORKS
    }
    assert on["sleep"] == on["http"] == on["postgres"]
    assert len(cells) == 3 * len(on["sleep"])


def test_a_thousand_sockets_are_asked_of_those_who_are_compared():
    crowd = {c.contestant.paradigm for c in work.plan(Options()) if c.load.concurrency == 1000}
    assert crowd == {Paradigm.NATIVE, Paradigm.CALLBACK}
    rounds = {c.load.concurrency: work.rounds_of(c, Options(), 3) for c in work.plan(Options())}
    assert rounds == {100: 1, 1000: 3}


def test_a_work_of_ones_own_is_set_beside_the_sleep():
    cells = work.plan(Options(work="mine.io:Work", servers=(Server.AIOHTTP,)))
    assert {cell.contestant.work for cell in cells} == {"sleep", "mine.io:Work"}


def test_the_three_are_drawn_side_by_side(it, tmp_path):
    assert draw("work", it, tmp_path) == ["work"]
    words = text_of(tmp_path / "work.svg")
    places = [words.index(f"<!-- {name} -->") for name in work.WORKS]
    assert places == sorted(places)
    levels = [words.index(f"<!-- {level} -->") for level in ("100", "1,000")]
    assert levels == sorted(levels), "a mark says how many were in flight"


def test_every_work_has_a_verdict_on_what_is_answered_and_one_on_what_it_costs(it):
    told = work.say(it.summaries)
    for name in work.WORKS:
        mine = [sentence for sentence in told if f"native on {name}" in sentence]
        assert len(mine) == 2 * len(Server)
        assert sum("the CPU time per request of native" in sentence for sentence in mine) == len(Server)


def test_quick_leaves_out_paradigms_not_works():
    cells = work.plan(Options(Preset.QUICK))
    assert {cell.contestant.work for cell in cells} == set(work.WORKS)
    assert Paradigm.GENERATOR not in {cell.contestant.paradigm for cell in cells}


def test_nothing_measured_draws_nothing(it, tmp_path):
    assert work.draw([], it.run, tmp_path) == []
    assert work.say([]) == []
