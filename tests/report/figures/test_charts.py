from drawn import row, text_of
from made import CALLBACK, NATIVE, estimated
from msgspec.structs import replace

from compare.analysis import metrics
from compare.analysis.outcome import Outcome, Reliability
from compare.contract import Paradigm, Server
from compare.harness import simulated
from compare.records import Contestant
from compare.report.figures import charts
from compare.report.figures.charts import Chart, view
from compare.report.words import lines

RUN = simulated.run([], simulated.measurer())
THROUGHPUT = view(metrics.THROUGHPUT)
CPU = view(metrics.CPU, title="CPU")


def rows(contestant=NATIVE, levels=(1, 10, 100)):
    return [row([10.0 * n, 10.1 * n, 9.9 * n], contestant, n) for n in levels]


def drawn(chart, some, folder):
    files = charts.draw(chart, some, "A verdict.", RUN, folder)
    return text_of(folder / f"{chart.name}.svg") if files else ""


def test_a_chart_has_a_panel_for_each_server_with_the_question_and_the_verdict(tmp_path):
    tornado = Contestant(Server.TORNADO, Paradigm.NATIVE)
    words = drawn(Chart("c", "How many?", (THROUGHPUT,)), rows() + rows(tornado), tmp_path)
    for text in ("How many?", "A verdict.", "tornado", "aiohttp", "answers per second, log scale"):
        assert f"<!-- {text} -->" in words


def test_a_view_nothing_was_measured_of_takes_no_space(tmp_path):
    words = drawn(Chart("c", "How many?", (THROUGHPUT, CPU)), rows(), tmp_path)
    assert "aiohttp" in words
    assert "aiohttp  CPU" not in words


def test_a_chart_of_nothing_is_no_file(tmp_path):
    assert charts.draw(Chart("c", "How many?", (CPU,)), rows(), "", RUN, tmp_path) == []
    assert charts.draw(Chart("c", "How many?", (THROUGHPUT,)), [], "", RUN, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_other_servers_panel_says_that_it_is_empty(tmp_path):
    silent = rows(Contestant(Server.TORNADO, Paradigm.NATIVE))
    tornado = [estimated(one, throughput_rps=replace(one.throughput_rps, value=0.0)) for one in silent]
    words = drawn(Chart("c", "How many?", (THROUGHPUT,)), rows() + tornado, tmp_path)
    assert "<!-- nothing measured here -->" in words


def test_the_ceiling_is_drawn_where_a_view_names_it(tmp_path):
    some = [replace(one, ceiling_rps=one.in_flight / 0.1) for one in rows()]
    named = view(metrics.THROUGHPUT, ceiling="ceiling: n / wait")
    words = drawn(Chart("c", "How many?", (named,)), some, tmp_path)
    assert "<!-- ceiling: n / wait -->" in words
    assert "stroke-dasharray: 5" in words
    assert "stroke-dasharray: 5" not in drawn(Chart("d", "How many?", (THROUGHPUT,)), some, tmp_path)


def test_a_server_that_stopped_is_a_cross_with_its_count_where_a_view_has_a_ceiling(tmp_path):
    stopped = Reliability(servers=9, collapsed=3, collapsed_after_s=(0.4, 0.5, 0.6))
    some = [*rows(), replace(rows(CALLBACK)[-1], reliability=stopped)]
    named = view(metrics.THROUGHPUT, ceiling="ceiling: n / wait")
    words = drawn(Chart("c", "How many?", (named,)), some, tmp_path)
    assert "<!-- callback 3/9 stopped -->" in words
    assert "stopped" not in drawn(Chart("d", "How many?", (named,)), rows(), tmp_path)


def test_a_row_that_failed_is_a_cross_and_where_every_server_stopped_the_line_ends(tmp_path):
    failed = replace(rows(CALLBACK)[-1], rounds=(), failure="The server did not start.", valid=False)
    named = view(metrics.THROUGHPUT, ceiling="ceiling: n / wait")
    words = drawn(Chart("c", "How many?", (named,)), [*rows(), failed], tmp_path)
    assert "<!-- callback failed -->" in words
    last = rows()[-1]
    stopped = tuple(replace(one, outcome=Outcome.COLLAPSED) for one in last.rounds)
    dead = replace(
        last, rounds=stopped, reliability=Reliability(servers=len(stopped) + 1, collapsed=len(stopped))
    )
    (line,) = lines([*rows()[:-1], dead], lambda row: row.throughput_rps, charts.in_flight)
    assert [point.x for point in line.points] == [row.in_flight for row in rows()[:-1]]


def test_categories_are_names_on_an_axis_that_is_no_scale(tmp_path):
    chart = Chart(
        "c", "Which?", (THROUGHPUT,), across=lambda s: 0, across_label="what", categories=("sleep", "http")
    )
    words = drawn(chart, rows(levels=(1,)), tmp_path)
    assert "<!-- sleep -->" in words
    assert "<!-- what -->" in words, "not a log scale"


def test_numbers_that_would_run_into_each_other_are_left_out():
    assert charts._apart([1, 10, 100, 1000])
    assert charts._apart([7])
    assert not charts._apart([500, 510, 1000])


def test_every_line_is_named(tmp_path):
    words = drawn(Chart("c", "How many?", (THROUGHPUT,)), rows() + rows(CALLBACK), tmp_path)
    assert "<!-- native -->" in words
    assert "<!-- callback -->" in words
