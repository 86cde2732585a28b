"""The examples of docs/migration.md, run as a reader would run them: processes, real sockets, a real nginx."""

import contextlib
import http.client
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from running import HANG_S, free_port
from tornado.web import create_signed_value

from examples.login.upgrade_v1 import make_app

ROOT = Path(__file__).parents[2]
CONF = ROOT / "examples" / "login" / "nginx.conf"
SITES = ["tornado", "aiohttp", "fastapi"]
OLD, NEW = "an old secret of thirty-two bytes", "a new secret of thirty-two bytes"


@contextlib.contextmanager
def listening(command: list[str], port: int, **env: str) -> Iterator[int]:
    """Run a command until the end of the block, which begins when it accepts connections on `port`."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=subprocess.DEVNULL)
    try:
        while not accepts(port):
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"{command} ended with exit code {process.wait(timeout=0.05)}")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=HANG_S)


def accepts(port: int) -> bool:
    with (
        contextlib.suppress(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", port), timeout=HANG_S),
    ):
        return True
    return False


@contextlib.contextmanager
def site(name: str, keys: dict[int, str], folder: Path, **env: str) -> Iterator[int]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for version, secret in keys.items():
        (folder / str(version)).write_text(secret + "\n")
    port = free_port()
    command = [sys.executable, "-m", f"examples.login.{name}_site", str(port)]
    with listening(command, port, COOKIE_KEYS=str(folder), **env):
        yield port


class Browser:
    """Sends back the last cookie it was given, wherever it goes next."""

    cookie = ""

    def request(self, port: int, method: str, path: str, **form: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG_S)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(form), headers)
        with contextlib.closing(connection):
            answer = connection.getresponse()
            self.text = answer.read().decode()
        if header := answer.headers["Set-Cookie"]:
            self.cookie = header.partition(";")[0]
        return answer

    def login(self, port: int) -> None:
        assert self.request(port, "POST", "/login", name="bob").status == 302

    def home(self, port: int) -> str:
        assert self.request(port, "GET", "/").status == 200
        return self.text


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Iterator[dict[str, int]]:
    keys = tmp_path_factory.mktemp("login")
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(site(name, {0: OLD}, keys / name)) for name in SITES}


@pytest.mark.parametrize(("signer", "reader"), list(itertools.product(SITES, SITES)))
def test_whoever_logs_in_at_one_site_is_known_to_the_other_and_can_log_out_there(both, signer, reader):
    bob = Browser()
    assert bob.home(both[reader]) == "Who are you?"
    bob.login(both[signer])
    assert bob.home(both[reader]) == "Hello, bob."
    assert bob.request(both[reader], "POST", "/logout").status == 302
    assert bob.home(both[signer]) == "Who are you?"


def test_both_sites_set_and_clear_the_cookie_with_the_same_attributes(both):
    headers = []
    for port in both.values():
        bob = Browser()
        for path in ("/login", "/logout"):
            header = bob.request(port, "POST", path, name="bob").headers["Set-Cookie"]
            headers.append([part.partition("=")[0] for part in header.split("; ")])
    assert (
        headers[0]
        == headers[2]
        == headers[4]
        == ["user", "expires", "HttpOnly", "Path", "SameSite", "Secure"]
    )
    assert headers[1] == headers[3] == headers[5] == ["user", "expires", "Path"]


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("form", [{}, {"name": " "}])
def test_a_login_without_a_name_is_refused_and_blanks_are_no_name(both, name, form):
    assert Browser().request(both[name], "POST", "/login", **form).status == 400


@pytest.mark.parametrize(
    "name", ["aiohttp", *(pytest.param(name, marks=pytest.mark.full) for name in SITES[::2])]
)
def test_a_site_does_not_start_with_an_empty_secret(name, tmp_path):
    (tmp_path / "0").touch()
    command = [sys.executable, "-m", f"examples.login.{name}_site", "1"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"COOKIE_KEYS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.endswith(f"ValueError: {tmp_path}/0: a secret must have at least 32 bytes.\n")


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("cookie", ["garbage", '"2|1:0|"', "Ym9i|1700000000|00"])
def test_garbage_reads_as_nobody(both, name, cookie):
    mallory = Browser()
    mallory.cookie = f"user={cookie}"
    assert mallory.home(both[name]) == "Who are you?"


def test_behind_one_proxy_nobody_notices_which_site_answers(both, tmp_path):
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if nginx is None:
        reason = "no nginx found: install it to run the sites side by side"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    port = free_port()
    text = CONF.read_text()
    for written, real in (("8001", both["tornado"]), ("8002", both["aiohttp"]), ("8080", port)):
        text = text.replace(f":{written};", f":{real};")
    conf = tmp_path / "nginx.conf"
    conf.write_text(text)
    bob, served_by = Browser(), set()
    with listening([nginx, "-p", str(tmp_path), "-e", "stderr", "-c", str(conf)], port):
        bob.login(port)
        while served_by != {"tornado", "aiohttp"}:
            answer = bob.request(port, "GET", "/")
            assert bob.text == "Hello, bob."
            served_by.add(answer.headers["X-Served-By"])


def test_a_rotation_in_three_steps_logs_nobody_out(tmp_path):
    early, late = Browser(), Browser()
    with site("tornado", {0: OLD}, tmp_path / "t") as tornado:
        early.login(tornado)
        with site("aiohttp", {0: OLD, 1: NEW}, tmp_path / "a", COOKIE_KEY_VERSION="0") as aiohttp:
            # 1: the new key is known here and not yet there, so the old one still signs
            late.login(aiohttp)
            assert (early.home(aiohttp), late.home(tornado)) == ("Hello, bob.", "Hello, bob.")
    with site("tornado", {0: OLD, 1: NEW}, tmp_path / "t") as tornado:
        # 2: known everywhere, the new key signs
        late.login(tornado)
        assert (early.home(tornado), late.home(tornado)) == ("Hello, bob.", "Hello, bob.")
    with site("aiohttp", {1: NEW}, tmp_path / "a") as aiohttp:
        # 3: a month later the old key goes
        assert (early.home(aiohttp), late.home(aiohttp)) == ("Who are you?", "Hello, bob.")


async def test_a_format_1_cookie_is_read_once_more_and_replaced_by_format_2(aiohttp_client):
    client = await aiohttp_client(make_app(OLD))
    old = create_signed_value(OLD, "user", "bob", version=1).decode()
    answer = await client.get("/", headers={"Cookie": f"user={old}"})
    assert await answer.text() == "Hello, bob."
    renewed = answer.headers["Set-Cookie"].partition(";")[0]
    assert renewed.startswith("user=")
    assert "2|1:0|" in renewed
    answer = await client.get("/", headers={"Cookie": renewed})
    assert await answer.text() == "Hello, bob."
    assert "Set-Cookie" not in answer.headers


async def test_a_forged_format_1_cookie_is_nobody_and_is_not_renewed(aiohttp_client):
    client = await aiohttp_client(make_app(OLD))
    forged = create_signed_value(NEW, "user", "bob", version=1).decode()
    answer = await client.get("/", headers={"Cookie": f"user={forged}"})
    assert await answer.text() == "Who are you?"
    assert "Set-Cookie" not in answer.headers
