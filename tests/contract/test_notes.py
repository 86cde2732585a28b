"""One script drives the example site in Tornado, and the same site moved to aiohttp and to FastAPI."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, FormData, WSServerHandshakeError
from running import HANG_S, free_port

ROOT = Path(__file__).parents[2]
SITES = ("tornado", "aiohttp", "fastapi")


def accepts(port: int) -> bool:
    with (
        contextlib.suppress(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", port), timeout=HANG_S),
    ):
        return True
    return False


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys")
    (keys / "0").write_text("one secret of more than 32 bytes for all\n")
    with contextlib.ExitStack() as stack:
        running, ports = {}, {}
        for name in SITES:
            ports[name] = free_port()
            command = [sys.executable, "-m", f"examples.notes.{name}_site", str(ports[name])]
            running[name] = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"COOKIE_KEYS": str(keys)}, stdout=subprocess.DEVNULL
            )
            stack.callback(running[name].wait, HANG_S)
            stack.callback(running[name].send_signal, signal.SIGTERM)
        for name, port in ports.items():
            while not accepts(port):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    pytest.fail(f"{name} ended with exit code {running[name].wait(timeout=0.05)}")
        yield {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}


@pytest.fixture
async def visitor():
    async with ClientSession(cookie_jar=CookieJar(unsafe=True, quote_cookie=False)) as session:
        yield session


async def page(visitor, url: str) -> tuple[str, str]:
    """The message and the token in the page."""
    async with visitor.get(f"{url}/") as answer:
        text = await answer.text()
    return re.search("<p>(.*?)</p>", text)[1], re.search(r'name="_xsrf" value="([^"]+)"', text)[1]


async def login(visitor, url: str, name: str = " bob ") -> None:
    _, token = await page(visitor, url)
    async with visitor.post(
        f"{url}/login", data={"name": name, "_xsrf": token}, allow_redirects=False
    ) as answer:
        assert answer.status == 302


@pytest.mark.parametrize("name", SITES)
async def test_login_message_api_upload_and_websocket(sites, visitor, name):
    url = sites[name]
    async with visitor.get(f"{url}/api/notes") as answer:
        assert answer.status == 403
    await login(visitor, url)
    message, token = await page(visitor, url)
    assert message == "Welcome, bob."
    assert (await page(visitor, url))[0] == ""  # shown once
    async with visitor.post(
        f"{url}/api/notes", json={"text": "milk"}, headers={"X-Xsrftoken": token}
    ) as answer:
        assert answer.status == 201
    async with visitor.get(f"{url}/api/notes") as answer:
        assert (await answer.json())["notes"][-1] == "milk"
    form = FormData()
    form.add_field("_xsrf", token)
    form.add_field("file", b"x" * 100_000, filename="a.bin", content_type="application/octet-stream")
    async with visitor.post(f"{url}/upload", data=form) as answer:
        assert await answer.json() == {"name": "a.bin", "bytes": 100_000}
    async with visitor.ws_connect(f"{url}/ws", headers={"Origin": url}) as websocket:
        assert await websocket.receive_str() == "Hello, bob."


@pytest.mark.parametrize("name", SITES)
async def test_what_tornado_refuses_the_moved_sites_refuse(sites, visitor, name):
    url = sites[name]
    await login(visitor, url)
    _, token = await page(visitor, url)
    refused = [
        visitor.post(f"{url}/api/notes", json={"text": "no token"}),
        visitor.post(f"{url}/login", data={"name": "mallory"}),
        visitor.post(
            f"{url}/login",
            data={"name": "mallory", "_xsrf": token},
            headers={"Origin": "http://evil.example"},
        ),
        visitor.post(
            f"{url}/login", data={"name": "x", "_xsrf": token}, headers={"Sec-Fetch-Site": "cross-site"}
        ),
    ]
    for request in refused:
        async with request as answer:
            assert answer.status == 403
    async with visitor.post(f"{url}/login", data={"name": " ", "_xsrf": token}) as answer:
        assert answer.status == 400
    with pytest.raises(WSServerHandshakeError) as caught:
        await visitor.ws_connect(f"{url}/ws", headers={"Origin": "http://evil.example"})
    assert caught.value.status == 403


@pytest.mark.parametrize("first", SITES)
async def test_a_user_of_one_site_is_a_user_of_the_others_with_the_same_token(sites, visitor, first):
    await login(visitor, sites[first])
    message, token = await page(visitor, sites[first])
    assert message == "Welcome, bob."
    for url in sites.values():
        async with visitor.post(
            f"{url}/api/notes", json={"text": first}, headers={"X-Xsrftoken": token}
        ) as answer:
            assert answer.status == 201
