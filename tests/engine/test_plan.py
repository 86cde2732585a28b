import pytest

from compare.contract import Paradigm, Server
from compare.engine.plan import order
from compare.records import Cell, Closed, Contestant

CELLS = [Cell("x", Contestant(server, p), Closed(10)) for server in Server for p in Paradigm]


def which(cells):
    return [(cell.contestant.server, cell.contestant.paradigm) for cell in cells]


@pytest.mark.parametrize("rounds", [1, 2, 3, 7])
def test_every_round_runs_every_cell_once_and_knows_its_number(rounds):
    ordered = order(CELLS, rounds, seed=3)
    assert len(ordered) == rounds
    for number, cells in enumerate(ordered):
        assert sorted(which(cells)) == sorted(which(CELLS))
        assert {cell.round for cell in cells} == {number}


def test_neighbouring_rounds_mirror_each_other_and_pairs_are_shuffled_anew():
    first, second, third, fourth = map(which, order(CELLS, 4, seed=1))
    assert second == first[::-1]
    assert fourth == third[::-1]
    assert third != first
    assert first != which(CELLS)


def test_the_seed_decides_the_order():
    assert order(CELLS, 3, seed=5) == order(CELLS, 3, seed=5)
    assert order(CELLS, 3, seed=5) != order(CELLS, 3, seed=6)


def test_linear_drift_weighs_on_every_cell_of_a_pair_of_rounds_alike():
    both = [which([cell])[0] for cells in order(CELLS, 2, seed=9) for cell in cells]
    times = {one: sum(at for at, other in enumerate(both) if other == one) for one in both}
    assert len(set(times.values())) == 1


def test_nothing_to_measure_is_no_error():
    assert order([], 2, seed=0) == [[], []]
