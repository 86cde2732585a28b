import math

import pytest

from compare.analysis.units import Unit, bytes_text, counted, duration_text, percent_text, seconds_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.00 us"),
        (3.4e-7, "0.34 us"),
        (3.4e-4, "340 us"),
        (0.0009999, "1.00 ms"),
        (0.0123, "12.3 ms"),
        (0.9994, "999 ms"),
        (0.9995, "1.00 s"),
        (0.99951, "1.00 s"),
        (1.234, "1.23 s"),
        (65, "65.0 s"),
        (1234, "1,234 s"),
        (math.nan, "n/a"),
        (math.inf, "n/a"),
        (-0.0123, "-12.3 ms"),
        (9.996, "10.0 s"),
        (9.994, "9.99 s"),
        (99.96, "100.0 s"),
    ],
)
def test_seconds_are_told_in_three_digits_and_the_unit_that_suits(seconds, text):
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (512, "512 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (10_500, "10.5 kB"),
        (999_400, "999 kB"),
        (999_500, "1 MB"),
        (1e6, "1 MB"),
        (-2e6, "-2 MB"),
        (38e6, "38 MB"),
        (999_500_000, "1 GB"),
        (1e9, "1 GB"),
        (8.59e9, "8.59 GB"),
        (1.2345e12, "1,234 GB"),
    ],
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


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit.RATE, 12345.6, "12,346"),
        (Unit.RATE, 99.96, "100"),
        (Unit.RATE, 100.4, "100"),
        (Unit.RATE, -123.4, "-123"),
        (Unit.SECONDS, 0.0123, "12.3 ms"),
        (Unit.BYTES, 10_500, "10.5 kB"),
        (Unit.COUNT, 7.126, "7.13"),
        (Unit.SHARE, 0.1234, "12.3%"),
        (Unit.THREAD_SECONDS, 12.345, "12.3 thread-s"),
        (Unit.THREAD_SECONDS, 10_000.4, "10,000 thread-s"),
    ],
)
def test_each_unit_words_its_numbers(unit, value, text):
    assert unit.text(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (89 * 60 + 29, "89 min"),
        (90 * 60, "1 h 30 min"),
        (125 * 60, "2 h 05 min"),
        (10 * 3600, "10 h 00 min"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds, text):
    assert duration_text(seconds) == text


def test_a_number_below_none_is_no_word():
    assert counted(-1) == "-1"
