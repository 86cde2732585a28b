import threading

from compare.contract import LoopLag, Paradigm, Server, Stats
from compare.harness import probe
from compare.harness.probe import NoAnswerError
from compare.harness.servers import serve
from compare.harness.stats_watch import Heard, StatsWatch, loop_lag, orphaned
from compare.records import Contestant


def heard(at_s, count=0, lag_s=0.0):
    return Heard(at_s, Stats(0, count, 0, 0, 0, 1, LoopLag(p99=lag_s)))


def test_the_loop_lag_is_the_last_of_the_window():
    series = [heard(0.5, lag_s=1), heard(1.5, lag_s=2), heard(1.9, lag_s=3), heard(2.5, lag_s=4)]
    assert loop_lag(series, (1, 2)).p99 == 3


def test_a_loop_too_busy_to_answer_within_the_window_shows_its_lag_after_it():
    assert loop_lag([heard(0.5, lag_s=1), heard(2.5, lag_s=4), heard(3, lag_s=5)], (1, 2)).p99 == 4
    assert loop_lag([heard(0.5, lag_s=1)], (1, 2)) is None


def test_orphans_are_counted_from_the_windows_start_on():
    series = [heard(0.5, 9), heard(1.5, 0), heard(2.5, 7), heard(3.0, 0)]
    assert orphaned(series, (1, 2)) == ((0.5, 0), (1.5, 7), (2.0, 0))


def test_without_orphans_there_is_no_series():
    assert orphaned([heard(1.5), heard(2.5)], (1, 2)) == ()


def test_a_real_server_is_asked_while_the_context_is_open(monkeypatch):
    asked = threading.Event()
    real = probe.stats

    def stats(*args, **kwargs):
        answer = real(*args, **kwargs)
        asked.set()
        return answer

    monkeypatch.setattr(probe, "stats", stats)
    with (
        serve(Contestant(Server.AIOHTTP, Paradigm.NATIVE)) as running,
        StatsWatch(running.base_url, interval_s=0.001) as watch,
    ):
        assert asked.wait(60)
    assert watch.heard[0].stats.threads >= 1


def test_it_lingers_until_no_work_without_a_client_is_left(monkeypatch):
    counts = iter([3, 1, 0, 99])
    monkeypatch.setattr(probe, "stats", lambda *_, **__: heard(0, next(counts)).stats)
    watch = StatsWatch("http://unused", interval_s=0.001)
    watch.linger(10)
    assert [one.stats.orphaned for one in watch.heard] == [3, 1, 0]


def test_it_does_not_linger_for_a_server_that_does_not_answer(monkeypatch):
    def silent(*_, **__):
        raise NoAnswerError("no")

    monkeypatch.setattr(probe, "stats", silent)
    watch = StatsWatch("http://unused")
    watch.linger(3600)
    assert watch.heard == []


def test_it_lingers_no_longer_than_it_may(monkeypatch):
    monkeypatch.setattr(probe, "stats", lambda *_, **__: heard(0, 5).stats)
    watch = StatsWatch("http://unused", interval_s=0.001)
    watch.linger(0.05)
    assert watch.heard
