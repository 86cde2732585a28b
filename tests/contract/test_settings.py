"""Settings <-> argv, and every option's bounds."""

import pytest

from compare.contract import Gc, Loop, Server
from compare.contract.option_table import OPTIONS, SettingsError
from compare.contract.settings import Settings, from_argv


def test_the_ports_differ_so_that_both_servers_can_run():
    assert from_argv(Server.TORNADO, []).port == 8001
    assert from_argv(Server.AIOHTTP, []).port == 8002


def test_the_defaults_are_the_contracts():
    settings = from_argv(Server.AIOHTTP, [])
    assert settings == Settings(
        Server.AIOHTTP,
        host="127.0.0.1",
        port=8002,
        loop=Loop.ASYNCIO,
        work="sleep",
        threads=None,
        max_in_flight=0,
        io_timeout=65.0,
        grace=5.0,
        cookie_secret_file="",
        cookie_key=(),
        cookie_key_version=None,
        signed_min_version=2,
        access_log=False,
        workers=1,
        gc=Gc.DEFAULT,
    )


def test_what_is_written_as_argv_is_read_back():
    settings = Settings(
        Server.TORNADO,
        port=0,
        loop=Loop.UVLOOP,
        threads=9,
        io_timeout=0.5,
        cookie_key=("0=/a b", "1=/c=d"),
        cookie_key_version=1,
        access_log=True,
        gc=Gc.TUNED,
    )
    assert from_argv(Server.TORNADO, settings.to_argv()) == settings


def test_name_value_and_name_equals_value_are_both_read():
    assert from_argv(Server.TORNADO, ["--port=7"]) == from_argv(Server.TORNADO, ["--port", "7"])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--port", "-1"], "--port must be a whole number from 0 to 65535, not '-1'."),
        (["--port", "x"], "--port must be a whole number from 0 to 65535, not 'x'."),
        (["--port", "65536"], "--port must be a whole number from 0 to 65535, not 65536."),
        (["--gc", "on"], "--gc must be default, freeze, tuned or off, not 'on'."),
        (["--loop", "trio"], "--loop must be asyncio or uvloop, not 'trio'."),
        (["--threads", "0"], "--threads must be a whole number from 1 to 20000, not 0."),
        (["--grace", "-1"], "--grace must be a number of seconds from 0 to 3600, not -1.0."),
        (["--io-timeout", "nan"], "--io-timeout must be a number of seconds above 0, not 'nan'."),
        (["--max-in-flight"], "--max-in-flight needs a value: a whole number from 0 up."),
        (["--port", "1", "--port", "2"], "--port may be given only once."),
        (["--host", ""], "--host must be a host name or address, not ''."),
        (["--work", ""], "--work must be sleep, http, postgres or package.module:attribute, not ''."),
        (["--max-in-flight", "-1"], "--max-in-flight must be a whole number from 0 up, not -1."),
        (["--io-timeout", "0"], "--io-timeout must be a number of seconds above 0, not 0.0."),
        (["--io-timeout", "inf"], "--io-timeout must be a number of seconds above 0, not 'inf'."),
        (["--grace", "soon"], "--grace must be a number of seconds from 0 to 3600, not 'soon'."),
        (["--cookie-key", "new"], "--cookie-key must be N=FILE with a whole number N, such as 1=keys/1."),
        (["--signed-min-version", "3"], "--signed-min-version must be 1 or 2, not 3."),
        (["--workers", "0"], "--workers must be a whole number from 1 to 256, or auto, not 0."),
        (["--grace"], "--grace needs a value: a number of seconds from 0 to 3600."),
        (["serve"], "There is no option 'serve'; there are --host, "),
        (
            ["--cookie-key", "1=a", "--cookie-secret-file", "b"],
            "--cookie-key and --cookie-secret-file exclude each other: give one of them.",
        ),
    ],
)
def test_a_bad_option_is_one_sentence_naming_it_and_what_is_allowed(argv, said):
    with pytest.raises(SettingsError) as caught:
        from_argv(Server.TORNADO, argv)
    assert str(caught.value).startswith(said)


def test_every_option_has_a_help():
    assert all(option.help for option in OPTIONS)
