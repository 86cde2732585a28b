import pytest
from made import BLOCKING, NATIVE, opened
from msgspec.structs import replace

from compare.analysis.ceiling import ceiling_rps
from compare.contract import Paradigm
from compare.records import Closed

EXECUTOR = replace(NATIVE, paradigm=Paradigm.EXECUTOR)


TEN = Closed(10, delay_s=0.1, duration_s=1.0)


@pytest.mark.parametrize(
    ("contestant", "load", "ceiling"),
    [
        (NATIVE, TEN, 100.0),
        (NATIVE, replace(TEN, delay_s=0.05), 200.0),
        (BLOCKING, TEN, 10.0),
        (replace(BLOCKING, workers=2), TEN, 20.0),
        (replace(BLOCKING, threads=8), TEN, 10.0),  # a pool that blocking does not use
        (replace(EXECUTOR, threads=4), TEN, 40.0),
        (replace(EXECUTOR, threads=40), TEN, 100.0),
        (EXECUTOR, TEN, 60.0),  # Python's own pool on two CPUs: six threads
        (replace(NATIVE, max_in_flight=3), TEN, 30.0),
        (replace(NATIVE, work="postgres"), TEN, 100.0),
        (replace(NATIVE, work="my.module:Work"), TEN, None),
        (NATIVE, replace(TEN, delay_s=0.0), None),
    ],
)
def test_the_ceiling_is_what_can_wait_at_once_over_the_wait(contestant, load, ceiling):
    assert ceiling_rps(contestant, load, pool=6) == (ceiling if ceiling is None else pytest.approx(ceiling))


def test_a_pool_of_the_work_lowers_the_ceiling_of_each_server_process():
    thousand = replace(TEN, concurrency=1000)
    assert ceiling_rps(NATIVE, thousand, pool=6, limit=100) == pytest.approx(1000)
    assert ceiling_rps(replace(NATIVE, workers=2), thousand, pool=6, limit=100) == pytest.approx(2000)
    assert ceiling_rps(BLOCKING, thousand, pool=6, limit=100) == pytest.approx(10)
    assert ceiling_rps(NATIVE, TEN, pool=6, limit=100) == pytest.approx(100)


def test_the_connections_of_an_open_loop_are_no_ceiling():
    rate = opened(replace(TEN, concurrency=2000), 500.0)
    assert ceiling_rps(NATIVE, rate, pool=6) is None
    assert ceiling_rps(replace(NATIVE, max_in_flight=100), rate, pool=6) == pytest.approx(1000)
    assert ceiling_rps(NATIVE, rate, pool=6, limit=100) == pytest.approx(1000)


def test_pythons_own_pool_never_exceeds_32_threads():
    assert ceiling_rps(EXECUTOR, replace(TEN, concurrency=100), pool=32) == pytest.approx(320)
