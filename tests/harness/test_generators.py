"""One generator process for many orders, and what replaces it."""

import os
import signal
import sys
import threading
from contextlib import closing

import made
import pytest
from counting import counting
from msgspec.structs import replace

from compare.harness import generators, reference
from compare.harness.generators import Generator, GeneratorError
from compare.harness.load import Wire, plan, run, target
from compare.loadgen.protocol import CUT, Outcome
from compare.processes import launch
from compare.records import Closed, Open

LOAD = Closed(concurrency=4, delay_s=0.0, duration_s=0.1, warmup_s=0.02, timeout_s=60.0)


@pytest.fixture(scope="module")
def url():
    with reference.serving() as url:
        yield url


@pytest.fixture
def generator():
    with closing(Generator()) as generator:
        yield generator


def pid(generator):
    return generator._child.pid


def test_one_process_plays_load_after_load_and_ends_with_the_block(url):
    with closing(Generator()) as generator:
        seen = set()
        for _ in range(3):
            assert set(run(url, LOAD, by=generator).samples.status.tolist()) == {200}
            seen.add(pid(generator))
    assert len(seen) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(seen.pop(), 0)


def test_a_process_that_died_between_two_loads_is_said_and_then_replaced(url, generator):
    run(url, LOAD, by=generator)
    dead = pid(generator)
    os.kill(dead, signal.SIGKILL)
    with pytest.raises(GeneratorError, match="ended without a result: it said nothing"):
        generator.play(plan(LOAD, 0, target(url)))
    run(url, LOAD, by=generator)
    assert pid(generator) != dead


def test_a_process_that_is_not_clean_plays_no_other_load(monkeypatch, generator):
    outcome = Outcome((), (0.0, 1.0), 1.0, 0.0, clean=False)
    code = f"input(); print({generators.msgspec.json.encode(outcome).decode()!r}); input()"
    monkeypatch.setattr(launch, "argv", lambda *_, **__: [sys.executable, "-c", code])
    generator.play(plan(LOAD, 0, target("http://127.0.0.1:9/")))
    assert generator._child is None


def test_a_load_that_is_interrupted_leaves_nothing_for_the_next(monkeypatch, url, generator):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(generators.msgspec.json, "decode", interrupted)
        with pytest.raises(KeyboardInterrupt):
            generator.play(plan(LOAD, 0, target(url)))
    assert generator._child is None
    assert set(run(url, LOAD, by=generator).samples.status.tolist()) == {200}


def test_a_load_that_is_refused_does_not_end_the_process(url, generator):
    run(url, LOAD, by=generator)
    before = pid(generator)
    with pytest.raises(GeneratorError, match="254 are used at most"):
        generator.play(plan(replace(LOAD, concurrency=1000), 0, target(url), wire=Wire(per_source=1)))
    run(url, LOAD, by=generator)
    assert pid(generator) == before


class Interrupted:
    """The pipe from a child at which Ctrl-C is pressed once, when `wait` returns."""

    def __init__(self, child, wait):
        self._child, self._pipe, self._wait = child, child.stdout, wait
        child.stdout = self

    def readline(self):
        self._child.stdout = self._pipe
        self._wait()
        raise KeyboardInterrupt


@pytest.mark.parametrize("load", [replace(LOAD, duration_s=60.0), replace(LOAD, warmup_s=60.0)])
@pytest.mark.parametrize("kind", [Closed, Open])
def test_ctrl_c_ends_a_load_that_may_be_stopped_with_what_was_measured(generator, load, kind):
    load = load if kind is Closed else made.opened(load, 500.0)
    with counting() as (url, until):
        run(url, LOAD, by=generator)
        Interrupted(generator._child, lambda: (until(40), threading.Event().wait(0.3)))
        found = run(url, load, by=generator, stops=True)
        assert not run(url, LOAD, by=generator).cut  # and the generator plays on
    assert found.cut
    assert 0 < found.samples.window_s < 60
    assert set(found.samples.status.tolist()) == {200}
    assert len(found.samples.status) > LOAD.concurrency


def test_ctrl_c_at_once_or_too_late_disturbs_no_later_load(url, generator):
    run(url, LOAD, by=generator)
    generator._child.write(CUT)
    assert set(run(url, LOAD, by=generator).samples.status.tolist()) == {200}


def test_ctrl_c_passes_where_a_load_may_not_be_stopped(url, generator):
    run(url, LOAD, by=generator)
    Interrupted(generator._child, lambda: None)
    with pytest.raises(KeyboardInterrupt):
        run(url, LOAD, by=generator)
    assert generator._child is None
