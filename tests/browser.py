"""A real Chromium for the tests that need one: a pytest plugin, named in their `pytest_plugins`.

Every host under `example.test` and `other.test` leads to this machine, so that cookies can be scoped to domains.
"""

import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from on_page import NARROW, WIDE, unbroken, visit
from playwright.sync_api import Page, expect, sync_playwright
from running import Held, Process, running

from compare.contract import Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
PATIENCE_MS = 60_000  # the usual five seconds are short for a machine with other work
expect.set_options(timeout=PATIENCE_MS)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Return the path of the installed Chromium; without one, skip, or fail in CI, which installs it."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "no Chromium found: install the package chromium to run the tests in a real browser"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return path


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of a file: starting it takes longer than most of them."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=[Server.AIOHTTP, pytest.param(Server.TORNADO, marks=pytest.mark.full)])
def site(request) -> Iterator[Process]:
    """The server under test, as a process of its own; Tornado's in `make test-long`.

    Both send the same bytes (`test_cookie_routes` compares those of cookies, `tests/serving/test_pages.py` the page's
    files), so that a browser does the same with them.
    """
    with running(request.param) as process:
        yield process


class Visitor:
    """A page of the server under test, open at one host, and what its script does there."""

    def __init__(self, page: Page, port: int) -> None:
        self.page, self._port = page, port

    def go(self, host: str) -> None:
        """Open a page at `host`, unless it is open already."""
        if self.page.url != self.url(host, "/ping"):
            self.page.goto(self.url(host, "/ping"))

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self._port}{path}"

    def send(self, method: str, target: str, **body: Any) -> tuple[int, Any]:
        """Send a request by script; return status and JSON body, None without one."""
        status, text = self.page.evaluate(
            """async ([method, path, body]) => {
                const answer = await fetch(path, { method, body: body && JSON.stringify(body),
                    headers: body ? { "Content-Type": "application/json" } : {} });
                return [answer.status, await answer.text()];
            }""",
            [method, target, body or None],
        )
        return status, json.loads(text) if text else None

    def put(self, name: str, value: str = "v", kind: str = "cookies", **attributes: Any) -> None:
        """Have the server set a cookie; the server must not refuse."""
        assert self.send("PUT", f"/{kind}/{name}", value=value, **attributes) == (204, None)

    def read(self, target: str) -> Any:
        """What the server says a cookie's value is."""
        return self.send("GET", target)[1]["value"]

    def received(self) -> dict[str, str]:
        """All cookies that the server receives from this page."""
        return self.send("GET", "/cookies")[1]["cookies"]

    def sent_by(self, navigation: str) -> str:
        """The cookies that go along when the page navigates by this script to `url`, which is /cookies at localhost."""
        url = self.url("localhost", "/cookies")
        with self.page.expect_navigation(url=url), self.page.expect_request(url) as caught:
            self.page.evaluate(f"url => {{ {navigation} }}", url)
        return caught.value.all_headers().get("cookie", "")

    def script(self) -> str:
        """What scripts see of the cookies."""
        return self.page.evaluate("document.cookie")

    def set_by_script(self, cookie: str) -> None:
        self.page.evaluate("cookie => { document.cookie = cookie; }", cookie)

    def stored(self) -> dict[str, Any]:
        """What the browser holds, whatever it would send where."""
        return {cookie["name"]: cookie for cookie in self.page.context.cookies()}


@pytest.fixture(scope="module")
def page(browser, site) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def visitor(page, site) -> Visitor:
    """A visitor without cookies at http://localhost, which browsers trust like https.

    The page stays open for the whole file: another for each test would take longer than the tests.
    """
    page.unroute_all()  # by a test that failed: what it held up would fail all that follow
    page.context.clear_cookies()
    visitor = Visitor(page, site.address[1])
    visitor.go("localhost")
    return visitor


@pytest.fixture(
    params=[
        pytest.param((WIDE, "light"), id="wide-light"),
        pytest.param((NARROW, "dark"), id="narrow-dark", marks=pytest.mark.full),
    ]
)
def demo(visitor, request):
    """The open page, in a wide window by day, and in `make test-long` on a phone by night too."""
    page, (size, scheme) = visitor.page, request.param
    page.set_viewport_size(size)
    page.emulate_media(
        reduced_motion="reduce", color_scheme=scheme
    )  # 60 pictures a second would cost too much
    with unbroken(page):
        visit(page, visitor.url("localhost", "/"))
        yield page


@pytest.fixture(scope="module")
def held_site(site, tmp_path_factory) -> Iterator[tuple[Process, Held]]:
    """Another such server, whose long I/O lasts until a test ends it."""
    held = Held(tmp_path_factory.mktemp("held"))
    with running(site.ready.server, *held.options, env=held.env) as process:
        yield process, held


@pytest.fixture
def holding(demo, held_site) -> Iterator[Held]:
    """The open page is one of a server whose waits last until the test ends them: what it shows meanwhile stays."""
    process, held = held_site
    held.hold()
    visit(demo, f"http://localhost:{process.address[1]}/")
    yield held
    held.release()
