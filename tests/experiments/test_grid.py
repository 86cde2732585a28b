import pytest
from drawn import draw, made, row, text_of
from made import BLOCKING, CALLBACK, NATIVE

from compare.contract import Paradigm
from compare.experiments import grid
from compare.experiments.options import Options, Preset


@pytest.fixture(scope="module")
def it():
    return made("grid", Options(), rounds=3)


def test_every_wait_meets_every_level_for_every_contestant():
    cells = grid.plan(Options())
    assert {(c.load.delay_s, c.load.concurrency) for c in cells} == {
        (wait, level) for wait in grid.WAITS_S[Preset.DEFAULT] for level in grid.LEVELS[Preset.DEFAULT]
    }
    assert {cell.contestant.paradigm for cell in cells} == set(grid.PARADIGMS)


def test_paradigms_asked_for_are_those_on_the_map():
    asked = Options(paradigms=(Paradigm.CALLBACK, Paradigm.NATIVE))
    assert {cell.contestant.paradigm for cell in grid.plan(asked)} == set(asked.paradigms)
    assert {cell.contestant.paradigm for cell in grid.plan(Options(Preset.FULL))} == set(Paradigm)


def test_the_square_is_won_by_whoever_answers_measurably_more():
    (square,) = grid.squares([row([100, 101, 102]), row([50, 51, 52], CALLBACK), row([9, 9, 9], BLOCKING)])
    assert square.best.contestant == NATIVE
    assert square.won
    assert square.words == "native\n2.0x"


def test_what_is_the_same_wins_nothing():
    (square,) = grid.squares([row([100, 101, 102]), row([101, 100, 102], CALLBACK)])
    assert not square.won
    assert square.words == "same"


@pytest.mark.parametrize("other", [99.0, 50.0])
def test_nobody_wins_after_one_round(other):
    (square,) = grid.squares([row([100.0]), row([other], CALLBACK)])
    assert not square.won
    assert square.words == "cannot\ntell"


def test_where_a_row_is_invalid_or_alone_nobody_wins():
    """The winner over a third, when the second has no number, would lead by what nobody measured."""
    second = row([50, 50, 50], CALLBACK, valid=False)
    assert not list(grid.squares([row([100, 100, 100]), second]))
    assert not list(grid.squares([row([100, 100, 100]), second, row([9, 9, 9], BLOCKING)]))
    assert not list(grid.squares([row([100, 100, 100])]))


def test_the_map_is_drawn_with_its_winners(it, tmp_path):
    assert draw("grid", it, tmp_path) == ["grid"]
    words = text_of(tmp_path / "grid.svg")
    assert "<!-- native" in words
    assert "<!-- no wait -->" in words


def test_the_crossover_runs_where_the_winner_changes():
    win, tie = row([200, 201, 202]), row([101, 100, 102])
    rows = [[win, row([100, 100, 101], CALLBACK)], [tie, row([100, 101, 102], CALLBACK)]]
    (left,), (right,) = (list(grid.squares(pair)) for pair in rows)
    assert len(list(grid._borders({(0, 0): left, (1, 0): right}))) == 1
    assert not list(grid._borders({(0, 0): left, (1, 0): left}))


def test_the_verdict_counts_the_squares(it):
    told = grid.say(it.summaries)
    assert len(told) == 2
    assert all(sentence.startswith("On ") and "of 12" in sentence for sentence in told)
    assert grid.say([]) == []
