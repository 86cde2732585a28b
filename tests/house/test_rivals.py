"""A tool that is measured beside ours is the tool of that name."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import freeze_rivals, generator_vs_wrk
from benchmarks.freeze_rivals import RIVALS

SAID = "  30 requests in 3.00s, 1.2MB read\nRequests/sec:     10.00\n"


def test_what_is_called_wrk_is_wrk(monkeypatch):
    asked = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, SAID)

    monkeypatch.setattr(generator_vs_wrk, "tool", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", run)
    assert generator_vs_wrk.by_wrk("http://127.0.0.1/").rps == 10.0
    ((*_, program, _, _, _, _),) = asked
    assert program == "/usr/bin/wrk"


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_rival_is_asked_by_its_own_name(rival):
    called = rival.name.split()[0]
    assert (rival.program or rival.command.split()[0]) == called
    if rival.program:
        script = {"vegeta": freeze_rivals.VEGETA}[called]
        assert {Path(line.split()[0]).name for line in script.split("\n") if line[:1].isalpha()} == {called}
