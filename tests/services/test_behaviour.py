import random

from compare.services.behaviour import Behaviour, Fail


def test_jitter_spreads_around_the_delay_and_never_below_zero():
    chance = random.Random(1)
    waits = [Behaviour(delay_s=0.1, jitter_s=0.2).wait_s(chance) for _ in range(2000)]
    assert min(waits) == 0.0
    assert 0.29 < max(waits) <= 0.3
    assert Behaviour(delay_s=0.1).wait_s(chance) == 0.1


def test_the_failure_rate_is_the_share_that_fails():
    chance = random.Random(1)
    failed = sum(Behaviour(failure_rate=0.1).fails(chance) for _ in range(10_000))
    assert 900 < failed < 1100
    assert not Behaviour().fails(chance)


def test_a_query_changes_only_what_it_names():
    base = Behaviour(delay_s=1.0, jitter_s=0.5)
    assert base.changed_by("") == base
    assert base.changed_by("delay=2&other=x") == Behaviour(2.0, 0.5)
    assert base.changed_by("fail=reset") == Behaviour(1.0, 0.5, 1.0, Fail.RESET)
    assert base.changed_by("fail=half&failure_rate=0.5") == Behaviour(1.0, 0.5, 0.5, Fail.HALF)
