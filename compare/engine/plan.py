"""In which order cells are measured. Pure: the same cells, rounds and seed give the same order."""

import random
from collections.abc import Sequence

from msgspec.structs import replace

from compare.records import Cell


def order(cells: Sequence[Cell], rounds: int, seed: int, first: int = 0) -> list[list[Cell]]:
    """Return one list per round; every round holds every cell once, its `round` set (from `first`).

    Rounds come in pairs: a fresh seeded shuffle, then the same backwards (A B, B A). A machine that gets steadily
    faster or slower then weighs on every cell of a pair alike.
    """
    rng = random.Random(seed)
    ordered: list[list[Cell]] = []
    for number in range(rounds):
        mirrored = number % 2 == 1
        sequence = ordered[-1][::-1] if mirrored else rng.sample(cells, len(cells))
        ordered.append([replace(cell, round=first + number) for cell in sequence])
    return ordered
