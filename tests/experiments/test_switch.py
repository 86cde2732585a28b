import pytest
from drawn import draw, made, row, text_of
from made import CALLBACK
from msgspec.structs import replace

from compare.analysis.outcome import Outcome, reliability
from compare.contract import Paradigm, Server
from compare.experiments import switch
from compare.experiments.options import Options, Preset
from compare.report.figures import sheets


@pytest.fixture(scope="module")
def it():
    return made("switch", Options())


def test_intervals_and_cpus_vary_and_nothing_else_does():
    cells = switch.plan(Options())
    assert {cell.contestant.paradigm for cell in cells} == {Paradigm.CALLBACK, Paradigm.EXECUTOR}
    assert {cell.contestant.threads for cell in cells} == {None, 1000}
    assert len({cell.load for cell in cells}) == 1
    own = [
        (cell.contestant.switch_interval_s, cell.contestant.pinned)
        for cell in cells
        if (cell.contestant.server, cell.contestant.paradigm) == (Server.AIOHTTP, Paradigm.CALLBACK)
    ]
    assert own == [(0.001, True), (0.005, True), (0.02, True), (0.1, True), (0.005, False)]


def test_a_full_run_asks_from_100_to_2000_threads():
    cells = switch.plan(Options(Preset.FULL))
    assert {cell.load.concurrency for cell in cells} == {100, 500, 1000, 2000}


def test_ratios_are_drawn_and_name_interval_and_cpus(it, tmp_path):
    assert draw("switch", it, tmp_path) == ["switch"]
    words = text_of(tmp_path / "switch.svg")
    assert "<!-- callback, 100 ms -->" in words
    assert "<!-- callback, 5 ms, all CPUs -->" in words
    assert "at 100 ms: 0 of 12" in switch.answer(it.summaries, it.run)


THREADS = Options(concurrency=(100, 1000), servers=(Server.AIOHTTP,))


@pytest.fixture(scope="module")
def several():
    return made("switch", THREADS)


def test_several_numbers_of_threads_are_a_map_of_threads_and_settings(several, tmp_path):
    assert draw("switch", several, tmp_path) == ["switch", "switch-threads"]
    words = text_of(tmp_path / "switch-threads.svg")
    for title in ("aiohttp  callback", "aiohttp  executor", "100 ms", "5 ms, all CPUs", "100", "1,000"):
        assert f"<!-- {title} -->" in words
    assert "Stopped with 100 threads: 0 of 30; 1,000: 0 of 30." in words


def test_a_square_says_what_its_row_found_and_whether_servers_stopped():
    alive = switch._square(row([2000, 2100, 2200], CALLBACK, 1000), 1, 2, 4200.0)
    assert (alive.x, alive.y, alive.text, alive.stopped) == (1, 2, "2,100/s", False)
    assert alive.strength == pytest.approx(0.1 + 0.6 / 2)
    some = switch._square(stopped(row([2000, 2100, 2200], CALLBACK, 1000), 1), 0, 0, 4200.0)
    assert (some.text, some.stopped) == ("1 of 3 stopped\nelse 2,100/s", True)
    every = switch._square(stopped(row([2000, 2100, 2200], CALLBACK, 1000), 3), 0, 0, 4200.0)
    assert (every.text, every.strength, every.stopped) == ("3 of 3 stopped", 0.1, True)
    nothing = switch._square(row([2000, 2000, 2000], CALLBACK, 1000, valid=False), 0, 0, 4200.0)
    assert (nothing.text, nothing.colour) == ("invalid", sheets.FAINT)


@pytest.mark.parametrize("levels", [(100, 1000), (100, 500, 1000, 2000), (1, 100, 500, 1000, 2000, 3000)])
def test_the_line_over_the_map_counts_what_stopped_in_at_most_20_words(levels):
    rows = [stopped(row([2000] * 3, CALLBACK, level), 2 * (level == levels[-1])) for level in levels]
    told = switch._by_threads(rows)
    assert told.startswith(f"Stopped with {levels[0]} threads: 0 of 3;")
    assert told.endswith(f"; {levels[-1]:,}: 2 of 3.")
    assert len(told.split()) <= 20


def stopped(found, servers):
    """The row with its first so many servers dead before they were watched to the end."""
    rounds = tuple(
        replace(one, outcome=Outcome.COLLAPSED if number < servers else one.outcome)
        for number, one in enumerate(found.rounds)
    )
    return replace(found, rounds=rounds, reliability=reliability([one.silence for one in rounds]))


def test_the_words_compare_with_pythons_own_interval_on_one_cpu(it):
    told = switch.say(it.summaries)
    assert any("the same at Python's own 5 ms on one CPU" in sentence for sentence in told)
