"""`python -m tornado_cookies`: key, inspect, scan; and why a signed value does not read."""

import io
import json
import os
import re
import stat
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tornado_cookies.__main__ import main
from tornado_cookies.aiohttp import cookies_of, setup
from tornado_cookies.inspection import Unreadable, UnreadableCounts, why_unreadable
from tornado_cookies.signing import create_signed_value

SECRET = "a secret of more than 32 bytes, for tests"
BOB = "2|1:0|10:1700000000|3:sid|4:Ym9i|ec53be031eee306c2285c366824fc90e8279ef745cf8d6e924dd3e5930628911"


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("correct horse\n")
    return str(path)


# --- key


def test_a_key_is_long_and_readable_by_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        assert main(["key", str(tmp_path / "0")]) == 0
    finally:
        os.umask(before)
    content = (tmp_path / "0").read_bytes()
    assert len(content.strip()) >= 43
    assert stat.S_IMODE((tmp_path / "0").stat().st_mode) == 0o600


def test_a_key_in_use_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "0").write_text("in use")
    assert main(["key", str(tmp_path / "0")]) == 2
    assert (tmp_path / "0").read_text() == "in use"
    assert (
        capsys.readouterr().err
        == f"Error: {tmp_path}/0: File exists; name a new file in a folder of yours.\n"
    )


# --- inspect


def test_a_value_says_what_is_in_it(secret_file, capsys):
    assert main(["inspect", BOB, "--secret-file", secret_file, "--max-age-days", "99999"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["format:      2", "key_version: 0", "name:        sid", "signed_at:   1700000000"]
    assert lines[-2:] == ["payload:     bob", "verdict:     readable"]


@pytest.mark.parametrize(
    ("value", "options", "verdict"),
    [
        (BOB, [], "too old"),
        (BOB, ["--name", "other"], "signed for another name"),
        (BOB[:-1] + "0", [], "wrong signature"),
        ("garbage", [], "malformed"),
        ("3|x", [], "unknown format"),
        ("Ym9i|1700000000|00", ["--min-version", "2"], "format below min_version"),
    ],
)
def test_a_value_says_why_it_would_be_refused(secret_file, capsys, value, options, verdict):
    assert main(["inspect", value, "--secret-file", secret_file, "--format", "json", *options]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == verdict


def test_keys_by_version_and_a_value_from_standard_input(tmp_path, capsys, monkeypatch):
    (tmp_path / "1").write_text(SECRET)
    value = create_signed_value({1: SECRET}, "sid", "\x1b[31mred", key_version=1).decode()
    monkeypatch.setattr("sys.stdin", io.StringIO(f'"{value}"\n'))
    assert main(["inspect", "--key", f"1={tmp_path}/1"]) == 0
    out = capsys.readouterr().out
    assert "payload:     \\x1b[31mred" in out
    assert "\x1b" not in out


def test_without_a_secret_nothing_is_verified(capsys):
    assert main(["inspect", BOB]) == 0
    assert "verdict:     not verified: give --secret-file or --key" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--key", SECRET], "--key"),
        (["--key", "x=y"], "--key"),
        (["--key", f"1={SECRET}"], "--key 1"),
        (["--secret-file", SECRET], "--secret-file"),
    ],
)
def test_a_secret_that_cannot_be_read_is_one_sentence_that_names_the_option_alone(options, named, capsys):
    assert main(["inspect", BOB, *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert f"{named} " in error
    assert SECRET not in error


def test_an_empty_secret_is_refused(tmp_path, capsys):
    (tmp_path / "0").touch()
    assert main(["inspect", BOB, "--secret-file", str(tmp_path / "0")]) == 2
    assert "the file of --secret-file is empty" in capsys.readouterr().err


# --- why a value does not read, in an application


async def test_cookies_that_came_and_could_not_be_read_are_counted_by_reason():
    counts = UnreadableCounts()
    app = web.Application()
    setup(app, SECRET, on_unreadable=counts)
    good = create_signed_value(SECRET, "a", "x").decode()
    old = create_signed_value(SECRET, "b", "x", clock=lambda: 1e9).decode()
    own = cookies_of(
        make_mocked_request("GET", "/", headers={"Cookie": f"a={good}; b={old}; c=garbage"}, app=app)
    )
    for name in ("a", "b", "c", "c", "absent"):
        own.get_signed_cookie(name)
    assert dict(counts) == {("b", "too old"): 1, ("c", "malformed"): 2}


def test_each_reason_can_be_found():
    found = {
        why_unreadable("s", "sid", value, clock=lambda: 1_700_000_000)
        for value in ("x", "9|", create_signed_value("s", "sid", "x", clock=lambda: 1_700_000_000))
    }
    assert found == {Unreadable.MALFORMED, Unreadable.UNKNOWN_FORMAT, Unreadable.READABLE}
    assert str(Unreadable.EXPIRED) == "too old"


# --- scan

SITE = """
from tornado.web import Application, RequestHandler, create_signed_value

class Login(RequestHandler):
    def check_xsrf_cookie(self):
        pass

    def post(self):
        self.set_secure_cookie("user", self.get_argument("name"))
        self.application.log(self.request.remote_ip)

settings = {"cookie_secret": "x", "unrelated": "get_cookie"}
app = Application([], xsrf_cookies=True, **settings)
"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "app.py").write_text(SITE)
    (tmp_path / "form.html").write_text("<form>\n{% module xsrf_form_html() %}</form>")
    (tmp_path / "broken.py").write_text("def (")
    for folder in (".venv", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text("self.get_cookie('x')")
    (tmp_path / "loop").symlink_to(tmp_path)
    return tmp_path


def test_a_scan_finds_each_use_with_its_place_and_its_replacement(site, capsys):
    assert main(["scan", str(site), "--format", "json"]) == 1  # one file could not be read
    report = json.loads(capsys.readouterr().out)
    found = [(one["path"].rpartition("/")[2], one["line"], one["name"]) for one in report["findings"]]
    assert found == [
        ("app.py", 2, "create_signed_value"),
        ("app.py", 5, "check_xsrf_cookie"),
        ("app.py", 9, "set_secure_cookie"),
        ("app.py", 9, "get_argument"),
        ("app.py", 10, "remote_ip"),
        ("app.py", 12, "cookie_secret"),
        ("app.py", 13, "xsrf_cookies"),
        ("form.html", 2, "xsrf_form_html"),
    ]
    assert all(one["replacement"] for one in report["findings"])
    assert [one["path"].rpartition("/")[2] for one in report["unread"]] == ["broken.py"]
    assert report["files"] == 3


def test_a_scan_as_text_says_what_needs_a_person(site, capsys):
    main(["scan", str(site / "app.py")])
    out = capsys.readouterr().out
    assert f"{site}/app.py:9:9: set_secure_cookie -> cookies_of(request).set_signed_cookie(...)\n" in out
    assert "    look at: lasts 30 days unless expires_days is given: say so explicitly\n" in out
    assert out.endswith("7 uses in 1 file; 5 need a person.\n")


def test_a_scan_as_sarif_names_rules_and_places(site, capsys):
    main(["scan", str(site), "--format", "sarif"])
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert {result["ruleId"] for result in run["results"]} <= {
        rule["id"] for rule in run["tool"]["driver"]["rules"]
    }
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2,
        "startColumn": 1,
    }
    assert run["invocations"][0]["executionSuccessful"] is False


def test_a_path_that_is_not_there_is_one_sentence(capsys):
    assert main(["scan", "/no/such/folder"]) == 2
    assert capsys.readouterr().err == "Error: /no/such/folder: there is no such file or folder.\n"


def test_a_name_cannot_write_to_the_terminal(tmp_path, capsys):
    (tmp_path / "a\x1b[2J.py").write_text("self.get_cookie('x')")
    main(["scan", str(tmp_path)])
    assert "\x1b" not in capsys.readouterr().out


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "tornado_cookies", "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "inspect" in done.stdout


def test_a_scan_of_hostile_files_ends_and_says_why_one_is_not_read(tmp_path, capsys):
    hostile = {
        "deep": b"x=" + b"(" * 5000,
        "minus": b"x=" + b"-" * 100_000 + b"1",  # CPython says MemoryError, and nothing more
        "plus": b"x=1" + b"+1" * 60_000,
        "null": b"x=1\0",
        "charset": b"# coding: nosuch\nx=1",
    }
    for name, content in hostile.items():
        (tmp_path / f"{name}.py").write_bytes(content)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "a\033]0;b\a.py").write_bytes(b"self.set_cookie('a', 'b')")
    assert main(["scan", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert re.findall(r"/(\w+)\.py: not read: \S", said) == sorted(hostile)
    assert "a?]0;b?.py:1:1: set_cookie" in said
    assert said.replace("\n", "").isprintable()
