import json
import math
from pathlib import Path

import made
import msgspec
import pytest
from made import opened

from compare.commands import load_report
from compare.harness.load import LoadResult
from compare.records import Closed, GeneratorReport, SampleStatus

URL = "http://127.0.0.1:1/"
CLOSED = Closed(10, delay_s=0.0, duration_s=1.0)


def result(samples, cpu_share=0.2, notes=(), connections=10):
    return LoadResult(samples, None, GeneratorReport(cpu_share, connections, 3, notes), (0.0, 1.0))


def report(samples, load=CLOSED, **more):
    return load_report.of(URL, load, result(samples, **more))


def test_the_json_has_the_fields_programs_rely_on():
    told = json.loads(msgspec.json.encode(report(made.closed_loop(10, 0.01))))
    assert {"sent", "completed", "errors", "unanswered", "throughput_rps", "generator_cpu_share"} <= set(told)
    for times in ("response_s", "service_s", "lag_s"):
        assert list(told[times]) == ["p50", "p90", "p97.5", "p99", "max"]
    assert told["response_s"]["p50"] == pytest.approx(0.01)
    assert told["throughput_rps"] == pytest.approx(1000, rel=0.02)
    assert told["completed"] == told["sent"] == 1000
    assert (told["errors"], told["unanswered"], told["valid"]) == ({}, 0, True)


def test_failures_are_counted_by_kind_and_never_as_throughput():
    rows = [
        made.answered(0.1, 0.01),
        made.answered(0.2, 0.001, status=503),
        made.answered(0.3, 0.001, status=503),
        made.answered(0.4, 0.001, status=SampleStatus.RESET),
        (0.5, 0.5, math.nan, SampleStatus.UNANSWERED, math.nan),
    ]
    told = report(made.samples(rows))
    assert (told.sent, told.completed, told.throughput_rps) == (5, 1, 1.0)
    assert (told.errors, told.unanswered) == ({"HTTP 503": 2, "reset": 1}, 1)


def test_a_target_that_is_down_has_no_throughput_and_says_why():
    rows = [made.answered(at / 10, 0.001, status=SampleStatus.REFUSED) for at in range(10)]
    told = report(made.samples(rows))
    assert (told.completed, told.throughput_rps) == (0, 0)
    assert load_report.headline(CLOSED, told) == f"No request to {URL} succeeded: 10 refused."
    assert told.valid is False


def test_a_load_in_which_nothing_was_sent_says_so():
    empty = made.samples([(0.5, math.nan, math.nan, SampleStatus.UNSENT, math.nan)])
    told = report(empty)
    assert load_report.headline(CLOSED, told) == f"No request to {URL} succeeded: 1 unsent."


def test_requests_that_were_open_before_the_window_and_never_answered_are_told():
    rows = [(-0.1, -0.1, math.nan, SampleStatus.UNANSWERED, math.nan)] * 10
    told = report(made.samples(rows))
    assert (told.sent, told.unanswered) == (0, 10)
    assert load_report.headline(CLOSED, told) == f"No request to {URL} succeeded: 10 unanswered."


def test_the_headline_tells_rate_errors_and_the_generators_share():
    rows = [made.answered(at / 100, 0.005) for at in range(99)] + [made.answered(0.999, 0.0001, status=500)]
    words = load_report.headline(CLOSED, report(made.samples(rows)))
    assert words == (
        "99.0 successes a second over 1 s, 10 connections; 99 of 100 succeeded, 1 HTTP 500; "
        "generator at 20% of its core."
    )


def test_an_open_loop_tells_the_rate_asked_for():
    even = opened(CLOSED, 100.0)
    rows = [made.answered(at / 100, 0.005) for at in range(100)]
    told = report(made.samples(rows), even)
    assert "100/s asked for" in load_report.headline(even, told)
    assert told.valid


def test_requests_missing_from_an_even_schedule_make_it_invalid():
    even = opened(CLOSED, 200.0)
    rows = [made.answered(at / 100, 0.005) for at in range(100)]
    told = report(made.samples(rows), even)
    assert not told.valid
    assert any("99.5 %" in warning for warning in told.warnings)


def test_a_generator_at_its_limit_is_a_warning_that_takes_the_numbers_away():
    told = report(made.closed_loop(10, 0.01), cpu_share=0.9, notes=("A limit was hit: files.",))
    assert not told.valid
    assert told.warnings[0] == "A limit was hit: files."
    assert told.warnings[1].startswith("The load generator used more than 70 %")


def test_fewer_connections_than_asked_for_is_a_limit():
    assert not report(made.closed_loop(10, 0.01), connections=9).valid


def test_percentiles_that_are_not_known_are_null():
    rows = [made.answered(at / 10, 0.01) for at in range(9)]
    rows += [(0.95, 0.95, math.nan, SampleStatus.UNANSWERED, math.nan)]
    told = report(made.samples(rows))
    assert told.response_s.p99 is None
    assert told.response_s.max is None


def test_the_table_has_a_row_for_response_service_and_lag():
    table = load_report.table(result(made.closed_loop(10, 0.01)))
    assert next(iter(table.columns[1].cells)) == "10.0 ms"
    assert list(table.columns[0].cells) == ["response", "service", "lag"]


OPEN = opened(CLOSED, 1000.0)


def late(rows=100):
    """Requests that left at half the pace at which they were meant to."""
    return made.samples(
        [made.answered(0.9 * at / rows, 0.9 * at / rows + 0.05, lag_s=0.9 * at / rows) for at in range(rows)],
        end_s=3.0,
    )


@pytest.mark.parametrize(
    ("more", "limit"),
    [
        (
            {"notes": ("A limit was hit: no more open files of this process (ulimit -n).",)},
            "no more open files",
        ),
        ({"cpu_share": 0.9}, "the load generator, at 90% of its core"),
        ({"connections": 10}, "the target: all 10 connections were waiting for answers, of which"),
        ({"connections": 2}, "the target, which answered"),
    ],
)
def test_a_rate_beyond_reach_says_what_was_reached_and_what_limited_it(more, limit):
    told = report(late(), OPEN, **{"connections": 2} | more)
    assert told.warnings[0].startswith("The rate was not reached: 56/s were sent of the 1,000/s asked for. ")
    assert f"The limit was {limit}" in told.warnings[0]
    assert told.reached_rps == 56
    assert "1,000/s asked for, 56/s sent" in load_report.headline(OPEN, told)


def test_a_rate_that_is_reached_says_nothing_of_limits():
    even = opened(CLOSED, 100.0)
    told = report(made.samples([made.answered(at / 100, 0.005) for at in range(100)]), even)
    assert not any("not reached" in warning for warning in told.warnings)


def test_what_is_expected_is_a_success_and_nothing_else_is():
    rows = [
        made.answered(0.1, 0.01, status=404),
        made.answered(0.2, 0.01),
        made.answered(0.3, 0.01, status=204),
    ]
    told = load_report.of(URL, CLOSED, result(made.samples(rows)), (404, 204))
    assert (told.completed, told.errors) == (2, {"HTTP 200": 1})


def test_every_field_of_the_json_is_documented():
    text = (Path(__file__).parents[2] / "docs/load.md").read_text()
    told = json.loads(msgspec.json.encode(report(made.closed_loop(10, 0.01))))
    assert [name for name in told if f"| `{name}` |" not in text] == []
