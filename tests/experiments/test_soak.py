"""A soak: a leak is found where there is one and only there, by rows and on a server made to leak."""

import textwrap

import pytest
from made import measurement, run, soaked
from msgspec.structs import replace

from compare.analysis.summary import summarise
from compare.contract import Paradigm, Server
from compare.experiments import catalogue, soak
from compare.experiments.options import Options, Preset
from compare.harness import soak as harness_soak
from compare.harness.measure import Harness
from compare.records import Cell, SampleStatus, read, save


@pytest.mark.parametrize(
    ("found", "leaks"),
    [
        (soaked(0.0), []),
        (soaked(0.9), []),
        (soaked(-3.0), []),
        (soaked(1.1), ["memory"]),
        (soaked(0.0, threads=8), ["threads"]),
        (soaked(0.0, files=9), ["files"]),
        (soaked(0.0, threads=6, files=7), []),
        (soaked(5.0, threads=9, files=10), ["memory", "threads", "files"]),
        (soaked(0.0, step_mb=20), []),
        (soaked(50.0, minutes=1.9), []),
    ],
)
def test_a_leak_is_memory_that_keeps_growing_or_what_is_left_at_rest(found, leaks):
    assert soak.leaks(found) == leaks


def test_the_slope_is_in_mb_a_minute_with_an_interval():
    found = soak.slope(soaked(2.5))
    assert found.value == pytest.approx(2.5)
    assert found.low <= found.value <= found.high
    assert soak.slope(replace(soaked(1.0), course=())) is None


def cell(server: Server = Server.AIOHTTP, **times: float) -> Cell:
    (first,) = soak.plan(Options(servers=(server,)))
    return replace(first, load=replace(first.load, **times))


def test_sentences_and_figure_say_what_was_left_of_each_server_once(tmp_path):
    again = measurement(cell(Server.TORNADO, duration_s=600.0), finding=soaked(3.0))
    made = run(
        [
            measurement(cell(duration_s=600.0), finding=soaked(0.1)),
            measurement(cell(Server.TORNADO, duration_s=600.0), finding=soaked(0.0)),
            again,
        ]
    )
    aiohttp, tornado = soak.say_run(made)
    assert aiohttp.startswith(
        "Under 10 minutes of mixed load, 100 right answers, 0 wrong ones and 10 clients that "
    )
    assert "aiohttp leaks nothing: memory +0.10 " in aiohttp
    assert "threads 7 before and 7 after, open files 8 and 8." in aiohttp
    assert "tornado leaks memory: memory +3.00 " in tornado
    summaries = summarise(made)
    assert catalogue.say(soak, summaries, made) == [aiohttp, tornado]
    files = soak.draw(summaries, made, tmp_path)
    assert sorted(path.name for path in files) == ["soak.png", "soak.svg"]
    assert soak.draw(summaries, run([]), tmp_path) == []


def test_a_course_too_short_to_tell_says_so():
    (said,) = soak.say_run(run([measurement(cell(duration_s=20.0), finding=soaked(50.0, minutes=0.3))]))
    assert "leaks nothing" in said
    assert said.endswith("; under 2 minutes tell nothing of memory.")


def test_a_soak_is_kept_and_read_back(tmp_path):
    made = run([measurement(cell(), finding=soaked(1.0))])
    save(made, tmp_path)
    assert read(tmp_path).measurements[0].finding == made.measurements[0].finding


def test_each_preset_soaks_longer_and_full_ten_minutes():
    lasts = [soak.plan(Options(preset))[0].load.duration_s for preset in Preset]
    assert lasts == sorted(lasts)
    assert lasts[-1] == 600


def test_the_mix_has_every_paradigm_a_bystander_and_errors():
    streams = harness_soak.streams(cell())
    assert {*map(str, Paradigm), "ping"} < {stream.name for stream in streams}
    assert {stream.status for stream in streams} == {200, 400, 404}
    assert streams[0].name == "native"
    assert len({stream.name for stream in streams}) == len(streams)


@pytest.mark.parametrize("server", [Server.AIOHTTP, pytest.param(Server.TORNADO, marks=pytest.mark.full)])
def test_a_real_soak_answers_rightly_and_comes_to_rest(server):
    found = Harness().measure(cell(server, duration_s=1.0, warmup_s=0.5))
    assert found.failure is None
    assert found.finding.wrong == {}
    assert found.finding.answers.keys() == {stream.name for stream in harness_soak.streams(found.cell)}
    assert found.finding.left > 0
    assert (found.finding.after.threads, found.finding.after.open_files) == (
        found.finding.before.threads,
        found.finding.before.open_files,
    )
    assert found.finding.course
    assert found.usage.voluntary_switches > 0


LEAKING = """
    import asyncio
    import time

    kept = []

    class Work:
        name, limit = "leaking", 0

        def blocking(self, delay_s):
            kept.append(open("/dev/null"))
            time.sleep(delay_s)
            return b""

        async def native(self, delay_s):
            kept.append(open("/dev/null"))
            await asyncio.sleep(delay_s)
            return b""

        async def start(self, capacity):
            pass

        async def stop(self):
            pass

    work = Work()
"""


def test_a_server_that_keeps_files_is_found_out(tmp_path, monkeypatch):
    (tmp_path / "leaking_work.py").write_text(textwrap.dedent(LEAKING))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (leaky,) = soak.plan(Options(servers=(Server.AIOHTTP,), work="leaking_work:work"))
    found = Harness().measure(replace(leaky, load=replace(leaky.load, duration_s=1.0, warmup_s=0.5)))
    assert found.failure is None
    assert "files" in soak.leaks(found.finding)


def test_what_was_not_answered_as_it_must_be_is_counted_by_stream_and_status(monkeypatch):
    mix = (harness_soak.Stream("a", "/a", 1.0), harness_soak.Stream("b", "/b", 1.0, 404))

    class Of:
        def __init__(self, *status):
            self.status = self
            self.tolist = lambda: list(status)

    right, wrong = harness_soak._counted(mix, [Of(200, 200, 503, SampleStatus.RESET), Of(404, 200)])
    assert right == {"a": 2, "b": 1}
    assert wrong == {"a 503": 1, "a reset": 1, "b 200": 1}
