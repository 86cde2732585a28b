import os
import signal

import numpy as np
import pytest

from compare.analysis.observed import course_of
from compare.contract import Accept, Paradigm, Server
from compare.contract.settings import default_threads
from compare.harness import environment, load, probe
from compare.harness.ahead import Ahead
from compare.harness.environment import Pinning, pinning
from compare.harness.load import LoadError
from compare.harness.measure import Harness, Refusals, server_of
from compare.harness.monitor import Monitor
from compare.harness.probe import ContractBrokenError
from compare.records import Abandoned, Cell, Closed, Contestant, Measurement, Noise

SPREAD = Closed(64, delay_s=0.02, duration_s=0.3, warmup_s=0.1, timeout_s=60.0)
SHORT = Closed(8, delay_s=0.02, duration_s=0.3, warmup_s=0.1, timeout_s=60.0)


def cell(paradigm=Paradigm.NATIVE, server=Server.AIOHTTP, wanted=SHORT, **more):
    return Cell("concurrency", Contestant(server, paradigm, **more), wanted)


class Calm:
    """A sentry that writes down when it is asked."""

    def __init__(self, asked=None):
        self.asked = [] if asked is None else asked

    def before_cell(self):
        self.asked.append("before")

    def cell(self):
        self.asked.append("after")
        return Noise(0, 0, 0, 1)


def test_a_refused_contestant_is_a_whole_measurement_of_a_server_that_was_never_started(monkeypatch):
    monkeypatch.setattr(Harness, "_start", pytest.fail)
    where, calm = environment.read(), Calm()
    wanted = cell(Paradigm.CALLBACK, work="postgres")
    refusals = Refusals({(server_of(wanted.contestant), Paradigm.CALLBACK): "No."})
    harness = Harness(environment=where, sentry=calm, limits={"postgres": 100}, refusals=refusals)
    made = harness.measure(wanted)
    assert made == Measurement(wanted, where, "No.", noise=Noise(0, 0, 0, 1), limit=100)
    assert calm.asked == ["before", "after"]


@pytest.fixture
def noted(monkeypatch):
    """What a harness does, in order; its servers are only named."""
    notes = []

    class Begun:
        def end(self):
            notes.append("end")

    monkeypatch.setattr(Harness, "_start", lambda _, one: notes.append(f"start {one.server}") or Begun())
    monkeypatch.setattr(
        Harness,
        "_measured",
        lambda _, one, begun: notes.append(f"measure {one.contestant.server}") or Measurement(one),
    )
    return notes


def test_the_server_of_the_cell_that_was_announced_starts_when_this_one_is_measured(noted):
    with Ahead() as ahead:
        harness = Harness(sentry=Calm(noted), ahead=ahead)
        ahead.announce(cell(server=Server.TORNADO))
        harness.measure(cell())
        assert noted == ["before", "start aiohttp", "measure aiohttp", "after", "before", "start tornado"]
        noted.clear()
        ahead.announce(None)
        harness.measure(cell(server=Server.TORNADO))
        assert noted == ["measure tornado", "after"]


def test_where_another_cell_is_measured_than_was_announced_its_own_server_is_started(noted):
    with Ahead() as ahead:
        harness = Harness(sentry=Calm(noted), ahead=ahead)
        ahead.announce(cell(server=Server.TORNADO))
        harness.measure(cell())
        noted.clear()
        ahead.announce(None)
        harness.measure(cell())
        assert noted == ["end", "before", "start aiohttp", "measure aiohttp", "after"]


def test_no_server_is_started_for_a_refused_cell_that_was_announced(noted):
    wanted = cell(server=Server.TORNADO)
    refusals = Refusals({(server_of(wanted.contestant), Paradigm.NATIVE): "No."})
    with Ahead() as ahead:
        ahead.announce(wanted)
        Harness(ahead=ahead, refusals=refusals).measure(cell())
    assert noted == ["start aiohttp", "measure aiohttp"]


@pytest.mark.parametrize("server", [Server.TORNADO, pytest.param(Server.AIOHTTP, marks=pytest.mark.full)])
def test_a_measurement_holds_everything_a_cell_records(server):
    made = Harness(pinning()).measure(cell(Paradigm.CALLBACK, server))
    assert made.failure is None
    assert set(made.samples.status.tolist()) == {200}
    assert made.samples.window_s == pytest.approx(0.3)
    assert np.nanmin(made.samples.io_s) >= 0.0199
    assert set(made.bystander.status.tolist()) == {200}
    assert 10 <= len(made.bystander.status) <= 20, "fifty pings a second"
    assert made.usage.window_s == pytest.approx(0.3)
    assert 0 < made.usage.cpu_s < 0.3
    assert 0 < made.usage.rss_idle_bytes <= made.usage.rss_peak_bytes
    assert 2 <= made.usage.threads_peak <= 12
    assert made.usage.voluntary_switches > 10
    assert made.usage.open_files_peak >= 8
    assert made.generator.connections == 8
    assert made.pool_threads == default_threads()
    assert made.shares == ()
    assert made.loop_lag_s.max >= made.loop_lag_s.p50 >= 0
    assert course_of(made) == ()


def test_idle_memory_is_read_after_a_hundred_requests_and_the_blank_is_kept_with_it(monkeypatch):
    asked, real = [], Monitor.__enter__

    def warm(*_):
        asked.append("warm")

    def entered(self):
        asked.append("watched")
        return real(self)

    monkeypatch.setattr(probe, "warm", warm)
    monkeypatch.setattr(Monitor, "__enter__", entered)
    wanted = cell(Paradigm.EXECUTOR, threads=3)
    made = Harness(blanks={server_of(wanted.contestant): 0.02}).measure(wanted)
    assert asked == ["warm", "watched"]
    assert made.blank_cpu_share == 0.02


def test_what_clients_that_left_leave_running_is_watched_until_it_ends():
    leaving = Abandoned(10, delay_s=1.0, duration_s=0.2, warmup_s=0.2)
    made = Harness().measure(cell(Paradigm.CALLBACK, wanted=leaving))
    # they end one by one from the first moment on, and are asked after now and then
    assert 3 <= max(count for _, count in course_of(made)) <= 10
    assert course_of(made)[-1][1] == 0


def test_native_work_leaves_nothing_running():
    leaving = Abandoned(10, delay_s=0.5, duration_s=0.2, warmup_s=0.2)
    assert course_of(Harness().measure(cell(Paradigm.NATIVE, wanted=leaving))) == ()


def test_a_server_that_does_not_start_fails_the_cell_with_its_last_words():
    made = Harness().measure(cell(work="no_such_module:attribute"))
    assert "ended before it was ready" in made.failure
    assert "no_such_module" in made.failure
    assert made.samples is None
    assert made.usage is None


def test_a_server_that_answers_otherwise_is_not_timed(monkeypatch):
    def broken(*_):
        raise ContractBrokenError("It answered 500.")

    monkeypatch.setattr(probe, "check", broken)
    monkeypatch.setattr(load, "run", pytest.fail)
    assert Harness().measure(cell()).failure == "It answered 500."


def test_a_generator_that_cannot_work_fails_the_cell(monkeypatch):
    def failing(*_, **__):
        raise LoadError("No generator.")

    monkeypatch.setattr(load, "run", failing)
    assert Harness().measure(cell()).failure == "No generator."


def test_a_server_that_crashes_under_the_load_fails_the_cell(tmp_path, monkeypatch):
    (tmp_path / "crashing.py").write_text(
        "import os, sys\n"
        "async def native(delay_s):\n"
        "    if delay_s == 0.02: sys.stderr.write('out of luck\\n'); sys.stderr.flush(); os._exit(7)\n"
        "    import asyncio; await asyncio.sleep(delay_s); return b'x'\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "crash.py").write_text("import crashing\nwork = crashing\n")
    made = Harness().measure(cell(work="crash:work"))
    assert "ended during the measurement (exit code 7)" in made.failure
    assert "out of luck" in made.failure


def test_of_several_workers_the_whole_tree_is_measured_and_each_ones_share_is_kept():
    made = Harness().measure(cell(wanted=SPREAD, workers=2, accept=Accept.SHARED))
    assert made.failure is None
    assert len(made.shares) == 2
    assert sum(made.shares) >= np.sum(made.samples.status == 200)
    assert made.usage.rss_idle_bytes > 60_000_000, "one worker has 35 MB"
    assert made.usage.threads_peak >= 3, "one of the supervisor, and one of each worker"


def test_a_worker_that_is_killed_is_not_begun_anew_and_the_cell_says_what_happened(monkeypatch):
    real, killed = load.run, []

    def run(url, *args, **kwargs):
        rows = probe.everyone(url[: url.index("/io/")]).workers
        killed.append(rows[0].pid)
        os.kill(rows[0].pid, signal.SIGKILL)
        return real(url, *args, **kwargs)

    monkeypatch.setattr(load, "run", run)
    made = Harness().measure(cell(wanted=SPREAD, workers=2))
    assert made.samples is None
    assert "The server ended during the measurement (exit code 1)." in made.failure
    assert f"(process {killed[0]}) was killed by SIGKILL; its last words: nothing" in made.failure
    assert "begins" not in made.failure


def test_a_preflight_asks_one_server_every_paradigm_and_names_those_refused(monkeypatch):
    real, asked = probe.check, []

    def check(url, contestant):
        asked.append((url, contestant.paradigm))
        if contestant.paradigm is Paradigm.CALLBACK:
            raise ContractBrokenError("It answered 500.")
        real(url, contestant)

    monkeypatch.setattr(probe, "check", check)
    harness, tornado = Harness(), Contestant(Server.TORNADO, Paradigm.NATIVE)
    refused = harness.preflight(tornado, tuple(Paradigm))
    assert refused == {Paradigm.CALLBACK: "It answered 500."}
    assert list(harness.blanks) == [tornado]
    assert 0 < harness.blanks[tornado] < 1, "fifty pings a second, twenty milliseconds of ticks, /stats"
    assert [paradigm for _, paradigm in asked] == list(Paradigm)
    assert len({url for url, _ in asked}) == 1


def test_a_blank_that_cannot_be_measured_stops_nothing(monkeypatch):
    def failing(*_, **__):
        raise LoadError("No generator.")

    monkeypatch.setattr(load, "run", failing)
    harness = Harness()
    assert harness.preflight(Contestant(Server.AIOHTTP, Paradigm.NATIVE), (Paradigm.NATIVE,)) == {}
    assert harness.blanks == {}


def test_rounds_differ_in_the_seed_and_runs_in_theirs(monkeypatch):
    seeds = []

    def failing(*_, seed, **__):
        seeds.append(seed)
        raise LoadError("enough")

    monkeypatch.setattr(load, "run", failing)
    for number in (0, 1):
        Harness(seed=40).measure(Cell("x", Contestant(Server.AIOHTTP, Paradigm.NATIVE), SHORT, round=number))
    assert seeds == [40, 41]


def test_server_and_generator_are_pinned_apart(monkeypatch):
    asked = []

    def failing(*_, cpu, **__):
        asked.append(cpu)
        raise LoadError("enough")

    monkeypatch.setattr(load, "run", failing)
    Harness(Pinning(0, 1)).measure(cell())
    assert asked == [1]


def test_a_server_of_several_workers_is_not_pinned_to_one_cpu(monkeypatch):
    pinned = []
    monkeypatch.setattr("compare.harness.measure.start", lambda _, *, cpu, **__: pinned.append(cpu))
    for workers in (1, 2):
        Harness(Pinning(0, 1))._start(Contestant(Server.AIOHTTP, Paradigm.NATIVE, workers=workers))
    assert pinned == [0, None]
