import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from click.testing import CliRunner

from compare.cli import commands
from compare.contract import Server, read_ready
from compare.contract.option_table import OPTIONS
from compare.contract.settings import from_argv


@pytest.mark.parametrize("server", Server)
def test_the_command_becomes_the_servers_supervisor(server):
    command = [sys.executable, "-m", "compare", "serve", str(server), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        ready = read_ready(process.stdout.readline())
        assert (ready.pid, ready.server) == (process.pid, server)
        with urllib.request.urlopen(f"{ready.url}/ping") as answer:
            assert answer.read() == b'{"pong":true}'
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_options_reach_the_server_as_they_were_given(monkeypatch):
    became = []
    monkeypatch.setattr(os, "execve", lambda path, argv, _: became.append((path, argv)))
    given = ["--port", "0", "--cookie-key=1=file", "--access-log"]
    result = CliRunner().invoke(commands, ["serve", "aiohttp", *given])
    assert result.exit_code == 0, result.output
    ((path, argv),) = became
    server = argv.index("compare.aiohttp_impl")
    assert path == argv[server - 3] == sys.executable
    assert from_argv(Server.AIOHTTP, argv[server + 1 :]) == from_argv(Server.AIOHTTP, given)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["django"], "'tornado', 'aiohttp'"),
        ([], "Missing argument"),
        (["tornado", "--prt", "1"], "There is no option '--prt'"),
        (["tornado", "--port", "x"], "--port must be a whole number"),
        (["tornado", "--port"], "--port needs a value"),
        (["tornado", "--loop", "trio"], "--loop must be asyncio or uvloop"),
    ],
)
def test_a_bad_option_is_exit_code_2_and_a_sentence_naming_it(words, sentence, monkeypatch):
    monkeypatch.setattr(os, "execve", pytest.fail)
    result = CliRunner().invoke(commands, ["serve", *words])
    assert result.exit_code == 2
    assert sentence in result.output


def test_help_lists_every_option_of_the_servers():
    out = CliRunner().invoke(commands, ["serve", "--help"]).output
    assert all(option.name in out for option in OPTIONS)
