import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.report.figures import labels


@given(st.lists(st.floats(-2, 3), min_size=1, max_size=9), st.floats(0.01, 0.1))
def test_labels_are_spread_a_gap_apart_in_their_order_and_within_bounds(wanted, gap):
    placed = labels.spread(sorted(wanted), gap, 0.0, 1.0)
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(placed))
    assert placed[0] >= -1e-9
    assert placed[-1] <= 1 + 1e-9


def test_labels_with_room_stay_where_they_belong():
    assert labels.spread([0.1, 0.5, 0.9], 0.1, 0, 1) == pytest.approx([0.1, 0.5, 0.9])


def test_colliding_labels_move_apart_by_as_little_as_possible():
    assert labels.spread([0.5, 0.5, 0.9], 0.1, 0, 1) == pytest.approx([0.45, 0.55, 0.9])


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5"), (60, "60"), (1300, "1,300"), (10_000, "10k"), (0.004, "0.004")]
)
def test_axis_numbers_are_written_as_people_write_them(value, text):
    assert labels.short(value) == text
