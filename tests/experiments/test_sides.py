"""Rows against rows, where contestants differ in one thing."""

import pytest
from made import CALLBACK, NATIVE, summary
from msgspec.structs import replace

from compare.contract import Loop, Server
from compare.experiments import sides

UVLOOP = replace(NATIVE, loop=Loop.UVLOOP)
LEVELS = [
    summary([rate] * 3, one, level) for level in (10, 100) for one, rate in ((UVLOOP, 300), (NATIVE, 100))
]
NAME = LEVELS[0].experiment


def test_contestants_come_once_by_server_and_paradigm():
    other = replace(NATIVE, server=Server.TORNADO)
    rows = [summary([1.0], one) for one in (other, NATIVE, CALLBACK, NATIVE)]
    assert sides.contestants(rows, NAME) == [CALLBACK, NATIVE, other]
    assert sides.contestants(rows, "another") == []


def test_a_comparison_is_made_at_every_load_that_both_sides_have():
    pairs = sides.pairs([*LEVELS, summary([1.0], UVLOOP, 1000)], NAME, (UVLOOP, NATIVE))
    assert [(ours.contestant, theirs.contestant, ours.in_flight) for ours, theirs in pairs] == [
        (UVLOOP, NATIVE, 10),
        (UVLOOP, NATIVE, 100),
    ]


def test_each_comparison_is_called_by_what_is_compared_and_by_its_level_where_there_are_several():
    labels = [label for label, _ in sides.found(LEVELS, NAME, [(UVLOOP, NATIVE)], lambda one: str(one.loop))]
    assert labels == ["uvloop, 10", "uvloop, 100"]
    ((label, one),) = sides.found(LEVELS[:2], NAME, [(UVLOOP, NATIVE)], lambda one: str(one.loop))
    assert label == "uvloop"
    assert one.ratio.value == pytest.approx(3.0)


def test_there_is_a_sentence_where_there_are_rows_of_both_and_none_elsewhere():
    (told,) = sides.said(
        LEVELS, NAME, [(UVLOOP, NATIVE), (NATIVE, CALLBACK)], lambda one: (str(one.loop), "the rest")
    )
    assert "uvloop answers 3.0" in told
