"""Raw stamps: nothing is lost when the arrays grow, and what is written is what is read."""

import math

import numpy as np

from compare.loadgen.ledger import COLUMNS, Ended, Ledger
from compare.records import SampleStatus


def columns(ledger):
    parts = zip(COLUMNS, ledger.parts(), strict=True)
    return {name: np.frombuffer(part, dtype=code) for (name, code), part in parts}


def test_the_ends_are_those_of_the_records():
    assert {end.name: end.value for end in Ended} == {status.name: status.value for status in SampleStatus}


def test_every_row_is_kept_in_order_beyond_the_room_made_beforehand():
    ledger = Ledger(rows=4)
    for number in range(1000):
        ledger.add(number, number + 0.25, number + 0.5, number % 600, number / 4)
    read = columns(ledger)
    assert ledger.count == 1000
    numbers = np.arange(1000)
    np.testing.assert_array_equal(read["intended_s"], numbers)
    np.testing.assert_array_equal(read["sent_s"], numbers + 0.25)
    np.testing.assert_array_equal(read["done_s"], numbers + 0.5)
    np.testing.assert_array_equal(read["status"], numbers % 600)
    np.testing.assert_array_equal(read["io_s"], numbers / 4)


def test_only_written_rows_are_given_out():
    ledger = Ledger(rows=100)
    ledger.add(1.0, math.nan, math.nan, Ended.UNSENT)
    read = columns(ledger)
    assert [len(column) for column in read.values()] == [1] * 5
    assert read["status"][0] == SampleStatus.UNSENT
    assert np.isnan([read["sent_s"][0], read["done_s"][0], read["io_s"][0]]).all()


def test_a_ledger_without_rows_is_empty():
    assert [len(part) for part in Ledger(rows=0).parts()] == [0] * 5
