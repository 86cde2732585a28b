import re

import numpy as np
import pytest
from drawn import draw, made, text_of
from msgspec.structs import replace

from compare.contract import Paradigm, Server
from compare.experiments import overload
from compare.experiments.options import Options, Preset
from compare.harness import simulated
from compare.records import rate_rps
from compare.report import headline

TWO = Options(paradigms=(Paradigm.NATIVE, Paradigm.CALLBACK))


@pytest.fixture(scope="module")
def it():
    return made("overload", TWO)


def test_capacity_is_the_limit_over_the_wait_and_overload_twice_that():
    cells = overload.plan(Options(servers=(Server.AIOHTTP,), paradigms=(Paradigm.NATIVE,)))
    assert [(c.contestant.max_in_flight, c.load.concurrency, rate_rps(c.load)) for c in cells] == [
        (100, 100, None),
        (100, 4600, 2000),
        (0, 4600, 2000),
    ]


@pytest.mark.parametrize("preset", Preset)
def test_an_overload_has_a_connection_for_every_request_even_if_none_were_answered(preset):
    for cell in overload.plan(Options(preset)):
        load = cell.load
        if rate_rps(load) is not None:
            sent = rate_rps(load) * (load.warmup_s + load.duration_s)
            assert load.concurrency >= min(sent, overload.MOST_CONNECTIONS)


def test_blocking_has_nothing_to_limit():
    assert all(cell.contestant.paradigm is not Paradigm.BLOCKING for cell in overload.plan(Options()))


def test_goodput_counts_successes_by_the_time_they_ended(it):
    one = next(m for m in it.run.measurements if rate_rps(m.cell.load) and m.cell.contestant.max_in_flight)
    times, rate = overload.goodput(one)
    assert times[0] == pytest.approx(0.05)
    assert rate.max() <= 1100, "refusals are no goodput"
    assert rate.sum() * overload.BIN_S == np.sum((one.samples.status == 200) & (one.samples.done_s >= 0))
    with pytest.raises(ValueError, match="no course"):
        overload.goodput(replace(one, samples=None))


def test_it_is_drawn_with_and_without_the_limit(it, tmp_path):
    assert draw("overload", it, tmp_path) == ["overload"]
    words = text_of(tmp_path / "overload.svg")
    assert "<!-- aiohttp  with the limit -->" in words
    assert "<!-- tornado  without a limit -->" in words


def test_an_invalid_course_is_called_invalid(it, tmp_path):
    doubtful = [replace(row, valid=False) for row in it.summaries]
    overload.draw(doubtful, it.run, tmp_path)
    assert "<!-- native (invalid) -->" in text_of(tmp_path / "overload.svg")


def test_the_verdict_compares_with_capacity_and_counts_refusals(it):
    told = overload.say(it.summaries)
    assert len(told) == 8
    assert told[-1].startswith("Without a limit ")
    assert "aiohttp native (at most 100 in flight) answers" in told[0]
    assert "refuses 5" in told[0]


def test_the_answer_names_the_share_of_each_server(it):
    said = overload.answer(it.summaries, it.run)
    assert re.fullmatch(
        r"With the limit native answers \d+% \(tornado\) and \d+% \(aiohttp\) of what is asked, "
        r"else \d+% \(tornado\) and \d+% \(aiohttp\)\.",
        said,
    )
    assert len(said.split()) <= headline.MOST_WORDS


def test_without_a_valid_row_nothing_is_said(it):
    assert overload.say([replace(row, valid=False) for row in it.summaries]) == []


def test_nothing_measured_draws_nothing(tmp_path):
    assert overload.draw([], simulated.run([], simulated.measurer()), tmp_path) == []


def test_quick_is_drawn_too(tmp_path):
    assert draw("overload", made("overload", Options(Preset.QUICK)), tmp_path) == ["overload"]
