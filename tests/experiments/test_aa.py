import pytest
from drawn import draw, made, text_of
from made import summary
from msgspec.structs import replace

from compare.contract import Paradigm, Server
from compare.experiments import aa, catalogue
from compare.experiments.options import Options, Preset

SEEDS = 20


def test_the_two_sides_are_equal_in_all_but_their_name():
    cells = aa.plan(Options())
    sides = {side: {(cell.contestant, cell.load) for cell in cells if cell.side == side} for side in "ab"}
    assert sides["a"] == sides["b"]
    assert len(cells) == len(sides["a"]) + len(sides["b"])


def test_there_are_rounds_enough_for_an_interval():
    assert all(catalogue.rounds(aa, Options(preset)) >= 5 for preset in Preset)


def test_paradigms_asked_for_are_those_compared():
    asked = Options(paradigms=(Paradigm.GENERATOR,))
    assert {cell.contestant.paradigm for cell in aa.plan(asked)} == {Paradigm.GENERATOR}


def test_a_drifting_machine_and_twenty_seeds_invent_a_difference_at_most_once():
    options = Options(Preset.QUICK, servers=(Server.AIOHTTP,))
    told = [aa.say(made("aa", options, seed=seed, drift=0.002).summaries)[0] for seed in range(SEEDS)]
    assert sum("none was named" in sentence for sentence in told) >= SEEDS - 1


def test_a_difference_between_the_sides_is_admitted():
    sides = [summary([100, 101, 102, 100, 101], side="a"), summary([80, 81, 80, 82, 81], side="b")]
    sides = [replace(one, experiment="aa") for one in sides]
    (sentence,) = aa.say(sides)
    assert "invents differences" in sentence
    assert "aiohttp native 1.2" in sentence


def test_it_is_drawn_around_one(tmp_path):
    assert draw("aa", made("aa", Options(Preset.QUICK)), tmp_path) == ["aa"]
    assert "<!-- answers per second, a contestant / itself -->" in text_of(tmp_path / "aa.svg")


@pytest.mark.parametrize("rows", [[], [summary([100, 101, 102])]])
def test_without_two_sides_nothing_is_said(rows):
    assert aa.say(rows) == []
