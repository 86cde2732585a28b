import pytest
from drawn import made
from msgspec.structs import replace

from compare.contract.option_table import OPTIONS
from compare.experiments import catalogue
from compare.experiments.catalogue import EXPERIMENTS
from compare.experiments.options import Options, Preset

everyone = pytest.mark.parametrize("name", EXPERIMENTS)
THREADS = next(option for option in OPTIONS if option.field == "threads")


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
    assert catalogue.duration_s(concurrency, Options(Preset.FULL)) < 40 * 60


@everyone
@pytest.mark.parametrize(("preset", "limit_s"), [(Preset.QUICK, 60), (Preset.DEFAULT, 300)])
def test_every_experiment_keeps_the_promise_of_its_preset(name, preset, limit_s):
    assert catalogue.duration_s(EXPERIMENTS[name], Options(preset)) < limit_s


@everyone
def test_rounds_asked_for_win_over_the_presets(name):
    assert catalogue.rounds(EXPERIMENTS[name], Options(rounds=4)) == 4


def test_the_presets_measure_once_three_times_and_ten_times():
    rounds = [catalogue.rounds(EXPERIMENTS["concurrency"], Options(preset)) for preset in Preset]
    assert rounds == [1, 3, 10]


def test_an_option_counts_as_unused_where_no_value_of_it_changes_the_plan():
    asked = Options(concurrency=(10,), delay_s=0.2)
    assert catalogue.unused(catalogue.EXPERIMENTS["concurrency"], asked) == []
    assert catalogue.unused(catalogue.EXPERIMENTS["latency"], asked) == ["--concurrency"]
    assert catalogue.unused(catalogue.EXPERIMENTS["latency"], Options()) == []
