import math

import pytest
from made import CALLBACK, ENVIRONMENT, NAN, NATIVE, cell, closed_loop, measurement, run, samples
from msgspec.structs import replace

from compare.analysis.decide import Word
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.records import SampleStatus
from compare.report import diff as diffs
from compare.report.diff import UnlikeRunsError, diff, environment_differences, markdown, words


def made(rate_rps, contestant=NATIVE, *, rounds=3, cpu=1.0, start=0, apart=0.002):
    """Rounds a little apart, of ten connections answered about `rate_rps` times a second."""
    return [
        measurement(
            cell(contestant, round_=start + number),
            closed_loop(10, 10 / (rate_rps * (1 + apart * (number % 3))), 3.0),
            usage=replace(measurement().usage, cpu_s=cpu * rate_rps / 1000 * (1 + 0.001 * (number % 2))),
        )
        for number in range(rounds)
    ]


def failed(contestant=NATIVE):
    return replace(measurement(cell(contestant)), failure="The server died.", samples=None)


def test_nothing_changed_between_a_run_and_itself():
    base = run([*made(80), *made(60, CALLBACK)])
    found = diff(base, base)
    assert found.named == []
    assert found.worst_regression == 0.0
    itself, account = words(found)
    assert itself == "made is compared with itself, so nothing can have changed."
    assert account.startswith(
        "8 comparisons (2 rows by throughput, p50, p99, CPU per request): 6 the same within"
    )
    assert account.endswith(", 2 without a number in one of the runs.")


@pytest.mark.parametrize("rounds", [3, 6])
def test_what_got_worse_is_named_and_by_how_much(rounds):
    base, new = run([*made(80, rounds=rounds)]), run([*made(60, rounds=rounds)])
    found = diff(base, new)
    throughput, p50 = (next(one for one in found.named if one.metric is m) for m in (THROUGHPUT, P50))
    assert throughput.ratio.value == pytest.approx(0.75, rel=0.02)
    assert diffs.regression(throughput) == pytest.approx(0.25, abs=0.02)
    assert diffs.regression(p50) == pytest.approx(1 / 3, abs=0.02)
    assert found.worst_regression == pytest.approx(1 / 3, abs=0.02)
    assert any(
        "throughput went from 80/s to 60/s, 0.75 (" in sentence and sentence.endswith(": worse.")
        for sentence in words(found)
    )


def test_what_got_worse_stands_before_what_got_better():
    found = diff(run([*made(80), *made(40, CALLBACK)]), run([*made(60), *made(80, CALLBACK)]))
    ends = [sentence.rpartition(": ")[2] for sentence in words(found)[:-1]]
    assert ends == ["worse."] * len(found.worse) + ["better."] * len(found.better)
    assert found.worse
    assert found.better


def test_what_got_better_is_no_regression():
    found = diff(run(made(60)), run(made(80)))
    assert {one.metric for one in found.named} >= {THROUGHPUT, P50}
    assert found.worst_regression == 0.0
    assert all(sentence.endswith("better.") for sentence in words(found)[:2])


def test_more_cpu_for_the_same_is_a_regression():
    found = diff(run(made(60)), run(made(60, cpu=1.5)))
    assert [one.metric for one in found.named] == [CPU]
    assert found.worst_regression == pytest.approx(0.5, abs=0.02)


def test_a_change_below_5_percent_is_not_named():
    found = diff(run(made(60, rounds=6)), run(made(62, rounds=6)))
    assert found.named == []


def test_rounds_are_paired_from_five_on_when_the_order_was_the_same():
    base, new = (run(made(rate, rounds=6, apart=0.1)) for rate in (80, 60))
    other_order = replace(new, seed=2)
    paired, unpaired = diff(base, new).differences[0], diff(base, other_order).differences[0]
    assert paired.ratio.value == pytest.approx(0.75, rel=0.03)
    assert unpaired.ratio.value == pytest.approx(0.75, rel=0.03)
    assert paired.ratio.high - paired.ratio.low < 0.1 < unpaired.ratio.high - unpaired.ratio.low
    assert paired.p_value < unpaired.p_value


def test_one_round_each_says_that_it_says_nothing():
    found = diff(run(made(80, rounds=1)), run(made(40, rounds=1)))
    assert {one.word for one in found.differences} <= {Word.CANNOT_TELL, Word.NOT_COMPARABLE}
    assert found.worst_regression == 0.0
    assert "3 that cannot be told, 1 without a number" in words(found)[-1]


def test_a_row_that_broke_is_an_infinite_regression():
    found = diff(run(made(80)), run([failed()]))
    assert found.worst_regression == math.inf
    assert (
        words(found)[0] == "concurrency: aiohttp native, 10 in flight, 100 ms wait failed: The server died."
    )
    assert diff(run([failed()]), run([failed()])).worst_regression == 0.0


def died(round_):
    """A round of which nothing was answered."""
    rows = [(-0.05, -0.05, NAN, SampleStatus.UNANSWERED, NAN)] * 10
    return measurement(cell(round_=round_), samples(rows, 1.0, 3.5))


def test_servers_that_stopped_are_told_first_and_where_none_did_before_are_an_infinite_regression():
    alive, dying = run(made(80)), run([*made(80)[:2], died(2)])
    found = diff(alive, dying)
    row = "concurrency: aiohttp native, 10 in flight, 100 ms wait"
    assert words(found)[0] == f"{row}: 1 of 3 fresh servers stopped answering, 0 of 3 before."
    assert found.worst_regression == math.inf
    assert words(diff(dying, alive))[0] == f"{row}: 0 of 3 fresh servers stopped answering, 1 of 3 before."
    assert diff(dying, alive).worst_regression == 0.0
    assert diff(dying, dying).worst_regression == 0.0
    assert "stopped" not in " ".join(words(diff(alive, alive)))


@pytest.mark.parametrize(("base", "new", "bound"), [(60, 100, "at least"), (100, 60, "at most")])
def test_at_its_ceiling_a_side_makes_the_ratio_a_bound(base, new, bound):
    found = diff(run(made(base, apart=0.0)), run(made(new, apart=0.0)))
    (told,) = [sentence for sentence in words(found) if "throughput went" in sentence]
    assert f"/s, {bound} " in told
    assert f"| {bound} " in markdown(found)
    p50 = next(one for one in found.differences if one.metric is P50)
    assert not p50.at_least


def test_runs_without_a_row_in_common_are_refused():
    for anyway in (False, True):
        with pytest.raises(UnlikeRunsError, match="no row in common") as caught:
            diff(run(made(80)), run(made(80, CALLBACK)), anyway=anyway)
        assert "--anyway" not in str(caught.value)
        assert str(caught.value).endswith("such as `compare bench concurrency`.")


def elsewhere(**changed):
    return replace(run(made(80)), environment=replace(ENVIRONMENT, **changed))


def test_unlike_runs_without_a_row_in_common_are_not_advised_to_try_anyway():
    with pytest.raises(UnlikeRunsError, match="no row in common") as caught:
        diff(run(made(80, CALLBACK)), elsewhere(cpus=8))
    assert "--anyway" not in str(caught.value)


def test_unlike_machines_are_refused_and_the_differences_listed():
    new = elsewhere(cpu_model="another", cpus=8, memory_bytes=16 << 30)
    with pytest.raises(UnlikeRunsError) as caught:
        diff(run(made(80)), new)
    assert caught.value.differences == (
        "CPU abacus against another",
        "number of CPUs 2 against 8",
        "memory 8 GiB against 16 GiB",
    )
    assert "CPU abacus against another; number" in str(caught.value)
    found = diff(run(made(80)), new, anyway=True)
    assert found.unlike == caught.value.differences
    assert words(found)[-1].startswith("The environments differ, so these numbers may too: CPU abacus")


@pytest.mark.parametrize(
    "changed",
    [
        {"governor": "powersave"},
        {"kernel": "Linux 7"},
        {"python": "3.14.0"},
        {"implementation": "PyPy"},
        {"gil": False},
        {"switch_interval_s": 0.001},
        {"server_cpus": (1,)},
        {"generator_cpus": (1,)},
    ],
)
def test_whatever_numbers_depend_on_must_be_alike(changed):
    assert len(environment_differences(ENVIRONMENT, replace(ENVIRONMENT, **changed))) == 1


def test_versions_and_the_commit_are_what_one_compares():
    new = elsewhere(versions={"aiohttp": "3.15.0", "tornado": "6.6", "uvloop": "0.22"}, commit="def")
    assert diff(run(made(80)), new).changed_versions == (
        "aiohttp 3.14.0 -> 3.15.0",
        "uvloop none -> 0.22",
        "commit abc -> def",
    )


def test_markdown_has_the_sentences_and_every_comparison():
    text = markdown(diff(run(made(80), name="before"), run(made(60), name="after")))
    assert text.startswith("# before -> after\n\n- concurrency: ")
    assert text.count("\n| concurrency: aiohttp native, 10 in flight, 100 ms wait |") == 4
    assert "| p99 | n/a | n/a | - | not comparable |" in text
    assert text.count("| worse |") == 2
