import math

import pytest

from compare.analysis.units import bytes_text, counted, percent_text, seconds_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.00 us"),
        (3.4e-7, "0.34 us"),
        (3.4e-4, "340 us"),
        (0.0009999, "1.00 ms"),
        (0.0123, "12.3 ms"),
        (0.9994, "999 ms"),
        (0.99951, "1.00 s"),
        (1.234, "1.23 s"),
        (65, "65.0 s"),
        (1234, "1,234 s"),
        (math.nan, "n/a"),
        (math.inf, "n/a"),
    ],
)
def test_seconds_are_told_in_three_digits_and_the_unit_that_suits(seconds, text):
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(512, "512 B"), (10_500, "10.5 kB"), (38e6, "38 MB"), (8.59e9, "8.59 GB")]
)
def test_bytes_have_decimal_units(value, text):
    assert bytes_text(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.1, "10 %"), (0.995, "99.5 %"), (0.7, "70 %"), (1.01, "101 %")]
)
def test_a_threshold_is_told_in_per_cent_without_the_digits_of_a_measurement(share, text):
    assert percent_text(share) == text


@pytest.mark.parametrize(("count", "text"), [(0, "no"), (1, "one"), (3, "three"), (10, "ten"), (11, "11")])
def test_small_numbers_are_words(count, text):
    assert counted(count) == text
