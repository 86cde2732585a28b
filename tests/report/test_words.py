import math

import pytest
from made import NATIVE, estimated, summary
from msgspec.structs import replace

from compare.analysis.intervals import Estimate, Spread
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.contract import Paradigm, Server
from compare.harness import simulated
from compare.records import Contestant
from compare.report.words import footer, label, legend, lines, of, servers, versus


def estimate(value, low=None, high=None):
    return Estimate(value, value if low is None else low, value if high is None else high, 3, Spread.RANGE)


def at(levels, contestant=NATIVE, **more):
    """Rows of one contestant, 10 answers a second for each request in flight."""
    return [
        replace(estimated(summary([10.0 * n], contestant, n), throughput_rps=estimate(10.0 * n)), **more)
        for n in levels
    ]


def throughput(row):
    return row.throughput_rps


def in_flight(row):
    return row.in_flight


def test_points_ascend_whatever_the_order_of_the_rows():
    (line,) = lines(at([100, 1, 10]), throughput, in_flight)
    assert [(point.x, point.y) for point in line.points] == [(1, 10), (10, 100), (100, 1000)]


def test_the_executor_is_two_lines_of_one_colour_the_default_pool_dashed():
    pools = [Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=n) for n in (None, 10)]
    drawn = lines([row for pool in pools for row in at([10], pool)], throughput, in_flight)
    assert {(line.label, line.dashed) for line in drawn} == {
        ("executor, default pool", True),
        ("executor, n threads", False),
    }
    assert len({line.colour for line in drawn}) == 1


def test_a_fixed_pool_is_called_by_its_size():
    wide = Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=1000)
    assert label(at([10], wide)[0]) == "executor, 1,000 threads"


def test_lines_come_in_the_order_of_the_paradigms():
    rows = [row for p in reversed(Paradigm) for row in at([10], Contestant(Server.AIOHTTP, p))]
    assert [line.paradigm for line in lines(rows, throughput, in_flight)] == list(Paradigm)


@pytest.mark.parametrize("value", [math.nan, 0.0, -1.0])
def test_what_a_log_axis_cannot_show_is_no_point(value):
    rows = [estimated(row, throughput_rps=estimate(value)) for row in at([1])]
    assert [line.points for line in lines(rows, throughput, in_flight)] == [()]


def test_a_failed_row_is_no_point_and_an_invalid_one_is_marked():
    failed = at([1], failure="The server did not start.", rounds=())
    invalid = at([10], valid=False)
    (line,) = lines(failed + invalid, throughput, in_flight)
    assert [(point.x, point.valid) for point in line.points] == [(10, False)]


def test_a_censored_percentile_is_a_lower_bound_and_one_of_too_few_samples_no_point():
    beyond, few = Percentile(Known.BEYOND, 1.5), Percentile(Known.TOO_FEW, math.nan)
    rows = at([1], response=Latency(p50=beyond)) + at([10], response=Latency(p50=few))
    (line,) = lines(rows, lambda row: row.response.p50, in_flight, scale=1e3)
    (point,) = line.points
    assert (point.x, point.y, point.at_least) == (1, 1500, True)


def test_scale_turns_value_and_band_into_the_axis_unit():
    rows = [estimated(row, throughput_rps=estimate(2, 1, 3)) for row in at([1])]
    (point,) = lines(rows, throughput, in_flight, scale=1e3)[0].points
    assert (point.low, point.y, point.high) == (1000, 2000, 3000)


def test_servers_are_listed_in_one_order_and_rows_picked_by_them():
    rows = [row for server in reversed(Server) for row in at([1], Contestant(server, Paradigm.NATIVE))]
    assert servers(rows) == list(Server)
    assert [row.contestant.server for row in of(rows, Server.TORNADO)] == [Server.TORNADO]


def test_the_legend_says_what_bands_and_hollow_marks_mean_where_there_are_any():
    valid = at([1])
    assert Spread.RANGE.words in legend(valid)
    assert "Hollow" not in legend(valid)
    assert "Hollow" in legend(at([1], valid=False))
    single = [estimated(row, throughput_rps=Estimate(1, 1, 1, 1, Spread.SINGLE)) for row in valid]
    assert "spread is unknown" in legend(single)


def test_the_footer_names_run_machine_python_and_both_servers():
    run = simulated.run([], simulated.measurer(), name="20250101-x")
    for word in ("20250101-x", "simulated CPU", "2 CPUs", "Linux", "CPython 3.11", "aiohttp 3", "tornado 6"):
        assert word in footer(run)


def test_a_verdict_names_both_sides_where_they_are_the_same():
    same = summary([100.0, 101.0, 100.0])
    (sentence,) = versus([(same, same)], ("aiohttp native", "callback"))
    assert "are the same within 10%" in sentence
    assert "aiohttp native" in sentence
    assert "callback" in sentence
    assert versus([], ("a", "b")) == []
