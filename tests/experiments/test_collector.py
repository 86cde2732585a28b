import pytest
from drawn import draw, made, text_of
from made import measurement, soaked
from msgspec.structs import replace

from compare.analysis.intervals import estimates
from compare.contract import Gc, Paradigm, Server
from compare.experiments import catalogue, collector
from compare.experiments.options import Options, Preset
from compare.records import Cell, Closed, Contestant, Mixed

NATIVE = Options(paradigms=(Paradigm.NATIVE,))


@pytest.fixture(scope="module")
def it():
    return made("gc", NATIVE)


def test_each_contestant_runs_with_each_setting_and_differs_in_nothing_else():
    cells = [one for one in collector.plan(Options(Preset.FULL)) if isinstance(one.load, Closed)]
    settings = [
        {(c.contestant.server, c.contestant.paradigm, c.load) for c in cells if c.contestant.gc is how}
        for how in Gc
    ]
    assert settings == [settings[0]] * len(Gc)
    assert {c.contestant.paradigm for c in cells} == set(Paradigm) - {Paradigm.BLOCKING}


def test_a_thousand_are_in_flight_and_pools_are_as_wide():
    cells = [one for one in collector.plan(Options(Preset.FULL)) if not isinstance(one.load, Mixed)]
    assert {cell.load.concurrency for cell in cells} == {1000}
    assert {cell.contestant.threads for cell in cells} == {None, 1000}


def test_ratios_are_drawn_around_one_and_name_the_setting(it, tmp_path):
    assert draw("gc", it, tmp_path) == ["gc"]
    words = text_of(tmp_path / "gc.svg")
    assert "<!-- aiohttp native (gc tuned) -->" in words
    assert "<!-- answers per second, over those with Python's default -->" in words


def test_the_verdict_names_the_setting_and_the_ratio(it):
    told = collector.say(it.summaries)
    assert any("aiohttp native (gc tuned) answers 1." in sentence for sentence in told)


def test_the_longest_collections_are_told(it):
    told = [sentence for sentence in collector.say(it.summaries) if sentence.startswith("Longest collection")]
    assert len(told) == len(Server)
    assert told[0] == (
        f"Longest collection of {min(Server)} native: default 20.0 ms, freeze 20.0 ms, tuned 20.0 ms "
        "(median of rounds)."
    )


def test_a_collector_that_never_ran_made_no_pause(it):
    never = {"gc_longest_pause_s": estimates([[0.0, 0.0, 0.0]])[0]}
    rows = [
        replace(row, estimates=row.estimates | never) if row.contestant.gc is Gc.TUNED else row
        for row in it.summaries
    ]
    assert "tuned none (median of rounds)" in collector.say(rows)[-1]


def test_a_full_run_watches_memory_over_ten_minutes_of_mixed_load_with_each_setting_once():
    options = Options(Preset.FULL)
    cells = [one for one in collector.plan(options) if isinstance(one.load, Mixed)]
    assert [(one.contestant.server, one.contestant.gc) for one in cells] == [
        (s, how) for s in Server for how in Gc
    ]
    assert {(one.load.duration_s, catalogue.rounds_of(collector, one, options)) for one in cells} == {
        (600.0, 1)
    }
    assert not any(isinstance(one.load, Mixed) for one in collector.plan(Options()))


def test_how_memory_moved_is_told_for_each_setting_beside_the_answers(it):
    native = Contestant(Server.AIOHTTP, Paradigm.NATIVE)
    load = Mixed(50, 0.05, 600.0, rate_rps=100.0)
    soaks = [
        measurement(Cell("gc", replace(native, gc=how), load), finding=soaked(slope))
        for how, slope in ((Gc.OFF, 12.0), (Gc.DEFAULT, 0.0))
    ]
    run = replace(it.run, measurements=(*it.run.measurements, *soaks))
    told = catalogue.say(collector, it.summaries, run)
    assert told[:-1] == collector.say(it.summaries)
    assert told[-1].startswith("Memory of aiohttp under a mixed load: default +0.00 (")
    assert "; off +12.00 (" in told[-1]


def test_nothing_measured_draws_and_says_nothing(it, tmp_path):
    assert collector.draw([], it.run, tmp_path) == []
    assert collector.say([]) == []
