import pytest
from drawn import draw, made, row, text_of
from made import BLOCKING, CALLBACK, NATIVE
from msgspec.structs import replace

from compare.analysis.decide import LOOKS
from compare.contract import Paradigm
from compare.experiments import catalogue, grid
from compare.experiments.options import Options, Preset
from compare.records import Closed


@pytest.fixture(scope="module")
def it():
    return made("grid", Options(), rounds=3)


def test_every_wait_meets_every_level_for_every_contestant():
    cells = grid.plan(Options())
    assert {(c.load.delay_s, c.load.concurrency) for c in cells} == {
        (wait, level) for wait in grid.WAITS_S[Preset.DEFAULT] for level in grid.LEVELS[Preset.DEFAULT]
    }
    assert {cell.contestant.paradigm for cell in cells} == set(grid.PARADIGMS)


def test_a_default_run_can_name_a_winner_in_every_square():
    """From one round nobody is named: all that may win a square has the rounds that a decision needs."""
    options = Options()
    cells = grid.plan(options)
    for wait_s, in_flight in {(c.load.delay_s, c.load.concurrency) for c in cells}:
        here = [c for c in cells if (c.load.delay_s, c.load.concurrency) == (wait_s, in_flight)]
        rounds = {c.contestant.paradigm: catalogue.rounds_of(grid, c, options) for c in here}
        last = {Paradigm.EXECUTOR} if not wait_s else {Paradigm.BLOCKING} if in_flight > 1 else set()
        assert {paradigm for paradigm, many in rounds.items() if many < LOOKS[0]} == last


@pytest.mark.parametrize(
    "asked", [Options(rounds=6), Options(paradigms=(Paradigm.BLOCKING,)), Options(Preset.FULL)]
)
def test_what_was_asked_for_has_as_many_rounds_everywhere(asked):
    rounds = {catalogue.rounds_of(grid, cell, asked) for cell in grid.plan(asked)}
    assert rounds == {catalogue.rounds(grid, asked)}


def test_a_default_run_takes_as_long_as_one_of_a_single_round_did():
    assert catalogue.duration_s(grid, Options()) < 258


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
    assert all(sentence.startswith("On ") and "of 4" in sentence for sentence in told)
    assert grid.say([]) == []


def test_the_answer_has_at_most_20_words_whoever_wins_where():
    waits = dict(enumerate(Paradigm))
    rows = [
        replace(row(rates, replace(NATIVE, paradigm=paradigm)), experiment="grid", load=Closed(1, wait))
        for wait, best in waits.items()
        for paradigm, rates in ((best, [200, 201, 202]), *((o, [9, 9, 9]) for o in Paradigm if o is not best))
    ]
    rows += [
        replace(row(rates, replace(NATIVE, paradigm=paradigm)), experiment="grid", load=Closed(2, 1.0))
        for paradigm, rates in ((Paradigm.NATIVE, [100, 10, 300]), (Paradigm.CALLBACK, [20, 200, 100]))
    ]
    told = grid.answer(rows, None)
    assert told == (
        "Of 7 squares: blocking 1, callback 1, generator 1, coroutine 1, executor 1, native 1, cannot tell 1."
    )
    assert len(told.split()) <= 20
