import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from watching import Notes, Quiet

from compare import bench, findings, preparing, records
from compare.analysis.summary import summarise
from compare.bench import Ask
from compare.contract import Paradigm, Server
from compare.engine.ready import Ready, Seen
from compare.experiments import concurrency
from compare.experiments.options import Options, Preset
from compare.experiments.slow import TooSlowError
from compare.harness import simulated
from compare.harness.companions import CompanionError
from compare.preparing import CannotStartError
from compare.records import Cell, Closed, Contestant, Measurement, NotMeasured, rate_rps
from compare.report import exports


def run(tmp_path, options=None, measure=None, experiments=("concurrency",), **more):
    ask = Ask(experiments, options or Options(preset=Preset.QUICK), out=tmp_path)
    return bench.run(ask, Notes(), measure=measure or simulated.measurer(), sentry=Quiet(), **more)


def test_every_round_of_every_experiment_is_measured_one_after_the_other(tmp_path):
    options = Options(preset=Preset.QUICK, rounds=2, servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,))
    outcome = run(tmp_path, options, experiments=("pool", "concurrency"), keep=lambda *_: None)
    order = [(one.cell.experiment, one.cell.round) for one in outcome.run.measurements]
    assert list(dict.fromkeys(order)) == [
        (name, number) for name in ("pool", "concurrency") for number in (0, 1)
    ]


def test_cells_that_depend_on_what_was_measured_come_in_a_second_stage(tmp_path):
    options = Options(preset=Preset.QUICK, servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,))
    outcome = run(tmp_path, options, experiments=("latency",), keep=lambda *_: None)
    rates = [rate_rps(one.cell.load) for one in outcome.run.measurements]
    assert len(rates) == outcome.run.planned == 3
    assert rates[2] is not None
    assert rates[2] > 1000, "half of the capacity of the simulated server"


def test_options_that_leave_nothing_to_measure_cannot_start(tmp_path):
    with pytest.raises(CannotStartError, match="nothing to measure"):
        run(tmp_path, Options(paradigms=()))
    assert not list(tmp_path.iterdir())


def test_a_whole_benchmark_runs_without_servers_and_without_waiting(tmp_path):
    outcome = run(tmp_path)
    assert not outcome.stopped
    assert len(outcome.run.measurements) == outcome.run.planned > 20
    assert records.read(outcome.folder).planned == outcome.run.planned


def test_what_was_kept_says_the_same_as_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(concurrency, "draw", lambda *_: [])
    outcome = run(tmp_path, Options(preset=Preset.QUICK, servers=(Server.AIOHTTP,)))
    kept = records.read(outcome.folder)
    assert (
        findings.finish(kept, outcome.folder).sentences
        == findings.finish(outcome.run, outcome.folder).sentences
    )


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=[pytest.mark.full, pytest.mark.alone])])
def test_a_thousand_cells_take_under_five_seconds(tmp_path, count):
    one = simulated.measurer()(Cell("concurrency", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(10)))
    start = time.process_time()
    options = Options(
        rounds=count, servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,), concurrency=(10,)
    )
    outcome = run(
        tmp_path, options, lambda cell: Measurement(cell, samples=one.samples), keep=lambda *_: None
    )
    assert len(outcome.run.measurements) == count
    assert time.process_time() - start < 5


def test_ctrl_c_stops_with_what_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(concurrency, "draw", lambda *_: [])
    measure = simulated.measurer()
    made = []

    def stopping(cell):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(cell)
        return measure(cell)

    outcome = run(tmp_path, measure=stopping)
    assert outcome.stopped
    assert len(outcome.run.measurements) == 3
    assert set(findings.finish(outcome.run, outcome.folder).sentences) == {"concurrency"}


def test_cells_of_a_missing_face_are_not_made_and_are_told_apart_from_failures(tmp_path, monkeypatch):
    reason = NotMeasured("my:work", Paradigm.NATIVE, "not measured: my:work has no native face")

    @contextmanager
    def ready(*_, **__):
        yield Ready(simulated.measurer(), Seen((reason,)))

    monkeypatch.setattr(preparing, "measuring", ready)
    monkeypatch.setattr(concurrency, "draw", lambda *_: [])
    options = Options(
        preset=Preset.QUICK, work="my:work", paradigms=(Paradigm.NATIVE, Paradigm.CALLBACK), concurrency=(5,)
    )
    outcome = bench.run(Ask(options=options, out=tmp_path), Notes(), sentry=Quiet())
    assert {one.cell.contestant.paradigm for one in outcome.run.measurements} == {Paradigm.CALLBACK}
    assert outcome.run.planned == len(outcome.run.measurements) == 2
    found = findings.finish(records.read(outcome.folder), outcome.folder)
    assert found.not_measured == ["Not measured: native, because my:work has no native face."]
    for file in ("report.html", "summary.md"):
        assert "my:work has no native face" in (outcome.folder / file).read_text()


def test_a_work_without_any_face_that_was_asked_for_cannot_start(tmp_path, monkeypatch):
    @contextmanager
    def ready(*_, **__):
        reason = NotMeasured("my:work", Paradigm.NATIVE, "my:work has no native face")
        yield Ready(simulated.measurer(), Seen((reason,)))

    monkeypatch.setattr(preparing, "measuring", ready)
    options = Options(preset=Preset.QUICK, work="my:work", paradigms=(Paradigm.NATIVE,))
    with pytest.raises(CannotStartError, match="Not measured: native, because my:work has no native face"):
        bench.run(Ask(options=options, out=tmp_path), Notes(), sentry=Quiet())
    assert not list(tmp_path.iterdir())


def test_too_few_open_files_are_told_before_anything_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(preparing.resource, "getrlimit", lambda _: (300, 1163))
    options = Options(Preset.QUICK, (Server.AIOHTTP,), (Paradigm.NATIVE,), concurrency=(10, 1000))
    with pytest.raises(CannotStartError) as refused:
        bench.run(Ask(options=options, out=tmp_path), Notes(), sentry=Quiet())
    assert str(refused.value) == (
        "1,000 in flight need 1,164 open files in each process, and the hard limit is 1,163 (ulimit -Hn): raise it in "
        "this shell with `sudo prlimit --pid $$ --nofile=1164`, or ask for fewer, such as --concurrency 100."
    )
    assert not list(tmp_path.iterdir())


@pytest.fixture
def slow_work(monkeypatch):
    """Let the work be found to take two seconds, and its native face to block the loop."""

    @contextmanager
    def ready(*_, **__):
        yield Ready(simulated.measurer(), Seen(took_s=2.0, blocking=("my:work",)))

    monkeypatch.setattr(preparing, "measuring", ready)
    monkeypatch.setattr(concurrency, "draw", lambda *_: [])


@pytest.mark.usefixtures("slow_work")
def test_a_slow_work_of_ones_own_is_measured_in_windows_that_hold_it(tmp_path):
    heard = Notes()
    options = Options(Preset.QUICK, (Server.AIOHTTP,), (Paradigm.NATIVE,), concurrency=(5,), work="my:work")
    outcome = bench.run(Ask(options=options, out=tmp_path), heard, sentry=Quiet())
    assert {one.cell.load.duration_s for one in outcome.run.measurements} == {4.0}
    assert any(remark.startswith("my:work takes 2.00 s: windows") for remark in heard.remarks)
    found = findings.finish(records.read(outcome.folder), outcome.folder)
    assert "is not a result: this native face blocks the loop: ping waited" in found.doubts["concurrency"][0]


@pytest.mark.usefixtures("slow_work")
def test_a_slow_work_that_the_preset_cannot_hold_leaves_nothing(tmp_path):
    options = Options(Preset.QUICK, work="my:work")
    with pytest.raises(TooSlowError, match="not the 45 s of the preset quick"):
        bench.run(Ask(options=options, out=tmp_path), Notes(), sentry=Quiet())
    assert not list(tmp_path.iterdir())


def test_rows_are_in_the_order_of_every_table(tmp_path, monkeypatch):
    monkeypatch.setattr(concurrency, "draw", lambda *_: [])
    outcome = run(tmp_path)
    rows = findings.finish(outcome.run, outcome.folder).summaries
    servers, paradigms = list(Server), list(Paradigm)
    places = [
        (servers.index(one.contestant.server), paradigms.index(one.contestant.paradigm), one.in_flight)
        for one in rows
        if one.contestant.threads is None
    ]
    assert len(places) > 10
    assert places == sorted(places)


def test_a_work_that_cannot_be_done_stops_everything_before_a_server_is_started(tmp_path, monkeypatch):
    def failing(*_, **__):
        raise CompanionError("There is no database.")

    monkeypatch.setattr(preparing, "companions", failing)
    ask = Ask(options=Options(preset=Preset.QUICK, work="postgres"), out=tmp_path)
    with pytest.raises(CannotStartError, match="There is no database"):
        bench.run(ask, Notes())
    assert not list(tmp_path.iterdir())


def test_two_real_cells_from_options_to_charts(tmp_path):
    options = Options(
        preset=Preset.QUICK, paradigms=(Paradigm.NATIVE,), concurrency=(5,), delay_s=0.05, duration_s=0.2
    )
    outcome = bench.run(Ask(options=options, out=tmp_path), Notes(), sentry=Quiet())
    made = outcome.run.measurements
    assert [one.failure for one in made] == [None, None]
    assert all(one.usage.cpu_s > 0 and one.noise is not None and one.loop_lag_s is not None for one in made)
    assert outcome.run.environment.cpus > 0
    found = findings.finish(outcome.run, outcome.folder)
    assert len(found.summaries) == 2
    assert {path.suffix for path in found.files} >= {".png", ".svg", ".html", ".csv", ".md"}


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "compare.bench", "nope"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "There is no experiment 'nope'" in done.stderr


@pytest.mark.parametrize("name", ["concurrency", "overload"])
def test_a_run_without_its_samples_says_the_same_and_what_it_cannot_draw(name, tmp_path):
    options = Options(
        preset=Preset.QUICK, servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,), concurrency=(20,)
    )
    outcome = run(tmp_path, options, experiments=(name,))
    whole = exports.csv_text(summarise(records.read(outcome.folder)))
    for file in outcome.folder.glob("samples*.npz"):
        file.unlink()
    light = records.read(outcome.folder)
    assert all(one.samples is None for one in light.measurements)
    assert exports.csv_text(summarise(light)) == whole
    found = findings.finish(light, outcome.folder)
    missing = ["overload cannot be drawn: the samples of this run were left out."]
    assert found.not_drawn == (missing if name == "overload" else [])
