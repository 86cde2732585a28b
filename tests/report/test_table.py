import math

import pytest
from drawn import row as made_row
from made import CALLBACK, NATIVE, abandoned
from msgspec.structs import replace

from compare.analysis.intervals import NOT_MEASURED, Estimate, Spread
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.summary import ErrorCount
from compare.analysis.units import count_text
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import Paradigm, Server
from compare.records import Contestant, Open
from compare.report import table

GOOD = made_row([100.0, 101.0, 99.0])


def cell(heading, row):
    index = [column.heading for column in table.columns()].index(heading)
    return table.row(row)[index]


def test_headings_are_told_apart_and_explained():
    headings = [column.heading for column in table.columns()]
    assert len(set(headings)) == len(headings)
    assert all(column.about for column in table.columns())


def test_a_number_shows_its_spread_and_sorts_by_its_value():
    assert cell("answers/s", GOOD) == table.CellText("100 (99-101)", 100.0)


def test_an_invalid_row_shows_no_result_but_what_was_asked_and_why():
    bad = replace(GOOD, valid=False, warnings=(Warning.LATE_SENDS,))
    assert cell("answers/s", bad).text == "invalid"
    assert math.isnan(cell("answers/s", bad).order)
    assert cell("load", bad).text == "10 in flight"
    assert cell("notes", bad).text == Warning.LATE_SENDS.words


def test_a_failed_row_says_so():
    failed = replace(GOOD, rounds=(), failure="The server did not start.", valid=False)
    assert cell("p50", failed).text == "failed"
    assert "did not start" in cell("notes", failed).text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(1234, 1200, 1300, 3, Spread.RANGE), "1,234 (1,200-1,300)"),
        (Estimate(1.5, 1.5, 1.5, 1, Spread.SINGLE), "1.5"),
        (NOT_MEASURED, "-"),
    ],
)
def test_estimates_are_written_with_what_is_known_of_them(estimate, text):
    assert table.estimate_text(estimate, count_text) == text


@pytest.mark.parametrize(
    ("percentile", "text"),
    [
        (Percentile(Known.EXACTLY, 0.1, 0.09, 0.12, 3, Spread.RANGE), "100 ms (90.0 ms-120 ms)"),
        (Percentile(Known.EXACTLY, 0.1, 0.1, 0.1, 1, Spread.SINGLE), "100 ms"),
        (Percentile(Known.BEYOND, 1.2), "> 1.20 s"),
        (Percentile(Known.TOO_FEW, math.nan), "n/a"),
    ],
)
def test_percentiles_say_when_they_are_only_bounds_or_unknown(percentile, text):
    assert table.percentile_text(percentile) == text


@pytest.mark.parametrize(("value", "text"), [(0.1, "100 ms"), (1, "1 s"), (0, "no wait"), (0.0005, "0.5 ms")])
def test_waits_are_written_without_the_digits_of_a_measurement(value, text):
    assert table.wait_text(value) == text


def test_an_open_loop_is_a_rate():
    assert cell("load", replace(GOOD, load=Open(2000, rate_rps=500.0))).text == "500/s"


def test_errors_are_counted_by_kind_out_of_all():
    row = replace(GOOD, errors=(ErrorCount("HTTP 503", 7), ErrorCount("reset", 0)), intended=100)
    assert cell("errors", row) == table.CellText("7 HTTP 503 of 100", 7)
    assert cell("errors", GOOD).text == "0"


def test_the_sides_of_an_aa_run_are_told_apart():
    assert cell("contestant", replace(GOOD, side="b")).text.endswith(", side b")


def test_a_censored_percentile_sorts_by_its_bound():
    row = replace(GOOD, response=Latency(p50=Percentile(Known.BEYOND, 1.2)))
    assert cell("p50", row) == table.CellText("> 1.20 s", 1.2)


def test_rows_are_ordered_by_contestant_then_load_the_default_pool_first():
    pools = [Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=n) for n in (1000, 100, None)]
    rows = [made_row([1.0], NATIVE, 100), made_row([1.0], NATIVE, 10), made_row([1.0], CALLBACK, 10)]
    rows += [made_row([1.0], pool, pool.threads or 10) for pool in pools]
    ordered = sorted(rows, key=table.order)
    assert [(row.contestant.paradigm, row.contestant.threads, row.in_flight) for row in ordered] == [
        (Paradigm.CALLBACK, None, 10),
        (Paradigm.EXECUTOR, None, 10),
        (Paradigm.EXECUTOR, 100, 100),
        (Paradigm.EXECUTOR, 1000, 1000),
        (Paradigm.NATIVE, None, 10),
        (Paradigm.NATIVE, None, 100),
    ]


def test_a_row_whose_ceiling_a_pool_makes_says_so():
    row = replace(GOOD, limit=100, warnings=())
    assert table.warnings_text(row) == "the ceiling is that of the pool of 100"
    full = replace(row, warnings=(Warning.LIMITED_BY_WAIT,))
    assert table.warnings_text(full) == "limited by the pool of 100, not by the paradigm"


def test_a_work_that_takes_its_own_time_has_no_wait():
    row = made_row([1.0], replace(NATIVE, work="my:work"))
    assert cell("wait", row).text == "its own"


def test_clients_that_leave_on_purpose_are_no_errors_and_the_unanswered_are_of_the_window():
    row = replace(GOOD, errors=(ErrorCount("unanswered", 4),), intended=4)
    assert cell("errors", row).text == "4 unanswered of 4 meant for the window"
    left = replace(row, load=abandoned(row.load))
    assert cell("errors", left).text == "4 left as planned of 4"
