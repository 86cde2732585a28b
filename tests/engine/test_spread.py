"""Which machine makes which round: one at a time each, lost ones first in line."""

from compare.engine.spread import Spread


def test_a_lost_round_is_the_next_one_handed_out():
    spread = Spread(range(3))
    first, second = spread.take("a"), spread.take("b")
    spread.lose(first, "a is gone.")
    assert [(one.attempt, one.reason) for one in spread.lost] == [(first, "a is gone.")]
    again = spread.take("b")
    assert (again.round, again.number, again.machine) == (first.round, 2, "b")
    spread.finish(second)
    spread.finish(again)
    assert spread.take("b").round == 2


def test_a_machine_waits_while_a_round_runs_elsewhere_that_may_be_lost():
    spread = Spread(range(1))
    assert spread.take("a") is not None
    assert spread.take("b", timeout_s=0) is None
    assert not spread.idle


def test_when_every_round_is_made_nothing_is_handed_out():
    spread = Spread(range(1))
    spread.finish(spread.take("a"))
    assert spread.take("b") is None
    assert spread.idle
    assert spread.unmade == []


def test_a_machine_that_waits_gets_the_round_that_is_lost_elsewhere(monkeypatch):
    spread = Spread(range(1))
    first = spread.take("a")

    def wait_for(holds, _timeout_s):
        assert not holds()
        spread.lose(first, "a is gone.")
        assert holds()

    monkeypatch.setattr(spread._changed, "wait_for", wait_for)
    assert spread.take("b").number == 2


def test_after_a_stop_nothing_is_handed_out_though_rounds_wait():
    spread = Spread(range(2))
    spread.stop()
    assert spread.take("a") is None
    assert spread.idle
    assert spread.unmade == [0, 1]
