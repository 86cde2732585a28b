import csv
import sys

import pytest
from drawn import made
from msgspec.structs import replace
from watching import Notes, Quiet

from compare import bench, experiments, findings
from compare.analysis.decide import LOOKS
from compare.bench import Ask
from compare.contract import Paradigm, Server
from compare.contract.option_table import OPTIONS
from compare.experiments import catalogue
from compare.experiments.catalogue import EXPERIMENTS
from compare.experiments.options import Options, Preset
from compare.harness import simulated
from compare.screen import listing

everyone = pytest.mark.parametrize("name", EXPERIMENTS)
THREADS = next(option for option in OPTIONS if option.field == "threads")


MADE_UP = """
from compare.analysis.metrics import THROUGHPUT
from compare.contract import Paradigm
from compare.records import Cell, Closed
from compare.report.figures import charts
from compare.report.figures.charts import Chart, view
from compare.report.verdict import match
from compare.report.words import versus

NAME = "sneezing"
QUESTION = "Does it sneeze?"


def plan(options):
    return [Cell(NAME, one, Closed(20, 0.1, 0.5)) for one in options.contestants()]


def sides(summaries, paradigm):
    return [one for one in summaries if one.contestant.paradigm is paradigm and one.experiment == NAME]


def say(summaries):
    pairs = match(sides(summaries, Paradigm.NATIVE), sides(summaries, Paradigm.BLOCKING))
    return versus(pairs, ("sneezing native", "sneezing blocking"), THROUGHPUT)


def answer(summaries, run):
    return "It does not sneeze at all."


def draw(summaries, run, folder):
    chart = Chart(NAME, QUESTION, (view(THROUGHPUT),))
    return charts.draw(chart, [one for one in summaries if one.experiment == NAME], "No.", run, folder)
"""


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """A new experiment: one more file in the package's folder."""
    (tmp_path / "sneezing.py").write_text(MADE_UP)
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(tmp_path)])
    monkeypatch.setattr(catalogue, "EXPERIMENTS", catalogue.found(experiments.__path__))
    yield "sneezing"
    sys.modules.pop("compare.experiments.sneezing", None)
    monkeypatch.delattr(experiments, "sneezing")


def test_a_new_experiment_is_one_file_and_shows_in_list_table_csv_chart_and_words(made_up, tmp_path):
    assert list(catalogue.EXPERIMENTS)[-1] == made_up
    options = Options(Preset.QUICK, servers=(Server.AIOHTTP,))
    ask = Ask((made_up,), options, out=tmp_path)
    outcome = bench.run(ask, Notes(), measure=simulated.measurer(), sentry=Quiet())
    found = findings.finish(outcome.run, outcome.folder)
    assert any("sneezing native answers" in sentence for sentence in found.sentences[made_up])
    assert {"sneezing.png", "sneezing.svg"} <= {file.name for file in found.files}
    rows = list(csv.DictReader((outcome.folder / "summary.csv").read_text().splitlines()))
    assert {row["experiment"] for row in rows} == {made_up}
    assert len(rows) == len(Paradigm)
    assert "sneezing native answers" in (outcome.folder / "report.html").read_text()
    assert "## sneezing" in (outcome.folder / "summary.md").read_text()
    shown = listing.experiments(
        [(made_up, catalogue.EXPERIMENTS[made_up].QUESTION, dict.fromkeys(Preset, 1))]
    )
    assert "Does it sneeze?" in shown


def test_the_order_names_experiments_that_exist():
    assert set(catalogue.ORDER) <= EXPERIMENTS.keys()


@everyone
def test_every_experiment_has_its_name_and_a_question(name):
    assert name == EXPERIMENTS[name].NAME
    assert EXPERIMENTS[name].QUESTION.endswith("?")


@everyone
@pytest.mark.parametrize("preset", Preset)
def test_every_plan_holds_each_cell_once_under_its_own_name(name, preset):
    cells = EXPERIMENTS[name].plan(Options(preset))
    assert cells
    assert len(set(cells)) == len(cells)
    assert {cell.experiment for cell in cells} == {name}
    assert {cell.round for cell in cells} == {0}


@everyone
@pytest.mark.parametrize("preset", Preset)
def test_every_plan_asks_only_what_a_server_accepts(name, preset):
    for cell in EXPERIMENTS[name].plan(Options(preset)):
        assert cell.load.concurrency >= 1
        assert 0 <= cell.load.delay_s <= 60
        assert cell.load.duration_s > 0
        assert cell.contestant.threads is None or THREADS.ok(cell.contestant.threads)


@everyone
def test_every_answer_is_one_line_of_at_most_20_words(name):
    run, summaries = made(name, Options(Preset.QUICK))
    answer = EXPERIMENTS[name].answer(summaries, run)
    assert answer.endswith(".")
    assert 2 < len(answer.split()) <= 20
    assert EXPERIMENTS[name].answer([], replace(run, measurements=()))


@everyone
def test_a_narrower_question_gives_fewer_cells(name):
    wide = EXPERIMENTS[name].plan(Options())
    one = Options(servers=(wide[0].contestant.server,))
    assert 0 < len(EXPERIMENTS[name].plan(one)) < len(wide)


def test_quick_takes_under_a_minute_and_default_under_five_figures_included():
    concurrency = EXPERIMENTS["concurrency"]
    assert catalogue.duration_s(concurrency, Options(Preset.QUICK)) < 58
    assert catalogue.duration_s(concurrency, Options(Preset.DEFAULT)) < 266
    assert catalogue.duration_s(concurrency, Options(Preset.FULL)) < 28 * 60


def test_machines_divide_the_rounds_of_an_experiment_and_never_a_round():
    switch, full = catalogue.EXPERIMENTS["switch"], Options(Preset.FULL)
    one, four, many = (
        catalogue.duration_s(switch, full, machines) - catalogue.AROUND_S for machines in (1, 4, 999)
    )
    assert four == pytest.approx(one / 4)  # eight rounds
    assert many == pytest.approx(one / 8)


@everyone
@pytest.mark.parametrize(("preset", "limit_s"), [(Preset.QUICK, 60), (Preset.DEFAULT, 300)])
def test_every_experiment_keeps_the_promise_of_its_preset(name, preset, limit_s):
    assert catalogue.duration_s(EXPERIMENTS[name], Options(preset)) < limit_s


@everyone
def test_rounds_asked_for_win_over_the_presets(name):
    assert catalogue.rounds(EXPERIMENTS[name], Options(rounds=4)) == 4


def test_the_presets_measure_once_three_times_and_to_the_last_look():
    rounds = [catalogue.rounds(EXPERIMENTS["concurrency"], Options(preset)) for preset in Preset]
    assert rounds == [1, LOOKS[0], LOOKS[-1]]


def test_an_option_counts_as_unused_where_no_value_of_it_changes_the_plan():
    asked = Options(concurrency=(10,), delay_s=0.2)
    assert catalogue.unused(catalogue.EXPERIMENTS["concurrency"], asked) == []
    assert catalogue.unused(catalogue.EXPERIMENTS["latency"], asked) == ["--concurrency"]
    assert catalogue.unused(catalogue.EXPERIMENTS["latency"], Options()) == []
