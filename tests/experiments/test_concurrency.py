import math
from statistics import geometric_mean

import pytest
from drawn import checked, draw, made, text_of

from compare.analysis.ceiling import threads_of
from compare.bench import MOST_S
from compare.contract import Paradigm, Server
from compare.contract.settings import default_threads
from compare.experiments import catalogue, concurrency
from compare.experiments.options import Options, Preset, expected_s
from compare.records import Contestant

EXECUTOR = Contestant(Server.AIOHTTP, Paradigm.EXECUTOR)
ONE = (Server.AIOHTTP,)


@pytest.fixture(scope="module")
def default():
    return made("concurrency", Options())


@pytest.fixture(scope="module")
def figures(default, tmp_path_factory):
    """The files of a default run's figures, which take seconds to draw."""
    return concurrency.draw(default.summaries, default.run, tmp_path_factory.mktemp("figures"))


def test_the_levels_are_those_the_method_names():
    levels = {
        preset: sorted({c.load.concurrency for c in concurrency.plan(Options(preset))}) for preset in Preset
    }
    assert levels[Preset.DEFAULT] == [1, 10, 100, 1000]
    assert levels[Preset.FULL] == [1, 10, 100, 1000, 3000, 10_000]
    assert len(levels[Preset.QUICK]) == 3


def test_executor_appears_twice_with_the_default_pool_and_with_a_thread_per_request():
    cells = [c for c in concurrency.plan(Options(servers=ONE)) if c.contestant.paradigm is Paradigm.EXECUTOR]
    assert {c.contestant.threads for c in cells if c.load.concurrency == 10} == {None, 10}


def test_everybody_waits_100_ms_in_windows_of_whole_waits():
    for preset in Preset:
        for cell in concurrency.plan(Options(preset)):
            assert cell.load.delay_s == 0.1
            waits = cell.load.duration_s / cell.load.delay_s
            assert waits == pytest.approx(round(waits))


def test_what_was_asked_for_is_measured_at_every_level():
    cells = concurrency.plan(Options(servers=ONE, concurrency=(20, 5, 20), delay_s=0.05, duration_s=0.7))
    assert sorted({cell.load.concurrency for cell in cells}) == [5, 20]
    assert len(cells) == 14
    assert {(cell.load.delay_s, cell.load.duration_s) for cell in cells} == {(0.05, 0.7)}


def test_a_full_queue_is_not_measured_at_every_level_and_not_drained():
    cells = concurrency.plan(Options(servers=ONE, paradigms=(Paradigm.BLOCKING,)))
    assert [cell.load.concurrency for cell in cells] == [1, 10, 1000]
    assert cells[-1].load.timeout_s < 2.2  # observed for two seconds, and no longer


def test_a_full_run_does_not_measure_a_queue_that_is_longer_still():
    cells = concurrency.plan(Options(Preset.FULL, servers=ONE, paradigms=(Paradigm.BLOCKING,)))
    assert [cell.load.concurrency for cell in cells] == [1, 10, 1000]


@pytest.mark.parametrize("preset", Preset)
def test_a_thousand_threads_get_a_window_in_which_they_can_answer(preset):
    cells = concurrency.plan(Options(preset, servers=ONE, paradigms=(Paradigm.CALLBACK,)))
    assert all(cell.load.duration_s >= 0.6 for cell in cells if cell.load.concurrency >= 1000)


def test_beyond_a_crowd_every_connection_is_answered_before_the_window_and_within_it():
    """At the 1,500 answers a second that a crowd gets at worst, up to the longest window."""
    full = concurrency.plan(Options(Preset.FULL, paradigms=(Paradigm.NATIVE, Paradigm.CALLBACK)))
    crowds = [cell.load for cell in full if cell.load.concurrency > concurrency.CROWD]
    assert {load.concurrency for load in crowds} == {3000, 10_000}
    for load in crowds:
        once_s = load.concurrency / concurrency.SLOWEST_RPS
        assert load.warmup_s > once_s
        assert load.duration_s >= min(once_s, concurrency.LONGEST_S)
        assert load.timeout_s > once_s


def test_no_preset_asks_for_ten_thousand_threads_but_a_person_may():
    def paradigms(options):
        return {
            one.contestant.paradigm for one in concurrency.plan(options) if one.load.concurrency == 10_000
        }

    assert paradigms(Options(Preset.FULL)) == {Paradigm.NATIVE}
    assert paradigms(Options(concurrency=(10_000,))) == set(Paradigm)


def test_a_cell_that_can_reach_a_thousand_answers_gets_the_time_for_a_p99():
    loads = {c.load.concurrency: c.load for c in concurrency.plan(Options(paradigms=(Paradigm.NATIVE,)))}
    assert loads[100].duration_s * 100 / 0.1 >= 1000


@pytest.mark.parametrize("preset", [Preset.DEFAULT, Preset.FULL])
def test_no_window_is_shorter_than_two_seconds_nor_than_three_with_many_threads(preset):
    for cell in concurrency.plan(Options(preset)):
        in_flight = cell.load.concurrency
        many = threads_of(cell.contestant, in_flight) > 100 and in_flight <= concurrency.slots(
            cell.contestant
        )
        assert cell.load.duration_s >= (3 if many else 2)


def test_a_default_run_has_room_for_the_last_look_at_native_against_callback():
    """Its first stage, two more rounds of all primary pairs and three of those with callback, within its time."""
    planned = concurrency.plan(Options())
    first_s = sum(expected_s(cell) * concurrency.rounds_of(cell, Options(), rounds=3) for cell in planned)
    crowd = [cell for cell in planned if cell.load.concurrency == 1000]
    pairs = [cell for cell in crowd if concurrency.rounds_of(cell, Options(), rounds=3) == 3]
    callback = [cell for cell in pairs if cell.contestant.paradigm is not Paradigm.EXECUTOR]
    assert len(pairs) == 6
    more_s = 2 * sum(map(expected_s, pairs)) + 3 * sum(map(expected_s, callback))
    assert first_s + more_s <= MOST_S[Preset.DEFAULT]


def test_a_full_run_takes_under_half_an_hour():
    assert catalogue.duration_s(concurrency, Options(Preset.FULL)) < 25 * 60


@pytest.mark.parametrize(
    ("contestant", "expected"),
    [
        (Contestant(Server.AIOHTTP, Paradigm.BLOCKING), 1),
        (EXECUTOR, default_threads()),
        (Contestant(Server.AIOHTTP, Paradigm.EXECUTOR, threads=50), 50),
        (Contestant(Server.AIOHTTP, Paradigm.NATIVE), math.inf),
    ],
)
def test_threads_decide_how_many_waits_overlap(contestant, expected):
    assert concurrency.slots(contestant) == expected


def test_no_wait_at_all_is_a_plan_too():
    assert {cell.load.delay_s for cell in concurrency.plan(Options(delay_s=0.0))} == {0.0}


def test_a_default_run_draws_its_five_figures(figures):
    assert checked(figures) == [
        "concurrency-bystander",
        "concurrency-cost",
        "concurrency-headline",
        "concurrency-latency",
        "concurrency-throughput",
    ]
    words = text_of(figures[0].with_name("concurrency-throughput.svg"))
    for name in ("native", "callback", "executor, n threads", "executor, default pool", "ceiling: n / wait"):
        assert f"<!-- {name} -->" in words


def test_the_first_figure_has_every_contestant_at_a_thousand_in_flight(figures):
    assert figures[0].stem == "concurrency-headline"
    words = text_of(figures[0].with_suffix(".svg"))
    for text in (
        "How many answers a second at 1,000 in flight?",
        "executor, 1,000 threads",
        "executor, default pool",
        "ceiling: n / wait",
        "answers per second, each after a 100 ms wait",
    ):
        assert f"<!-- {text} -->" in words
    assert "as many as callback." in words


def test_the_verdict_names_the_ratio_its_condition_and_the_starved_pool(default):
    told = concurrency.say(default.summaries)
    assert any("1,000 in flight aiohttp native answers 3." in sentence for sentence in told)
    assert any("100 ms wait" in sentence for sentence in told)
    assert any("executor, default pool" in s and "limited by the wait" in s for s in told)


def test_every_ratio_said_can_be_computed_from_two_rows(default):
    rows = {(r.contestant.server, r.contestant.paradigm): r for r in default.summaries if r.in_flight == 1000}
    native, callback = (
        [one.throughput_rps for one in rows[Server.AIOHTTP, p].rounds]
        for p in (Paradigm.NATIVE, Paradigm.CALLBACK)
    )
    ratio = geometric_mean([one / other for one, other in zip(native, callback, strict=True)])
    (sentence,) = [s for s in concurrency.say(default.summaries) if "aiohttp native answers" in s]
    assert f"{ratio:.1f} (" in sentence


@pytest.mark.parametrize(
    "options",
    [
        Options(Preset.QUICK, servers=ONE, paradigms=(Paradigm.NATIVE,)),
        pytest.param(Options(Preset.QUICK, paradigms=(Paradigm.BLOCKING,)), marks=pytest.mark.full),
        pytest.param(Options(Preset.QUICK, servers=ONE, concurrency=(50,)), marks=pytest.mark.full),
    ],
)
def test_a_small_run_is_drawn_too(options, tmp_path):
    assert "concurrency-throughput" in draw("concurrency", made("concurrency", options), tmp_path)


def test_nothing_measured_draws_nothing_and_says_nothing(tmp_path):
    it = made("concurrency", Options(servers=ONE))
    assert concurrency.draw([], it.run, tmp_path) == []
    assert concurrency.say([]) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("paradigms", "told"),
    [
        ((Paradigm.CALLBACK, Paradigm.EXECUTOR), "aiohttp executor, n threads"),
        ((Paradigm.COROUTINE, Paradigm.NATIVE), "aiohttp native answers 1.1"),
        ((Paradigm.NATIVE,), "aiohttp native, measured alone, answers "),
    ],
)
def test_a_work_with_one_face_and_a_paradigm_alone_get_a_verdict(paradigms, told):
    it = made("concurrency", Options(servers=ONE, paradigms=paradigms))
    assert any(told in sentence for sentence in concurrency.say(it.summaries))
