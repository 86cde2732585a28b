"""A load that another worker plays: here the same process, whose clock is said to be ahead."""

import time

import pytest

from compare.engine import afar, clocks, press
from compare.engine.afar import Afar
from compare.engine.clocks import ClockError, Offset
from compare.engine.many import MachineLostError
from compare.engine.press import Far, Place
from compare.harness import load, reference
from compare.harness.load import LoadError
from compare.records import Closed

TOKEN = b"0123456789abcdef"
LOAD = Closed(4, delay_s=0.0, duration_s=0.3, warmup_s=0.02)


class Direct:
    """A client of a cluster whose one worker is this process."""

    def __init__(self, failure=None):
        self._failure, self.asked = failure, []

    def submit(self, function, *words, **options):
        self.asked.append(options)
        self._call = (function, words)
        return self

    def result(self):
        if self._failure is not None:
            raise self._failure
        function, words = self._call
        return function(*words)

    def release(self):
        pass


@pytest.fixture
def client(monkeypatch):
    client = Direct()
    monkeypatch.setattr(afar, "get_client", lambda: client)
    return client


@pytest.fixture
def far():
    clock = press.join("far", Place("127.0.0.1"), TOKEN)
    yield Far("far", "tls://10.0.0.2:1", "m2:1", clock, TOKEN, "10.0.0.1")
    press.leave("far")


@pytest.fixture(scope="module")
def url():
    with reference.serving() as url:
        yield url


def test_the_window_is_on_this_machines_clock_and_latencies_are_as_the_other_saw_them(
    client, far, url, monkeypatch
):
    monkeypatch.setattr(clocks, "read", lambda *_: Offset(5000.0, 1e-5))
    before_s = time.monotonic()
    found = load.run(url, LOAD, bystander_url=url, by=Afar(far))
    assert before_s - 5000 < found.window[0] < time.monotonic() - 5000
    assert found.window[1] - found.window[0] == pytest.approx(0.3)
    assert set(found.samples.status.tolist()) == {200}
    assert max(found.samples.done_s - found.samples.intended_s) < 60
    assert found.bystander is not None
    assert found.report.notes == ()


def test_each_order_is_a_task_of_its_own_for_that_worker_and_is_never_made_twice(client, far, url):
    by = Afar(far)
    for _ in range(2):
        load.run(url, LOAD, by=by)
    assert len({one["key"] for one in client.asked}) == 2
    for one in client.asked:
        assert one["workers"] == ["tls://10.0.0.2:1"]
        assert (one["pure"], one["retries"], one["allow_other_workers"]) == (False, 0, False)


def test_a_clock_that_drifted_is_known_in_the_middle_and_told(client, far, url, monkeypatch):
    offsets = iter([Offset(1.0, 1e-5), Offset(1.02, 1e-5)])
    monkeypatch.setattr(clocks, "read", lambda *_: next(offsets))
    by = Afar(far)
    (note,) = load.run(url, LOAD, by=by).report.notes
    assert by.ahead_s == pytest.approx(1.01)
    assert note == "The clock of m2:1 is known to 0.01 s only: usage may be of another window."


def test_what_the_generator_refuses_is_the_cells_failure(client, far, url):
    with pytest.raises(LoadError, match="254 are used at most"):
        load.run(url, Closed(1000), by=Afar(far), wire=load.Wire(per_source=1))


@pytest.mark.parametrize("failure", [OSError("gone"), press.SeatError("was begun anew")])
def test_a_worker_that_is_gone_is_a_lost_machine(far, url, failure, monkeypatch):
    monkeypatch.setattr(afar, "get_client", lambda: Direct(failure))
    with pytest.raises(MachineLostError, match="m2:1 was lost while it pressed"):
        load.run(url, LOAD, by=Afar(far))


def test_a_clock_that_no_longer_answers_is_a_lost_machine(client, far, url, monkeypatch):
    def silent(*_):
        raise ClockError("The clock does not answer.")

    monkeypatch.setattr(clocks, "read", silent)
    with pytest.raises(MachineLostError, match=r"m2:1 was lost while it pressed\. The clock"):
        load.run(url, LOAD, by=Afar(far))
