import pytest
from made import BLOCKING, CALLBACK, NATIVE, opened, run, summary
from msgspec.structs import replace

from compare.analysis.metrics import CPU
from compare.analysis.outcome import Reliability
from compare.analysis.summary import Warning  # noqa: A004 - see there
from compare.contract import Accept, Loop, Paradigm, Server
from compare.records import NotMeasured
from compare.report.verdict import (
    contrast,
    doubts,
    limited,
    load_text,
    match,
    name,
    not_measured,
    pooled,
)

EXECUTOR = replace(NATIVE, paradigm=Paradigm.EXECUTOR)


@pytest.mark.parametrize(
    ("contestant", "called"),
    [
        (NATIVE, "aiohttp native"),
        (replace(NATIVE, server=Server.TORNADO), "tornado native"),
        (EXECUTOR, "aiohttp executor (default pool)"),
        (replace(EXECUTOR, threads=1000), "aiohttp executor (1,000 threads)"),
        (replace(EXECUTOR, threads=1), "aiohttp executor (1 thread)"),
        (replace(NATIVE, threads=1000), "aiohttp native"),  # a pool it does not use
        (replace(NATIVE, loop=Loop.UVLOOP), "aiohttp native (uvloop)"),
        (replace(NATIVE, pinned=False), "aiohttp native (all CPUs)"),
        (replace(NATIVE, accept=Accept.SHARED), "aiohttp native"),  # a socket it does not share
        (
            replace(NATIVE, workers=2, accept=Accept.SHARED, pinned=False),
            "aiohttp native (2 workers, shared socket)",
        ),
        (
            replace(EXECUTOR, threads=5, work="http", workers=2, python="3.13t", max_in_flight=50),
            "aiohttp executor (5 threads, http, 2 workers, Python 3.13t, at most 50 in flight)",
        ),
    ],
)
def test_a_contestant_is_called_by_what_sets_it_apart(contestant, called):
    assert name(contestant) == called
    assert name(contestant, server=False) == called.partition(" ")[2]


def test_rows_match_under_the_same_load_by_ascending_requests_in_flight():
    ours = [summary([1], in_flight=level) for level in (100, 1, 10)]
    theirs = [summary([1], CALLBACK, in_flight=level) for level in (10, 100, 1000)]
    assert [(a.in_flight, b.in_flight) for a, b in match(ours, theirs)] == [(10, 10), (100, 100)]


def rows(contestant, by_level, cpu=None):
    """A row per level whose rounds lie 1 % apart."""
    return [
        summary([rate * step for step in (1.0, 0.995, 1.005)], contestant, level, cpu=cpu)
        for level, rate in by_level.items()
    ]


def say(ours, theirs, **more):
    return contrast(match(rows(NATIVE, ours), rows(CALLBACK, theirs)), ("native", "callback"), **more)


BASE = {1: 10.0, 10: 100.0, 100: 800.0, 1000: 1000.0}


def test_levels_with_the_same_answer_are_said_together_the_strongest_first():
    assert say({1: 10.0, 10: 100.0, 100: 960.0, 1000: 3000.0}, BASE) == (
        "With a 100 ms wait, from 100 requests in flight on, native answers 1.20 (1.20-1.20) to "
        "3.0 (3.0-3.0) times what callback does; up to 10 in flight native and callback are the same within 10%."
    )


def test_who_answers_more_is_named_first():
    assert say({10: 50.0}, {10: 100.0}) == (
        "With a 100 ms wait, at 10 in flight callback answers 2.0 (2.0-2.0) times what native does."
    )


def test_a_change_of_sides_is_two_statements():
    assert say({1: 10.0, 10: 100.0, 100: 400.0}, {1: 8.0, 10: 100.0, 100: 800.0}) == (
        "With a 100 ms wait, at 100 in flight callback answers 2.0 (2.0-2.0) times what native does; "
        "at 1 in flight native answers 1.25 (1.25-1.25) times what callback does; "
        "at 10 in flight native and callback are the same within 10%."
    )


def test_the_same_answer_everywhere_names_the_whole_span():
    assert say(BASE, BASE) == (
        "With a 100 ms wait, from 1 to 1,000 in flight native and callback are the same within 10%."
    )


def test_a_span_in_the_middle_has_two_ends():
    told = say({1: 10.0, 10: 200.0, 100: 1600.0, 1000: 1000.0}, BASE)
    assert "from 10 to 100 in flight native answers 2.0" in told


def test_the_price_is_told_where_it_differs_too():
    ours = rows(NATIVE, {100: 300.0}, cpu=[0.2, 0.201, 0.199])
    theirs = rows(CALLBACK, {100: 100.0}, cpu=[1.0, 1.001, 0.999])
    told = contrast(match(ours, theirs), ("native", "callback"))
    assert told.endswith("times what callback does at a fifth of the CPU time per request.")
    told = contrast(match(theirs, ours), ("callback", "native"))
    assert told.endswith("times what callback does at a fifth of the CPU time per request.")
    alike = rows(CALLBACK, {100: 100.0}, cpu=[0.2, 0.199, 0.201])
    assert "CPU" not in contrast(match(ours, alike), ("native", "callback"))


def test_a_higher_price_is_told_as_one():
    ours = rows(NATIVE, {100: 300.0}, cpu=[3.0, 3.01, 2.99])
    theirs = rows(CALLBACK, {100: 100.0}, cpu=[1.0, 1.001, 0.999])
    told = contrast(match(ours, theirs), ("native", "callback"))
    assert told.endswith("does at 3.0 times the CPU time per request.")


def test_a_price_within_five_per_cent_is_none():
    ours, theirs = summary([300.0] * 3, cpu=[1.02] * 3), summary([100.0] * 3, CALLBACK, cpu=[1.0] * 3)
    assert "CPU" not in contrast([(ours, theirs)], ("native", "callback"))


@pytest.mark.parametrize(("rate", "text"), [(2.5, "2.5"), (447.0, "447"), (12300.0, "12,300")])
def test_a_rate_is_told_in_full_and_never_rounded_to_another(rate, text):
    row = summary([1])
    assert load_text(replace(row, load=opened(row.load, rate))) == f"{text}/s"


def test_a_price_that_differs_by_load_is_told_in_numbers():
    ours = rows(NATIVE, {10: 300.0}, cpu=[0.66, 0.661, 0.659]) + rows(
        NATIVE, {100: 300.0}, [0.2, 0.201, 0.199]
    )
    theirs = rows(CALLBACK, {10: 100.0, 100: 100.0}, cpu=[1.0, 1.001, 0.999])
    told = contrast(match(ours, theirs), ("native", "callback"))
    assert told.endswith("does at 0.20 to 0.66 times the CPU time per request.")


def test_a_work_that_takes_its_own_time_is_the_condition_and_not_a_wait():
    ours, theirs = (
        [summary([rate] * 3, replace(each, work="my:work"))] for rate, each in ((30, NATIVE), (10, CALLBACK))
    )
    told = contrast(match(ours, theirs), ("native", "callback"))
    assert told.startswith("With my:work as the work, at 10 in flight native answers 3.0")


def test_once_measured_one_cannot_tell():
    told = contrast([(summary([100]), summary([101], CALLBACK))], ("native", "callback"))
    assert told.endswith(
        "at 10 in flight one cannot tell after a single round: native answers 0.99 times what callback does."
    )


def test_a_pool_that_limits_is_called_by_its_size():
    row = replace(
        summary([1], in_flight=1000, warnings=(Warning.LIMITED_BY_WAIT,)), limit=100, ceiling_rps=1000.0
    )
    assert pooled([row, summary([1])], "aiohttp") == (
        "At 1,000 in flight, aiohttp is limited by the pool of 100: 1,000 answers a second."
    )
    assert limited([row], "native") is None
    assert pooled([replace(row, limit=0)], "native") is None
    assert row.words(Warning.LIMITED_BY_WAIT) == "limited by the pool of 100, not by the paradigm"


def test_paradigms_without_a_face_are_told_together_by_their_reason():
    made = run(
        [],
        not_measured=(
            NotMeasured("my:work", Paradigm.CALLBACK, "not measured: my:work has no blocking face"),
            NotMeasured("my:work", Paradigm.EXECUTOR, "not measured: my:work has no blocking face"),
        ),
    )
    assert not_measured(made) == ["Not measured: callback, executor, because my:work has no blocking face."]


def test_a_doubt_names_an_open_loop_by_its_rate():
    row = summary([1], valid=False, warnings=(Warning.LATE_SENDS,))
    (told,) = doubts([replace(row, load=opened(row.load, 500.0))])
    assert told.startswith("aiohttp native at 500/s is not a result: requests left late")


def test_a_server_both_sides_share_is_named_once_and_first():
    pairs = match(rows(NATIVE, {10: 50.0}), rows(CALLBACK, {10: 100.0}))
    assert contrast(pairs, ("aiohttp native", "aiohttp callback")).endswith(
        "at 10 in flight aiohttp callback answers 2.0 (2.0-2.0) times what native does."
    )
    assert "times what aiohttp native does" in contrast(pairs, ("aiohttp native", "tornado callback"))
    alike = match(rows(NATIVE, {10: 50.0}), rows(CALLBACK, {10: 50.0}))
    assert contrast(alike, ("aiohttp native", "aiohttp callback")).endswith(
        "aiohttp native and callback are the same within 10%."
    )


def test_other_metrics_have_their_own_words():
    ours = rows(NATIVE, {100: 100.0}, cpu=[1.0, 1.01, 0.99])
    theirs = rows(CALLBACK, {100: 100.0}, cpu=[2.0, 2.02, 1.98])
    assert contrast(match(ours, theirs), ("native", "callback"), metric=CPU) == (
        "With a 100 ms wait, at 100 in flight callback needs 2.0 (2.0-2.0) times "
        "the CPU time per request of native."
    )


def test_an_interval_without_1_in_it_that_is_not_sure_enough_to_be_named_says_so():
    pairs = match([summary([150, 200, 260])], [summary([100, 100, 100], CALLBACK)])
    told = contrast(pairs, ("native", "callback"))
    assert "one cannot tell: native answers " in told
    assert told.endswith("(3 rounds: a difference is likely and not sure).")


def test_one_round_gives_no_interval_and_says_what_that_means():
    pairs = match(
        [summary([300], in_flight=10), summary([100], in_flight=1)],
        [summary([100], CALLBACK, 10), summary([102], CALLBACK, 1)],
    )
    assert contrast(pairs, ("native", "callback")) == (
        "With a 100 ms wait, from 1 to 10 in flight one cannot tell after a single round: "
        "native answers 0.98 to 3.0 times what callback does."
    )


def test_levels_that_cannot_be_compared_are_left_out_and_nothing_is_said_of_nothing():
    pairs = [(summary([100] * 3, in_flight=1, valid=False), summary([50] * 3, CALLBACK, 1))]
    assert contrast(pairs, ("native", "callback")) is None
    assert contrast([], ("native", "callback")) is None


def test_the_floor_decides_what_is_a_difference():
    told = say({10: 108.0}, {10: 100.0}, floor=0.10)
    assert told == "With a 100 ms wait, at 10 in flight native and callback are the same within 10%."


def test_where_the_wait_limits_is_told_of_valid_rows():
    def row(level, *warnings, valid=True):
        return summary([1], in_flight=level, warnings=warnings, valid=valid)

    made = [row(1, Warning.LIMITED_BY_WAIT), row(1000, Warning.LIMITED_BY_WAIT), row(10)]
    assert (
        limited(made, "native")
        == "At 1 and 1,000 in flight, native is limited by the wait, not by the paradigm."
    )
    assert limited([row(1, Warning.LIMITED_BY_WAIT, valid=False), row(10)], "native") is None


def test_rows_that_are_no_result_are_told_with_their_reasons():
    busy = summary([1], valid=False, warnings=(Warning.GENERATOR_BUSY, Warning.NOISY))
    dead = summary([], BLOCKING, valid=False, failure="The server died.")
    assert doubts([busy, dead, summary([1])]) == [
        "aiohttp native at 10 in flight is not a result: the load generator used more than 70 % of its core.",
        "aiohttp blocking at 10 in flight is not a result: The server died.",
    ]


def test_a_doubt_names_the_wait_where_rows_differ_in_it():
    dead = summary([1], BLOCKING, valid=False, failure="The server died.")
    others = [replace(dead, load=replace(dead.load, delay_s=delay_s)) for delay_s in (0.0, 0.01)]
    assert [told.partition(" is no")[0] for told in doubts([*others, summary([1])])] == [
        "aiohttp blocking at no wait and 10 in flight",
        "aiohttp blocking at a 10 ms wait and 10 in flight",
    ]


def test_at_a_ceiling_a_ratio_is_told_as_at_least_that():
    waits = (Warning.LIMITED_BY_WAIT,)
    ours = [summary([2200.0, 2201.0, 2202.0], NATIVE, 1000, warnings=waits)]
    told = contrast(match(ours, rows(CALLBACK, {1000: 1000.0})), ("native", "callback"))
    assert "at 1,000 in flight native answers at least 2.2" in told


def test_where_servers_stopped_a_ratio_says_of_which_rounds_it_is():
    ours, (theirs,) = rows(NATIVE, {100: 300.0}), rows(CALLBACK, {100: 100.0})
    theirs = replace(theirs, reliability=Reliability(4, 1))
    told = contrast(match(ours, [theirs]), ("native", "callback"))
    assert told.endswith("times what callback does in the rounds in which both answered.")
