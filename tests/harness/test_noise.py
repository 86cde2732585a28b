import os

import pytest

from compare.harness import noise
from compare.harness.noise import Counters, Sentry, counters, short_spin

STAT = "cpu  100 0 50 800 20 0 10 15 7 3\ncpu0 1 2 3\n"
PRESSURE = (
    "some avg10=0.33 avg60=0.11 avg300=0.08 total=7036691\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
)


def test_counters_are_read_from_the_first_lines_guest_time_not_counted_twice():
    assert counters(STAT, PRESSURE) == Counters(cpu_ticks=995, steal_ticks=15, pressure_us=7036691)


def test_a_system_that_does_not_tell_counts_nothing(monkeypatch):
    monkeypatch.setattr(noise, "Path", _Missing)
    assert counters() == Counters()


class _Missing:
    def __init__(self, path):
        pass

    def read_text(self, encoding):
        raise FileNotFoundError


class Machine:
    """Spins and counters as a script says."""

    def __init__(self):
        self.spin_s, self.now_s, self.count = 0.2, 0.0, Counters()
        self.short_s, self.cpus = 0.02, []

    def short(self, cpu):
        self.cpus.append(cpu)
        return self.short_s

    def spin(self):
        self.now_s += self.spin_s
        return self.spin_s

    def passes(self, ticks, steal=0, pressure_us=0):
        c = self.count
        self.count = Counters(c.cpu_ticks + ticks, c.steal_ticks + steal, c.pressure_us + pressure_us)


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def sentry(machine):
    return Sentry(machine.spin, lambda: machine.count, lambda: machine.now_s, machine.short)


def test_an_undisturbed_machine_is_not_noisy(sentry):
    for _ in range(3):
        calm = sentry.calibrate()
        assert (calm.spin_ratio, calm.steal_share, calm.pressure_share, calm.noisy) == (1, 0, 0, False)


def test_a_spin_slower_than_the_fastest_seen_is_noise_until_it_is_fast_again(machine, sentry):
    sentry.calibrate()
    machine.spin_s = 0.3
    assert sentry.calibrate().spin_ratio == pytest.approx(1.5)
    assert sentry.cell().noisy
    machine.spin_s = 0.21
    assert not sentry.calibrate().noisy


def test_the_servers_cpu_is_looked_at_before_each_cell(machine):
    sentry = Sentry(machine.spin, lambda: machine.count, lambda: machine.now_s, machine.short, cpu=3)
    sentry.calibrate()
    sentry.before_cell()
    assert not sentry.cell().noisy
    machine.short_s = 0.03
    sentry.before_cell()
    assert sentry.cell().spin_ratio == pytest.approx(1.5)
    assert sentry.cell().noisy
    assert machine.cpus == [3, 3]
    assert not sentry.calibrate().noisy


def test_the_short_spin_leaves_the_thread_where_it_was_allowed():
    allowed = os.sched_getaffinity(0)
    assert 0 < short_spin(min(allowed)) < 60
    assert os.sched_getaffinity(0) == allowed


def test_pressure_counts_while_spinning_but_not_while_the_load_runs(machine, sentry):
    def spin():
        machine.passes(20, pressure_us=100_000)
        return machine.spin()

    busy = Sentry(spin, lambda: machine.count, lambda: machine.now_s).calibrate()
    assert busy.pressure_share == pytest.approx(0.5)
    assert busy.noisy
    sentry.calibrate()
    machine.passes(200, pressure_us=2_000_000)
    assert not sentry.cell().noisy


def test_stolen_time_is_noise_of_the_cell_it_was_stolen_from(machine, sentry):
    sentry.calibrate()
    machine.passes(200, steal=20)
    assert sentry.cell().steal_share == pytest.approx(0.1)
    machine.passes(200, steal=20)
    assert sentry.cell().noisy
    machine.passes(200)
    assert not sentry.cell().noisy


def test_the_real_sentry_reads_this_machine():
    reading = Sentry(lambda: noise.spin(1000)).calibrate()
    assert reading.spin_ratio == 1
    assert 0 <= reading.steal_share <= 1
    assert reading.load_1m >= 0


@pytest.mark.parametrize(
    ("times_s", "penalty"), [((0.02, 0.03), 0.5), ((0.02, 0.02), 0.0), ((0.03, 0.02), 0.0)]
)
def test_cpus_that_share_a_core_are_seen_by_a_spin_beside_a_spin(times_s, penalty, monkeypatch):
    alone_s, together_s = times_s
    spins = iter([alone_s, alone_s + 1] + [alone_s] * 3 + [together_s] * 5)
    beside = []

    class Beside:
        def __init__(self, command, *, cpu):
            beside.append(cpu)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def line(self, within_s):
            assert within_s > 0

    monkeypatch.setattr(noise, "Child", Beside)
    monkeypatch.setattr(
        noise, "short_spin", lambda cpu: next(spins) if cpu == 4 else pytest.fail("that CPU is the other's")
    )
    assert noise.shared_core_penalty(4, 7) == pytest.approx(penalty)
    assert beside == [7]


def test_one_cpu_shares_its_core_with_no_other():
    assert noise.shared_core_penalty(None, None) is None
