"""Undecided pairs are measured on, and looks are recorded; a planted collapse is told in every run."""

import numpy as np
import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from watching import Notes, Quiet

from compare import bench, looks, records
from compare.analysis.decide import Word
from compare.bench import Ask
from compare.commands import bench as command
from compare.contract import Paradigm, Server
from compare.experiments import concurrency
from compare.experiments.options import Options, Preset, expected_s
from compare.harness import simulated
from compare.preparing import CannotStartError
from compare.records import Measurement, SampleStatus

ONE = (Server.AIOHTTP,)
PAIR = (Paradigm.NATIVE, Paradigm.CALLBACK)


def noisy(spread, seed=0, ratio=1.0):
    """Servers that are as fast as each other times `ratio`, with rounds that vary by `spread`."""
    rng = np.random.default_rng(seed)

    def speed(contestant):
        return (
            4000
            * float(np.exp(rng.normal(0, spread)))
            * (ratio if contestant.paradigm is Paradigm.NATIVE else 1)
        )

    return simulated.measurer(seed, speed=speed)


def run(tmp_path, measure, preset=Preset.DEFAULT, resume=None, paradigms=PAIR, rounds=None, pairs=(), **more):
    options = Options(preset, servers=ONE, paradigms=paradigms, seed=3, rounds=rounds)
    ask = Ask(options=options, out=tmp_path, resume=resume, pairs=pairs)
    return bench.run(ask, Notes(), measure=measure, sentry=Quiet(), **more)


def rounds_at_1000(outcome):
    return {one.cell.round for one in outcome.run.measurements if one.cell.load.concurrency == 1000}


@pytest.mark.parametrize(
    ("measure", "rounds", "words"),
    [
        (noisy(0.01, ratio=2.0), 3, [Word.DIFFERS]),
        (noisy(0.001), 3, [Word.SAME]),
        (noisy(0.5), 8, [Word.CANNOT_TELL] * 3),
    ],
    ids=["decided", "the same", "never"],
)
def test_a_pair_is_measured_on_until_it_is_decided_or_has_had_its_last_look(tmp_path, measure, rounds, words):
    outcome = run(tmp_path, measure)
    assert rounds_at_1000(outcome) == set(range(rounds))
    assert [one.word for one in outcome.run.looks] == words
    assert [one.rounds for one in outcome.run.looks] == [3, 5, 8][: len(words)]
    assert records.read(outcome.folder).looks == outcome.run.looks
    assert len({(one.cell.load.concurrency, one.cell.round) for one in outcome.run.measurements}) < 4 * rounds


def test_without_time_nothing_more_is_measured_and_the_run_can_go_on_later(tmp_path, monkeypatch):
    monkeypatch.setitem(bench.MOST_S, Preset.DEFAULT, 0.0)
    outcome = run(tmp_path, noisy(0.5))
    assert rounds_at_1000(outcome) == {0, 1, 2}
    for most in (5, 8):
        again = run(tmp_path, noisy(0.5, seed=most), resume=outcome.folder)
        assert again.folder == outcome.folder
        assert rounds_at_1000(again) == set(range(most))
    kept = records.read(outcome.folder)
    assert [one.rounds for one in kept.looks] == [3, 5, 8]
    with pytest.raises(CannotStartError, match="the error budget of a pair is spent"):
        run(tmp_path, noisy(0.5), resume=outcome.folder)


def test_a_run_goes_on_up_to_the_rounds_asked_for_or_until_it_is_decided(tmp_path, monkeypatch):
    monkeypatch.setitem(bench.MOST_S, Preset.DEFAULT, 0.0)
    outcome = run(tmp_path / "never", noisy(0.5))
    again = run(tmp_path / "never", noisy(0.5, seed=1), resume=outcome.folder, rounds=8)
    assert rounds_at_1000(again) == set(range(8))
    assert [one.rounds for one in records.read(outcome.folder).looks] == [3, 5, 8]
    with pytest.raises(CannotStartError, match="with these --rounds and --pairs: after 8 rounds"):
        run(tmp_path, noisy(0.5), resume=outcome.folder, rounds=8)
    outcome = run(tmp_path / "soon", noisy(0.5))
    again = run(tmp_path / "soon", noisy(0.001, ratio=1.0), resume=outcome.folder, rounds=5)
    assert rounds_at_1000(again) == set(range(5))


def test_of_several_pairs_those_asked_for_go_on(tmp_path, monkeypatch):
    monkeypatch.setitem(bench.MOST_S, Preset.DEFAULT, 0.0)
    outcome = run(tmp_path, noisy(0.5), paradigms=(*PAIR, Paradigm.EXECUTOR))
    assert [one.rounds for one in outcome.run.looks] == [3, 3]
    again = run(tmp_path, noisy(0.5, seed=1), resume=outcome.folder, pairs=(Paradigm.EXECUTOR,))
    assert [(one.b.paradigm, one.rounds) for one in again.run.looks[2:]] == [(Paradigm.EXECUTOR, 5)]
    further = again.run.measurements[len(outcome.run.measurements) :]
    assert {one.cell.contestant.paradigm for one in further} == {Paradigm.NATIVE, Paradigm.EXECUTOR}


def test_a_pair_of_which_nothing_more_comes_is_not_measured_for_ever(tmp_path):
    measure = noisy(0.5)

    def breaking(cell):
        broken = cell.round >= 3 and cell.contestant.paradigm is Paradigm.CALLBACK
        return Measurement(cell, failure="It broke.") if broken else measure(cell)

    outcome = run(tmp_path, breaking)
    failed = [one.cell.round for one in outcome.run.measurements if one.failure]
    assert failed == [3, 4]


def test_where_time_is_short_native_against_callback_is_measured_on_and_the_executor_is_not(
    tmp_path, monkeypatch
):
    """Time for two more rounds of the first pair alone: it comes first, and its look is recorded."""
    options = Options(servers=ONE, paradigms=(*PAIR, Paradigm.EXECUTOR), seed=3)
    planned = concurrency.plan(options)
    first_s = sum(expected_s(one) * concurrency.rounds_of(one, options, 3) for one in planned)
    callback_s = sum(
        expected_s(one) for one in planned if one.load.concurrency == 1000 and one.contestant.paradigm in PAIR
    )
    monkeypatch.setitem(bench.MOST_S, Preset.DEFAULT, first_s + 2.1 * callback_s)
    now, measure = [0.0], noisy(0.5)

    def timed(cell):
        now[0] += expected_s(cell)
        return measure(cell)

    ask = Ask(options=options, out=tmp_path)
    outcome = bench.run(ask, Notes(), measure=timed, sentry=Quiet(), clock=lambda: now[0])
    rounds = {
        paradigm: max(
            one.cell.round
            for one in outcome.run.measurements
            if one.cell.contestant.paradigm is paradigm and one.cell.load.concurrency == 1000
        )
        for paradigm in (*PAIR, Paradigm.EXECUTOR)
    }
    assert rounds == {Paradigm.NATIVE: 4, Paradigm.CALLBACK: 4, Paradigm.EXECUTOR: 2}
    assert [(one.b.paradigm, one.rounds) for one in outcome.run.looks] == [
        (Paradigm.CALLBACK, 3),
        (Paradigm.EXECUTOR, 3),
        (Paradigm.CALLBACK, 5),
    ]


def test_a_quick_run_stays_quick(tmp_path):
    assert rounds_at_1000(run(tmp_path, noisy(0.5), Preset.QUICK)) == {0}


def test_levels_that_arithmetic_predicts_are_measured_once(tmp_path):
    outcome = run(tmp_path, noisy(0.01, ratio=2.0))
    assert {one.cell.round for one in outcome.run.measurements if one.cell.load.concurrency <= 100} == {0}


def test_looks_are_at_the_pairs_that_carry_the_error_budget(tmp_path):
    options = Options(servers=ONE, paradigms=(*PAIR, Paradigm.EXECUTOR), seed=1)
    outcome = bench.run(Ask(options=options, out=tmp_path), Notes(), measure=noisy(0.001), sentry=Quiet())
    found = [(one.a.paradigm, one.b.paradigm, one.b.threads) for one in outcome.run.looks]
    assert found == [
        (Paradigm.NATIVE, Paradigm.CALLBACK, None),
        (Paradigm.NATIVE, Paradigm.EXECUTOR, 1000),
    ]
    assert looks.experiments_of(outcome.run) == {"concurrency"}


def collapsing(seed):
    """Servers of which every third `callback` at 1,000 in flight stops for good half a second into its load."""
    measure, starts = simulated.measurer(seed), iter(range(10**6))

    def planted(cell):
        made = measure(cell)
        if (
            cell.contestant.paradigm is not Paradigm.CALLBACK
            or cell.load.concurrency != 1000
            or next(starts) % 3
        ):
            return made
        stops_s = 0.5 - cell.load.warmup_s
        return replace(
            made, samples=stopped(made.samples, stops_s), bystander=stopped(made.bystander, stops_s)
        )

    return planted


def stopped(samples, at_s):
    keep = samples.intended_s < max(at_s, 0.0)
    late = ~(samples.done_s < at_s)
    done = np.where(late, np.nan, samples.done_s)
    status = np.where(late, SampleStatus.UNANSWERED, samples.status).astype(np.int16)
    columns = (samples.intended_s, samples.sent_s, done, status, samples.io_s)
    return records.Samples(*(column[keep] for column in columns), samples.window_s, samples.window_s + 2.1)


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_collapse_is_told_first_counted_and_ends_strict_with_its_code(
    seed, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(concurrency, "draw", concurrency._headline)  # the first figure alone
    monkeypatch.setattr(command.benchmark, "run", lambda ask, watcher: planted_run(ask, watcher, seed))
    words = ["--server", "aiohttp", "--paradigm", "callback", "--paradigm", "native", "--out", str(tmp_path)]
    result = CliRunner().invoke(
        command.command,
        [*words, "--concurrency", "1000", "--rounds", "3", "--strict", "--seed", str(seed)],
        standalone_mode=False,
    )
    assert result.return_value == 3, result.output
    first = next(line for line in result.stdout.splitlines() if line.startswith("- "))
    assert "aiohttp callback at 1,000 in flight" in first
    assert "stopped answering in 1 of 3 fresh servers" in first
    assert "1 of 3" in result.stdout.split("- ")[0], "the table on the screen"
    folder = next(tmp_path.iterdir())
    assert "| 1 of 3 |" in (folder / "summary.md").read_text()
    page = (folder / "report.html").read_text()
    assert "<h1>1 of 3 servers with 1,000 threads stopped answering." in page
    assert page.count('class="cross"') == 1
    assert "<!-- 1 of 3 stopped, else " in (folder / "concurrency-headline.svg").read_text()


def planted_run(ask, watcher, seed):
    return bench_run(ask, watcher, measure=collapsing(seed), sentry=Quiet())


bench_run = bench.run
