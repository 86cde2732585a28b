import csv
import io
from dataclasses import replace

import pytest
from drawn import text_of
from made import CALLBACK, NATIVE, cell, closed_loop, measurement, run

from compare.analysis.metrics import METRICS, Better, Figure, Metric, _percentile
from compare.analysis.summary import summarise
from compare.analysis.units import Unit
from compare.experiments import concurrency
from compare.records import Usage
from compare.report import exports, table
from compare.report.verdict import contrast, match


@pytest.fixture
def made_up(monkeypatch):
    metric = Metric(
        "sneezes_per_request",
        Unit.COUNT,
        Better.LESS,
        lambda seen: 10 * seen.cell.load.concurrency / seen.window.successes,
        heading="sneezes",
        about="how often the server sneezed per answer",
        words="{more} sneezes {ratio} times as often as {less}",
        short=True,
        figure=Figure.COST,
    )
    monkeypatch.setitem(METRICS, metric.name, metric)
    return metric


@pytest.fixture
def summaries():
    made = [
        measurement(cell(contestant, round_=number), closed_loop(10, took_s * (1 + number / 1000)))
        for contestant, took_s in ((NATIVE, 0.1), (CALLBACK, 0.2))
        for number in range(3)
    ]
    return lambda: (run(made), summarise(run(made)))


def test_a_new_metric_is_one_entry_and_shows_in_table_csv_chart_and_words(made_up, summaries, tmp_path):
    made, rows = summaries()
    native, callback = rows
    assert [native.of(made_up).value, callback.of(made_up).value] == pytest.approx([1.0, 2.0], rel=0.03)
    headings = [column.heading for column in table.columns()]
    assert table.row(callback)[headings.index("sneezes")].text.startswith("2")
    (first, _) = csv.DictReader(io.StringIO(exports.csv_text(rows)))
    assert float(first["sneezes_per_request"]) == pytest.approx(2.0, rel=0.03)
    assert "sneezes" in exports.markdown_table(rows).partition("\n")[0]
    concurrency.draw(rows, made, tmp_path)
    assert "<!-- sneezes, log scale -->" in text_of(tmp_path / "concurrency-cost.svg")
    told = contrast(match([native], [callback]), ("native", "callback"), metric=made_up)
    assert "callback sneezes 2.0 (2.0-2.0) times as often as native" in told


def test_every_metric_can_be_explained_and_told():
    for metric in METRICS.values():
        assert metric.about or not metric.heading, metric.name
        told = metric.words.format(more="A", less="B", ratio="2", called=metric)
        assert {"A", "B", "2"} <= set(told.replace("'s", " ").split()), metric.name


def test_a_percentile_is_known_by_its_latency_and_field():
    for metric in METRICS.values():
        if metric.latency is not None:
            assert metric == _percentile(*metric.latency, short=metric.short, shown=metric.heading != "")


@pytest.mark.parametrize(
    ("which", "field", "told"),
    [
        (
            "response",
            "p50",
            ("p50", "median of the response, from the intended send", "p50 of the response, ms"),
        ),
        ("service", "p97_5", ("service p97.5", "p97.5 from the actual send", "p97.5 of the service, ms")),
        ("bystander", "p90", ("bystander p90", "p90 of GET /ping meanwhile", "p90 of GET /ping, ms")),
    ],
)
def test_a_percentile_is_called_by_what_it_is_of(which, field, told):
    metric = _percentile(which, field)
    assert (metric.heading, metric.about, metric.axis) == told
    assert (metric.called, metric.name, metric.latency) == (told[0], f"{which}_{field}_s", (which, field))
    assert (metric.unit, metric.better, metric.scale) == (Unit.SECONDS, Better.LESS, 1000)
    assert (metric.short, _percentile(which, field, short=True).short) == (False, True)
    hidden = _percentile(which, field, shown=False)
    assert (hidden.heading, hidden.called) == ("", told[0])


def test_a_difference_of_percentiles_is_told_of_whom_it_is():
    words = _percentile("response", "p50").words.format(more="A", less="B", ratio="2", called="p50")
    assert words == _percentile("service", "p50").words.format(more="A", less="B", ratio="2", called="p50")
    assert words == "A's p50 is 2 times that of B"
    waits = _percentile("bystander", "p50").words.format(more="A", less="B", ratio="2", called="p50")
    assert waits == "A makes bystanders wait 2 times as long as B does (p50)"


def test_the_short_table_has_these_columns():
    assert [name for name, metric in METRICS.items() if metric.short] == [
        "throughput_rps",
        "ceiling_share",
        "response_p50_s",
        "response_p99_s",
        "cpu_s_per_request",
        "rss_over_idle_bytes",
        "threads_peak",
        "orphaned_thread_s",
        "bystander_p50_s",
    ]


def test_a_metric_is_called_by_the_first_name_it_has():
    bare = Metric("made_up", Unit.COUNT, Better.LESS, lambda _: 0.0)
    headed = replace(bare, heading="made up")
    called = replace(headed, called="what was made up")
    assert [str(one) for one in (bare, headed, called)] == ["made_up", "made up", "what was made up"]
    assert (called.axis_label, replace(called, axis="made up, ms").axis_label) == (
        "what was made up",
        "made up, ms",
    )


def test_a_server_that_never_switched_did_so_zero_times():
    never = measurement(cell(), closed_loop(10, 0.1), usage=Usage(0.5, 1.0, 0, 0, 1, 0, 0))
    (row,) = summarise(run([never]))
    assert (row.of(METRICS["voluntary_switches_per_request"]).value) == 0
