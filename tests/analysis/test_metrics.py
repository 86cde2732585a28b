import csv
import io

import pytest
from drawn import text_of
from made import CALLBACK, NATIVE, cell, closed_loop, measurement, run

from compare.analysis.metrics import METRICS, Better, Figure, Metric
from compare.analysis.summary import summarise
from compare.analysis.units import Unit
from compare.experiments import concurrency
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
            assert metric.name == "{}_{}_s".format(*metric.latency)
