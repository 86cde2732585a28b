import math

import pytest
from made import estimated, summary
from msgspec.structs import replace

from compare.analysis.blocks import marked
from compare.analysis.intervals import Estimate, Spread
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.contract import Loop, Paradigm, Server
from compare.records import Contestant


def row(paradigm=Paradigm.NATIVE, in_flight=10, *, rate=10.0, ping_s=0.978, work="my:work"):
    made = summary([rate], Contestant(Server.AIOHTTP, paradigm, work=work), in_flight)
    known = Known.TOO_FEW if math.isnan(ping_s) else Known.EXACTLY
    return replace(
        estimated(made, throughput_rps=Estimate(rate, rate, rate, 1, Spread.SINGLE)),
        bystander=Latency(p50=Percentile(known, ping_s)),
    )


def test_a_native_face_that_blocks_is_called_that_and_is_no_result_at_any_load():
    few, many, threads = marked([row(), row(in_flight=1000), row(Paradigm.CALLBACK)])
    assert not few.valid
    assert few.words(few.warnings[0]) == "this native face blocks the loop: ping waited 978 ms"
    assert many.warnings == (Warning.BLOCKS_LOOP,)
    assert threads.valid


@pytest.mark.parametrize(
    "innocent",
    [
        row(rate=98, ping_s=0.0006),
        row(in_flight=1000, rate=7000, ping_s=0.0135),  # a loop at its limit
        row(rate=0.5, ping_s=0.1),  # a pool of one, whose loop is free
        row(in_flight=11),  # more than a loop that waits answers at once
        row(rate=1000.0, ping_s=0.0099),
        row(rate=10.0, ping_s=0.0399),
        row(work="sleep"),
        row(Paradigm.BLOCKING),
        row(ping_s=math.nan),
    ],
)
def test_a_loop_that_is_busy_or_free_is_not_called_blocked(innocent):
    assert marked([innocent]) == [innocent]


def test_what_was_seen_to_block_beforehand_needs_no_ping_and_marks_no_thread():
    native, threads = row(ping_s=math.nan), row(Paradigm.CALLBACK)
    marks = marked([native, threads], ["my:work"])
    assert [one.valid for one in marks] == [False, True]
    assert marks[0].words(Warning.BLOCKS_LOOP) == "this native face blocks the loop"


def test_only_the_work_that_blocks_is_marked():
    blocks, other = marked([row(), row(rate=98, ping_s=0.0006, work="my:other")])
    assert (blocks.valid, other.valid) == (False, True)


@pytest.mark.parametrize(
    "blocks",
    [
        row(rate=1000.0, ping_s=0.01),
        row(rate=10.0, ping_s=0.04),
        row(rate=0.0, ping_s=0.01),
        replace(row(ping_s=0.01), estimates={}),  # no answer in the window: the ping alone tells
    ],
)
def test_a_ping_of_10_ms_and_of_two_fifths_of_an_answer_is_what_it_takes(blocks):
    busy = replace(blocks, warnings=(Warning.TOO_SHORT, Warning.NOISY))
    (found,) = marked([busy])
    assert found.warnings == (Warning.BLOCKS_LOOP, Warning.TOO_SHORT, Warning.NOISY)


def test_a_face_is_of_one_experiment_server_and_loop():
    blocks, other = row(), row(rate=98, ping_s=0.0006)
    beside = [
        replace(other, experiment="another"),
        replace(other, contestant=replace(other.contestant, server=Server.TORNADO)),
        replace(other, contestant=replace(other.contestant, loop=Loop.UVLOOP)),
    ]
    assert [one.valid for one in marked([blocks, other, *beside])] == [False, False, True, True, True]
