"""`compare bench` from the command line to files, with real folders and a measuring function without servers."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from click.testing import CliRunner
from running import left
from watching import Quiet

from compare import bench as benchmark
from compare import records
from compare.cli import commands
from compare.commands import pythons
from compare.experiments import concurrency
from compare.harness import simulated
from compare.preparing import CannotStartError
from compare.processes.interpreters import Interpreter
from compare.records import Measurement, Noise

FEW = [
    "--server",
    "aiohttp",
    "--paradigm",
    "native",
    "--paradigm",
    "callback",
    "--concurrency",
    "10,100",
    "--rounds",
    "1",
]


def drawn(summaries, run, folder):
    """Stand for the figures, which take a second to draw and have tests of their own."""
    chart = folder / "concurrency-throughput.png"
    chart.touch()
    return [chart]


@pytest.fixture
def compare(tmp_path, monkeypatch):
    """Run `compare bench`, measuring with `measure` instead of real servers; results go to a folder of the test's."""

    real = benchmark.run
    monkeypatch.setattr(concurrency, "draw", drawn)

    def run(*words, measure=None):
        made = measure or simulated.measurer()
        monkeypatch.setattr(
            benchmark, "run", lambda ask, watcher: real(ask, watcher, measure=made, sentry=Quiet())
        )
        return CliRunner().invoke(commands, ["bench", *words, "--out", str(tmp_path)], standalone_mode=False)

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


def the_folder(tmp_path):
    (folder,) = tmp_path.iterdir()
    return folder


def test_a_run_leaves_records_charts_report_and_summaries_and_says_where(compare, tmp_path):
    result = compare(*FEW)
    assert result.return_value == 0, result.output
    folder = the_folder(tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert {"run.json", "samples.npz", "summary.csv", "summary.md", "report.html"} <= names
    assert len(records.read(folder).measurements) == 4
    assert f"Report: {folder}/report.html" in result.stdout
    assert f"Chart:  {folder}/concurrency-throughput.png" in result.stdout
    assert "aiohttp native" in result.stdout


def test_the_folder_is_named_by_time_experiment_and_preset(compare, tmp_path):
    compare(*FEW, "--quick")
    stamp, _, name = the_folder(tmp_path).name.partition("-")
    assert len(stamp) == 8
    assert name.partition("-")[2] == "concurrency-quick"


def test_the_folder_may_be_given_a_name(compare, tmp_path):
    compare(*FEW, "--name", "before")
    assert the_folder(tmp_path).name.endswith("-before")


def test_what_was_asked_is_what_is_planned_and_recorded(compare, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["compare", "bench", "--seed", "7"])
    compare(*FEW, "--seed", "7", "--delay", "0.2", "--duration", "0.5", "--loop", "uvloop", "--rounds", "2")
    run = records.read(the_folder(tmp_path))
    assert (run.seed, run.command, run.planned) == (7, "compare bench --seed 7", 8)
    cells = [one.cell for one in run.measurements]
    assert {cell.load.delay_s for cell in cells} == {0.2}
    assert {cell.load.duration_s for cell in cells} == {0.5}
    assert {cell.contestant.loop for cell in cells} == {"uvloop"}
    assert {cell.round for cell in cells} == {0, 1}


def test_a_password_in_a_dsn_is_not_recorded(compare, tmp_path, monkeypatch):
    dsn = "postgresql://me:hunter2@db/x"
    monkeypatch.setattr(sys, "argv", ["compare", "bench", "--dsn", dsn, f"--dsn={dsn}"])
    compare(*FEW, "--dsn", dsn)
    assert records.read(the_folder(tmp_path)).command == "compare bench --dsn ... --dsn=..."
    assert not [path for path in the_folder(tmp_path).iterdir() if b"hunter2" in path.read_bytes()]


def test_ctrl_c_keeps_and_draws_what_was_measured(compare, tmp_path):
    measure, made = simulated.measurer(), []

    def stopped(cell):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(cell)
        return measure(cell)

    result = compare(*FEW, measure=stopped)
    assert result.return_value == 130
    assert "Stopped after 2 of 4 cells" in result.stderr
    run = records.read(the_folder(tmp_path))
    assert [one.cell for one in run.measurements] == made
    assert (the_folder(tmp_path) / "report.html").exists()


def test_ctrl_c_before_the_first_cell_leaves_no_folder(compare, tmp_path):
    def stopped(cell):
        raise KeyboardInterrupt

    assert compare(*FEW, measure=stopped).return_value == 130
    assert not list(tmp_path.iterdir())


def test_a_failed_cell_is_told_with_its_reason_and_the_others_stand(compare):
    measure = simulated.measurer()

    def failing(cell):
        bad = cell.contestant.paradigm == "callback"
        return Measurement(cell, failure="It crashed.") if bad else measure(cell)

    result = compare(*FEW, measure=failing)
    assert result.return_value == 0
    assert "2 of 4 cells failed, the first with: It crashed." in result.stderr
    assert "aiohttp callback at 10 in flight is not a result: It crashed." in result.stdout


def test_a_failed_cell_that_a_noisy_round_measured_again_is_counted_once(compare, tmp_path):
    stolen = Noise(0, steal_share=1, pressure_share=0, spin_ratio=1, noisy=True)
    one = ["--server", "aiohttp", "--paradigm", "native", "--concurrency", "10", "--rounds", "1"]
    result = compare(*one, measure=lambda cell: Measurement(cell, failure="It crashed.", noise=stolen))
    assert len(records.read(the_folder(tmp_path)).measurements) == 2
    assert "1 of 1 cells failed, the first with: It crashed." in result.stderr


def test_a_run_in_which_every_cell_failed_is_a_failure(compare):
    result = compare(*FEW, measure=lambda cell: Measurement(cell, failure="It crashed."))
    assert result.return_value == 1


def test_strict_makes_invalid_rows_exit_code_3(compare):
    measure = simulated.measurer()

    def failing(cell):
        bad = cell.contestant.paradigm == "callback"
        return Measurement(cell, failure="It crashed.") if bad else measure(cell)

    result = compare(*FEW, "--strict", measure=failing)
    assert result.return_value == 3
    assert "--strict: 2 of 4 rows are invalid." in result.stderr
    assert compare(*FEW, "--strict", "--name", "other").return_value == 0


@pytest.mark.parametrize("error", [CannotStartError("No server."), records.RecordsError("Disk full.")])
def test_what_stops_a_run_is_one_sentence_and_exit_code_1(error, monkeypatch, tmp_path):
    def failing(ask, watcher):
        raise error

    monkeypatch.setattr(benchmark, "run", failing)
    result = CliRunner().invoke(commands, ["bench", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert result.output == f"Error: {error}\n"
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_an_unwritable_results_folder_is_told_before_anything_is_measured(tmp_path):
    (tmp_path / "file").touch()
    result = CliRunner().invoke(commands, ["bench", "--out", str(tmp_path / "file")])
    assert result.exit_code == 1
    assert "Error: Cannot write results to" in result.output
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


TINY = [
    "--server",
    "tornado",
    "--paradigm",
    "native",
    "--concurrency",
    "5",
    "--duration",
    "0.2",
    "--delay",
    "0.05",
]


@pytest.fixture
def real(tmp_path):
    """A real `compare bench` of many rounds in a process of its own, from its first kept cell on."""
    command = [sys.executable, "-m", "compare", "bench", *TINY, "--rounds", "50", "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr:
                if line.startswith("[3/"):  # of 50, or more when the machine is busy
                    break
            yield process
        finally:  # leaving the block waits for its end, and a test's timeout would not be one
            process.kill()


def family(process):
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.full  # `tests/engine/test_killed.py` shows it with a run of one contestant
def test_kill_9_in_the_middle_of_a_run_leaves_readable_results_and_no_process(real, tmp_path):
    children = family(real)
    while not children:  # between two servers there may be none for a moment
        children = family(real)
    os.kill(real.pid, signal.SIGKILL)
    real.wait()
    assert not left(children)
    run = records.read(the_folder(tmp_path))
    assert len(run.measurements) >= 2
    assert all(one.failure is None and len(one.samples.status) for one in run.measurements)


@pytest.mark.full  # it draws five charts; a simulated run is stopped and drawn above
def test_ctrl_c_in_the_middle_of_a_real_run_draws_what_is_there_and_leaves_no_process(real, tmp_path):
    children = family(real)
    real.send_signal(signal.SIGINT)
    out, _ = real.communicate(timeout=120)
    assert real.returncode == 130
    assert "report.html" in out
    assert not left(children)
    assert (the_folder(tmp_path) / "concurrency-throughput.png").exists()


def test_sigterm_is_answered_as_ctrl_c_is(compare):
    def measure(_cell):
        signal.raise_signal(signal.SIGTERM)

    result = compare(*FEW, measure=measure)
    assert result.return_value == 130
    assert "Stopped before anything was measured." in result.stderr


def test_environments_that_nobody_named_hinder_no_other_experiment(compare, tmp_path, monkeypatch):
    here = Interpreter("3.13", "/opt/python3.13", "3.13.0", "CPython", False, True, {})
    monkeypatch.setattr(pythons, "chosen", lambda named, default: {"3.13": here} if default else {})
    result = compare(
        "pythons", "aa", "--quick", "--rounds", "1", "--server", "aiohttp", "--paradigm", "native"
    )
    assert result.return_value == 0, result.output
    run = records.read(the_folder(tmp_path))
    assert {one.cell.contestant.python for one in run.measurements} == {"", "3.13"}
    assert run.interpreters.keys() == {"3.13"}
