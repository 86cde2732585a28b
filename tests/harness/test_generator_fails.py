"""Generators that fail: what they said last is the error."""

import os
import sys

import msgspec
import pytest

from compare.harness import reference
from compare.harness.generators import Generator
from compare.harness.load import LoadError, run
from compare.loadgen.protocol import Outcome, StreamOutcome
from compare.processes import launch
from compare.records import Closed


@pytest.fixture(scope="module")
def url():
    with reference.serving(delay_s=0.005) as url:
        yield url


ROWLESS = msgspec.json.encode(Outcome((StreamOutcome(10, 1, 0),), (1.0, 2.0), 3.0, 0.1)).decode()
SHORT = Closed(concurrency=4, delay_s=0.005, duration_s=0.2, warmup_s=0.05, timeout_s=60.0)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('It does not start.')", "ended without a result: It does not start."),
        ("import os; os._exit(1)", "ended without a result: it said nothing"),
        ("print('{}')", "cannot be read"),
        ("print('no JSON')", "cannot be read"),
        (f"print({ROWLESS!r}); print(20 * 'x')", "21 bytes of samples came, not 300"),
    ],
)
def test_a_generator_that_fails_is_an_error_with_its_last_words(monkeypatch, url, code, reason):
    monkeypatch.setattr(launch, "argv", lambda *_, **__: [sys.executable, "-c", code])
    with pytest.raises(LoadError, match=reason):
        run(url, SHORT)


def test_what_a_generator_said_before_it_could_be_given_an_order_is_kept(monkeypatch, url):
    start = Generator._start

    def ended(self):
        process = start(self)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return process

    monkeypatch.setattr(Generator, "_start", ended)
    monkeypatch.setattr(launch, "argv", lambda *_, **__: [sys.executable, "-c", "print('no JSON')"])
    with pytest.raises(LoadError, match="cannot be read"):
        run(url, SHORT)
