import subprocess
import sys

import click
import pytest

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
    assert run(monkeypatch, "nope") == ExitCode.USAGE
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


def test_python_m_compare_is_the_command():
    out = subprocess.check_output([sys.executable, "-m", "compare", "--help"], text=True)
    assert out.startswith("Usage: compare [OPTIONS] COMMAND")
