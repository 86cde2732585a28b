import pytest
from drawn import draw, made, text_of
from msgspec.structs import replace

from compare.contract import Accept, Paradigm, Server
from compare.experiments import workers
from compare.experiments.options import Options, Preset
from compare.records import Closed, Open


@pytest.fixture(autouse=True)
def eight_cpus(monkeypatch):
    monkeypatch.setattr(workers, "usable_cpus", lambda: 8)


@pytest.fixture(scope="module")
def it():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "usable_cpus", lambda: 8)
        return made("workers", Options(duration_s=0.3), rounds=2)


def asked(cells):
    return [
        (cell.contestant.workers, cell.contestant.accept.value)
        for cell in cells
        if cell.contestant.server is Server.AIOHTTP
    ]


def test_one_two_four_and_as_many_workers_as_cpus_share_the_port_in_both_ways_and_nothing_else_varies():
    cells = workers.plan(Options())
    assert asked(cells) == [
        (1, "reuseport"),
        *((count, accept) for count in (2, 4, 8) for accept in ("reuseport", "shared")),
    ]
    alike = {
        replace(one.contestant, workers=1, accept=Accept.REUSEPORT, server=Server.AIOHTTP) for one in cells
    }
    assert len(alike) == len({cell.load for cell in cells}) == 1


def test_every_worker_has_connections_enough_to_be_given_some(monkeypatch):
    monkeypatch.setattr(workers, "usable_cpus", lambda: 64)
    for cell in workers.plan(Options(Preset.FULL)):
        assert cell.load.concurrency >= workers.EACH * cell.contestant.workers


def test_the_open_loop_comes_at_a_share_of_what_one_worker_answers(it):
    cells = workers.then(Options(), it.summaries)
    assert asked(cells) == asked(workers.plan(Options()))
    one = next(row for row in it.summaries if row.contestant.workers == 1 and isinstance(row.load, Closed))
    rates = {cell.load.rate_rps for cell in cells if cell.contestant.server is one.contestant.server}
    assert list(rates) == [pytest.approx(0.7 * one.throughput_rps.value, rel=0.01)]
    assert all(isinstance(cell.load, Open) for cell in cells)


def test_where_one_worker_gave_no_number_there_is_no_open_loop(it):
    rows = [replace(row, valid=row.contestant.workers > 1) for row in it.summaries]
    assert workers.then(Options(), rows) == []


def test_paradigms_are_tried_that_were_asked_for():
    cells = workers.plan(Options(paradigms=(Paradigm.CALLBACK,)))
    assert {cell.contestant.paradigm for cell in cells} == {Paradigm.CALLBACK}


def test_answers_waits_memory_and_imbalance_are_drawn_against_workers_for_both_ways(it, tmp_path):
    assert draw("workers", it, tmp_path) == ["workers"]
    words = text_of(tmp_path / "workers.svg")
    for told in (
        "native, reuseport",
        "native, shared",
        "workers, log scale",
        "answers per second, log scale",
        "p50 of the response, ms, log scale",
        "RSS of all processes, MB, log scale",
        "answers of the fullest worker / mean, log scale",
    ):
        assert f"<!-- {told} -->" in words


def of(it, cpus):
    return replace(it.run.environment, cpus=cpus, affinity=tuple(range(cpus)))


def test_a_machine_with_few_cpus_cannot_tell_and_says_so(it):
    first, *others = workers.say_on(it.summaries, of(it, 2))
    assert first.startswith(
        "This machine has 2 CPUs, one of them for the load generator: what 2, 4 and 8 workers"
    )
    assert not any("answers" in one and "times what" in one for one in others)
    assert [one.partition(":")[0] for one in others] == [server.value for server in Server]


def test_a_machine_with_some_cpus_tells_as_far_as_they_go(it):
    told = " ".join(workers.say_on(it.summaries, of(it, 5)))
    assert "what 8 workers answer more than one" in told
    assert "aiohttp native (4 workers) answers 3." in told
    assert "8 workers) answers" not in told


def test_with_cpus_enough_nothing_is_held_back(it):
    told = workers.say_on(it.summaries, of(it, 16))
    assert told == workers.say(it.summaries)
    assert any("native (8 workers, shared socket)" in one and "native (8 workers)" in one for one in told)


def test_memory_and_the_fullest_worker_are_told_for_each_server(it):
    *_, told = workers.say(it.summaries)
    assert "38 MB in 1 process" not in told, "what is in flight takes memory too"
    assert "MB in 1 process; " in told
    assert "(reuseport), the fullest of which answers 1." in told


def test_nothing_measured_draws_and_says_nothing(it, tmp_path):
    assert workers.draw([], it.run, tmp_path) == []
    assert workers.say([]) == []
    assert workers.say_on([], of(it, 2)) == []
