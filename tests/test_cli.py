import importlib.metadata
import re
import subprocess
import sys

import click
import pytest
from running import interrupted_at

from compare import cli
from compare.commands.usage import ExitCode


def run(monkeypatch, *words):
    """Return the exit code of `compare WORDS`, in this process."""
    monkeypatch.setattr(sys, "argv", ["compare", *words])
    with pytest.raises(SystemExit) as exit_info:
        cli.main()
    return exit_info.value.code


def test_every_command_there_is_can_be_had_and_no_other():
    context = click.Context(cli.commands)
    for name in cli.COMMANDS:
        command = cli.commands.get_command(context, name)
        assert command.name == name
        assert command.help
    assert cli.commands.get_command(context, "nope") is None


def test_help_lists_the_commands_without_importing_any():
    source = (
        "import sys; from click.testing import CliRunner; from compare.cli import commands;"
        "print(CliRunner().invoke(commands, ['--help']).output);"
        "print([m for m in sys.modules if m in ('scipy', 'numpy', 'matplotlib')])"
    )
    out = subprocess.check_output([sys.executable, "-c", source], text=True)
    assert all(f"  {name} " in out for name in cli.COMMANDS)
    assert out.endswith("[]\n")


def test_an_unknown_command_is_wrong_usage(monkeypatch, capsys):
    assert run(monkeypatch, "nope") == 2
    assert "No such command 'nope'" in capsys.readouterr().err


def test_a_failure_is_one_sentence_and_exit_code_1(monkeypatch, capsys):
    assert run(monkeypatch, "report", "/no/such/folder") == ExitCode.FAILED
    err = capsys.readouterr().err
    assert err.startswith("Error: /no/such/folder holds no run")
    assert len(err.splitlines()) == 1


def test_the_exit_code_is_what_the_command_returns(monkeypatch):
    for returned, code in ((None, 0), (0, 0), (ExitCode.UNRELIABLE, 3)):
        monkeypatch.setattr(cli.commands, "main", lambda returned=returned, **_: returned)
        assert run(monkeypatch) == code


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_ctrl_c_is_exit_code_130(monkeypatch, capsys, error):
    def interrupted(**_):
        raise error

    monkeypatch.setattr(cli.commands, "main", interrupted)
    assert run(monkeypatch) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Stopped.\n"


def test_the_version_is_the_installed_one(monkeypatch, capsys):
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"compare {importlib.metadata.version('tornado-aiohttp-compare')}\n"


@pytest.mark.parametrize("command", sorted(set(cli.COMMANDS) - set(cli.WITHOUT_EXTRA)))
def test_without_the_extra_a_command_says_what_it_needs(monkeypatch, capsys, command):
    monkeypatch.setattr(cli, "EXTRA", ("numpy", "not_installed"))
    assert run(monkeypatch, command, "--help") == ExitCode.FAILED
    assert capsys.readouterr().err == (
        f"Error: compare {command} needs the extra bench, of which not_installed cannot be found: "
        "install it, such as with `pip install 'tornado-aiohttp-compare[bench]'`.\n"
    )


def test_the_modules_looked_for_are_those_of_the_extra():
    required = importlib.metadata.requires("tornado-aiohttp-compare")
    extra = {re.match(r"\w+", line)[0] for line in required if "extra == 'bench'" in line}
    assert set(cli.EXTRA) == extra


def test_serving_needs_no_extra(monkeypatch, capsys):
    monkeypatch.setattr(cli, "EXTRA", ("not_installed",))
    assert run(monkeypatch, "serve", "--help") == 0
    source = "import sys, compare.aiohttp_impl.__main__, compare.tornado_impl.__main__; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", source], text=True).split()
    assert not set(loaded) & {"uvloop", "httptools", "rich", "matplotlib", "numpy", "scipy", "psutil"}


def test_python_m_compare_is_the_command():
    out = subprocess.check_output([sys.executable, "-m", "compare", "--help"], text=True)
    assert out.startswith("Usage: compare [OPTIONS] COMMAND")


def test_ctrl_c_in_the_middle_of_the_imports_is_silent(tmp_path):
    assert interrupted_at("click.exceptions", tmp_path, "compare", "--help") == (130, b"")


def test_after_the_imports_ctrl_c_is_pythons_own():
    source = "import signal; from compare import __main__, cli\n"
    source += "cli.main = lambda: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    assert subprocess.check_output([sys.executable, "-c", source + "__main__.main()"]) == b"True\n"
