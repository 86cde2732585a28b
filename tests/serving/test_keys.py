"""Secrets: where they come from, which are refused, and that nobody gets to see them."""

import json
import logging
import subprocess
from pathlib import Path

import pytest
from running import HANG_S, command, running

from compare.contract import Server
from compare.contract.option_table import SettingsError
from compare.contract.settings import Settings
from compare.serving.keys import Keys, SecretError, load

OLD, NEW = "an old secret of more than 32 bytes", "a new secret of more than 32 bytes"


@pytest.fixture
def secret(tmp_path):
    """Write a secret to a file of that name and return its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        return str(path)

    return write


def given(**options) -> Settings:
    return Settings(Server.AIOHTTP, **options)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_what_its_file_holds_without_the_line_end(secret, end):
    keys = load(given(cookie_secret_file=secret("s", f" {OLD} {end}")), {})
    assert (keys.cookie_secret, keys.key_version) == (f" {OLD} ".encode(), None)


def test_a_secret_may_be_any_bytes(secret):
    assert load(given(cookie_secret_file=secret("s", b"\xff\0" * 16)), {}).cookie_secret == b"\xff\0" * 16


def test_a_secret_comes_from_the_environment_too():
    keys = load(given(), {"COMPARE_COOKIE_SECRET": OLD, "COMPARE_COOKIE": "x", "COMPARE_COOKIE_KEY_X": "x"})
    assert (keys.cookie_secret, keys.key_version) == (OLD.encode(), None)


def test_the_highest_key_signs_unless_another_is_named(secret):
    files = (f"2={secret('a', OLD)}", f"10={secret('b', NEW)}")
    keys = load(given(cookie_key=files), {})
    assert (keys.cookie_secret, keys.key_version) == ({2: OLD.encode(), 10: NEW.encode()}, 10)
    assert load(given(cookie_key=files, cookie_key_version=2), {}).key_version == 2


def test_the_environment_has_one_variable_for_each_key():
    environ = {"COMPARE_COOKIE_KEY_0": OLD, "COMPARE_COOKIE_KEY_1": NEW}
    assert load(given(), environ).cookie_secret == {0: OLD.encode(), 1: NEW.encode()}
    assert load(given(), environ).key_version == 1
    assert load(given(cookie_key_version=0), environ).key_version == 0


def test_without_a_secret_each_process_makes_its_own_and_warns(caplog):
    one, other = load(given(), {}), load(given(), {})
    assert isinstance(one.cookie_secret, bytes)
    assert len(one.cookie_secret) >= 32
    assert one.cookie_secret != other.cookie_secret
    said = "no cookie secret given: signed cookies are valid only until this process ends"
    assert caplog.record_tuples == [("compare.serving", logging.WARNING, said)] * 2


def test_with_a_secret_nothing_is_said(caplog):
    load(given(), {"COMPARE_COOKIE_SECRET": OLD})
    assert not caplog.records


@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        (
            {"cookie_secret_file": "/nowhere/s"},
            {},
            "--cookie-secret-file: cannot read the file that it names: No such file or directory.",
        ),
        (
            {"cookie_key": ("3=/",)},
            {},
            "--cookie-key 3: cannot read the file that it names: Is a directory.",
        ),
        (
            {},
            {"COMPARE_COOKIE_SECRET": "s" * 31},
            "COMPARE_COOKIE_SECRET: a secret must have at least 32 bytes.",
        ),
        ({}, {"COMPARE_COOKIE_SECRET": ""}, "COMPARE_COOKIE_SECRET: a secret must have at least 32 bytes."),
        (
            {},
            {"COMPARE_COOKIE_KEY_0": OLD, "COMPARE_COOKIE_KEY_1": "é" * 15},
            "COMPARE_COOKIE_KEY_1: a secret must have at least 32 bytes.",
        ),
        (
            {},
            {"COMPARE_COOKIE_KEY_0": OLD, "COMPARE_COOKIE_SECRET": NEW},
            "COMPARE_COOKIE_KEY_N and COMPARE_COOKIE_SECRET exclude each other: give the secrets in one way.",
        ),
        (
            {"cookie_key_version": 1},
            {"COMPARE_COOKIE_KEY_0": OLD},
            "--cookie-key-version 1 is none of the keys given: 0.",
        ),
        (
            {"cookie_key_version": 1},
            {"COMPARE_COOKIE_SECRET": OLD},
            "--cookie-key-version needs the keys it chooses from: give --cookie-key N=FILE.",
        ),
        (
            {"cookie_key_version": 1},
            {},
            "--cookie-key-version needs the keys it chooses from: give --cookie-key N=FILE.",
        ),
    ],
)
def test_secrets_that_cannot_be_used_are_refused_in_one_sentence(options, environ, said):
    with pytest.raises(SecretError) as caught:
        load(given(**options), environ)
    assert str(caught.value) == said


def test_option_and_environment_are_not_mixed(secret):
    with pytest.raises(SecretError, match=r"^--cookie-key and COMPARE_COOKIE_KEY_N exclude each other"):
        load(given(cookie_key=(f"0={secret('a', OLD)}",)), {"COMPARE_COOKIE_KEY_1": NEW})
    with pytest.raises(SecretError, match=r"^--cookie-secret-file and COMPARE_COOKIE_SECRET exclude each"):
        load(given(cookie_secret_file=secret("a", OLD)), {"COMPARE_COOKIE_SECRET": NEW})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"cookie_key": ("0=a", "1=b"), "cookie_key_version": 2},
            "--cookie-key-version must be one of the keys given, not 2.",
        ),
        ({"cookie_key": ("1=a", "01=b")}, "--cookie-key may be given only once for each version."),
        (
            {"cookie_key": (f"{'1' * 10}=a",)},
            "--cookie-key must be N=FILE with a whole number N, such as 1=keys/1.",
        ),
    ],
)
def test_options_that_cannot_be_are_told_before_any_file_is_read(options, said):
    with pytest.raises(SettingsError) as caught:
        given(**options)
    assert str(caught.value) == said


def test_a_secret_is_in_no_repr():
    keys = load(given(), {"COMPARE_COOKIE_SECRET": OLD})
    assert OLD not in repr(keys)
    assert repr(Keys({1: OLD.encode()}, 1)) == "Keys(key_version=1)"


@pytest.mark.parametrize("server", Server)
def test_a_server_does_not_start_with_a_secret_that_is_too_short(server, secret):
    short = "hunter2"
    options = ("--port", "0", "--cookie-secret-file", secret("short", short))
    done = subprocess.run(
        command(server, *options), capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "--cookie-secret-file: a secret must have at least 32 bytes.\n"
    assert done.stdout == ""


@pytest.mark.parametrize("server", Server)
@pytest.mark.parametrize(
    "options", [("--cookie-secret-file", OLD), ("--cookie-key", f"1={OLD}"), ("--cookie-key", OLD)]
)
def test_a_secret_that_is_typed_where_its_file_belongs_is_not_repeated(server, options):
    done = subprocess.run(
        command(server, "--port", "0", *options), capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode in {1, 2}
    assert options[0] in done.stderr
    assert OLD not in done.stdout + done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("mode", "warns"), [(0o600, 0), (0o640, 0), (0o604, 1), (0o602, 1)])
def test_a_file_that_every_account_may_read_or_write_is_warned_of(secret, mode, warns, caplog):
    path = secret("s", OLD)
    Path(path).chmod(mode)
    load(given(cookie_key=(f"1={path}",)), {})
    said = "--cookie-key 1: every account of this machine may read or write the file: chmod 600"
    assert caplog.record_tuples == warns * [("compare.serving", logging.WARNING, said)]


@pytest.mark.parametrize("server", Server)
def test_no_secret_is_in_anything_a_server_says(server, secret):
    path = secret("s", OLD)
    with running(server, "--cookie-secret-file", path, "--access-log") as process:
        said = b""
        for request in (
            b"GET /stats HTTP/1.1",
            b"PUT /signed/a HTTP/1.1\r\nContent-Length: 13",
            b"PUT /signed/a;b HTTP/1.1\r\nContent-Length: 13",
            b"GET /signed/a HTTP/1.1\r\nCookie: a=2|1:0|garbage",
        ):
            said += process.exchange(
                request
                + b'\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"value":"x"}'
            )
        code, stderr = process.stop()
    assert code == 0
    assert "PUT /signed/a 204" in stderr
    assert OLD not in said.decode() + stderr + json.dumps(process.popen.args)
