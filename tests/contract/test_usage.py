"""What `--help` of a server says, on both of its entry points."""

import pytest

from compare.contract import Server
from compare.contract.option_table import OPTIONS
from compare.contract.settings import default_threads
from compare.contract.usage import help_text, option_lines
from compare.serving.lifecycle import main

from compare.aiohttp_impl.__main__ import listen as aiohttp_listen


@pytest.mark.parametrize("asked", [["--help"], ["-h"], ["--port", "x", "--help"]])
def test_help_is_printed_and_nothing_is_started(capsys, asked):
    assert main(Server.AIOHTTP, aiohttp_listen, asked) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: python -m compare.aiohttp_impl [OPTIONS]\n")
    assert err == ""


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)
def test_every_option_has_its_meaning_what_is_allowed_and_its_default(option):
    lines = help_text(Server.TORNADO).splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.split()[:1] == [option.name])
    meaning = lines[at + 1]
    assert option.help
    assert option.help in meaning
    assert "default: " in meaning
    assert option.is_flag or option.allowed in meaning


def test_defaults_are_the_settings_own_with_their_units():
    told = help_text(Server.AIOHTTP)
    assert "default: 8002)" in told
    assert "default: 65 s)" in told
    assert f"default: Python's own, {default_threads()} here)" in told
    assert "default: 8001 (tornado) or 8002 (aiohttp))" in "\n".join(option_lines())
