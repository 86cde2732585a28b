"""The report of a load from several machines, of samples made by hand."""

import json
from pathlib import Path

import made
import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from compare.analysis.pooling import ApartError
from compare.cli import commands
from compare.commands import load_machines
from compare.engine.clocks import Offset
from compare.engine.joint import Pressed
from compare.harness.load import LoadResult
from compare.harness.together import Part
from compare.records import Arrivals, Closed, GeneratorReport

URL = "http://127.0.0.1:1/"
WHOLE = made.opened(Closed(20, delay_s=0.0, duration_s=1.0), 200.0)
HALF = replace(WHOLE, rate_rps=100.0, concurrency=10)


def pressed(name, took_s=0.01, *, opens_s=0.0, cpu_share=0.2, unsure_s=1e-5, ahead_s=0.0, notes=()):
    """A machine that sends 100/s; its window opens at `opens_s` of a clock that all share."""
    samples = made.samples([made.answered(at / 100, took_s) for at in range(100)], end_s=2.0)
    own_s = opens_s + ahead_s
    result = LoadResult(samples, None, GeneratorReport(cpu_share, 5, 1, notes), (own_s, own_s + 1.0))
    offset = Offset(ahead_s, unsure_s)
    return Pressed(name, Part(URL, HALF), result, offset, offset)


def report(*machines, load=WHOLE):
    return load_machines.of(URL, load, load_machines.pool(machines), machines)


def test_the_pool_adds_up_and_each_machine_has_its_row():
    told = report(pressed("a"), pressed("b", ahead_s=900.0))
    assert (told.sent, told.connections, told.reconnects) == (200, 10, 2)
    assert told.throughput_rps == pytest.approx(200, rel=0.03)
    assert [(one.name, one.sent) for one in told.machines] == [("a", 100), ("b", 100)]
    assert told.machines[1].clock_ahead_s == 900.0
    assert told.overlap == pytest.approx(1.0)
    assert told.valid


def test_one_unfit_generator_makes_the_pool_invalid_and_is_named():
    told = report(pressed("a"), pressed("b", cpu_share=0.9))
    assert not told.valid
    assert told.warnings[0].startswith(
        "b was unfit, so the pool is invalid: The load generator used more than"
    )
    assert [one.valid for one in told.machines] == [True, False]


def test_the_pools_generator_share_is_that_of_the_busiest():
    assert report(pressed("a", cpu_share=0.1), pressed("b", cpu_share=0.5)).generator_cpu_share == 0.5


def test_windows_that_lie_apart_make_no_pool():
    with pytest.raises(ApartError, match="in common"):
        report(pressed("a"), pressed("b", opens_s=0.1))


@pytest.mark.parametrize(
    ("unsure_s", "arrivals", "sentences"),
    [
        (0.004, Arrivals.POISSON, []),
        (0.006, Arrivals.CONSTANT, ["not evenly spaced beyond that"]),
        (0.02, Arrivals.POISSON, ["more than 1% of the window"]),
    ],
)
def test_clocks_that_are_known_badly_are_told(unsure_s, arrivals, sentences):
    told = report(pressed("a"), pressed("b", unsure_s=unsure_s), load=replace(WHOLE, arrivals=arrivals))
    found = [one for one in told.warnings if one.startswith("The clock of b")]
    assert len(found) == len(sentences)
    assert all(words in one for words, one in zip(sentences, found, strict=True))


def test_machines_that_see_other_responses_are_told():
    assert not [one for one in report(pressed("a"), pressed("b", 0.011)).warnings if "distances" in one]
    (words,) = [one for one in report(pressed("near"), pressed("far", 0.05)).warnings if "distances" in one]
    assert words.startswith("The median response is 10.0 ms at near and 50.0 ms at far")


def test_a_person_gets_a_line_for_each_machine():
    machines = (pressed("a"), pressed("b", opens_s=0.001))
    lines = load_machines.rows(report(*machines))
    assert [line.partition(":")[0] for line in lines] == ["a", "b"]
    assert "window opened 1.00 ms after the first" in lines[1]
    assert load_machines.table(load_machines.pool(machines), machines).row_count == 5


def test_every_field_of_the_json_is_documented():
    text = (Path(__file__).parents[2] / "docs/load.md").read_text()
    told = json.loads(msgspec.json.encode(report(pressed("a"), pressed("b"))))
    fields = {*told, *told["machines"][0]}
    assert [name for name in sorted(fields) if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--cluster", "local:2"], "--cluster needs --rate, such as --rate 1000"),
        (["--rate", "10", "--certs", "certs"], "--certs is for an encrypted cluster"),
        (["--rate", "10", "--cluster", "local:2", "--certs", "x"], "--certs is for an encrypted cluster"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, sentence):
    told = CliRunner().invoke(commands, ["load", URL, *words])
    assert told.exit_code == 2
    assert sentence in " ".join(told.output.split())


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("tcp://10.1.2.3:8786", "is not encrypted"),
        ("tls://127.0.0.1:8786", "tls:// needs --certs FOLDER"),
        ("local:0", "takes from 1 to 64 workers"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_sentence(where, sentence):
    told = CliRunner().invoke(commands, ["load", URL, "--rate", "10", "--cluster", where])
    assert told.exit_code == 1
    assert sentence in told.output
    assert len(told.output.splitlines()) == 1
