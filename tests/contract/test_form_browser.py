"""A form that one server rendered and the other one takes, in a real Chromium, behind a real nginx."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from running import HANG_S, free_port, running

from compare.contract import Server

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser

CONF = """
daemon off; pid nginx.pid; error_log stderr; events {}
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    map $request_method $port { POST POSTPORT; default GETPORT; }
    server {
        listen 127.0.0.1:LISTEN;
        location / { proxy_pass http://127.0.0.1:$port; proxy_set_header Host $http_host; }
    }
}
"""


def accepts(port: int) -> bool:
    with (
        contextlib.suppress(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", port), timeout=HANG_S),
    ):
        return True
    return False


@contextlib.contextmanager
def proxied(folder, renders: int, takes: int) -> Iterator[int]:
    """Run nginx in front of two servers: one answers what is read, the other what is posted."""
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if nginx is None:
        reason = "no nginx found: install it to put both servers behind one address"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    listen = free_port()
    text = (
        CONF.replace("POSTPORT", str(takes)).replace("GETPORT", str(renders)).replace("LISTEN", str(listen))
    )
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen([nginx, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")])
    try:
        while not accepts(listen):
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"nginx ended with exit code {process.wait(timeout=0.05)}")
        yield listen
    finally:
        process.terminate()
        process.wait(timeout=HANG_S)


@pytest.mark.parametrize(
    ("renders", "takes"), [tuple(Server), pytest.param(*reversed(Server), marks=pytest.mark.full)], ids=str
)
def test_a_form_of_one_server_is_taken_by_the_other_in_a_browser(browser, tmp_path, renders, takes):
    with (
        running(renders) as one,
        running(takes) as other,
        proxied(tmp_path, one.address[1], other.address[1]) as port,
        contextlib.closing(browser.new_context()) as context,
    ):
        page = context.new_page()
        page.goto(f"http://localhost:{port}/form")
        page.fill("[name=note]", "hello é")
        page.click("button")
        expect(page.locator("body")).to_have_text('{"note":"hello é"}')
        page.goto(f"http://localhost:{port}/form")
        page.evaluate("document.querySelector('[name=_xsrf]').value = '00'")
        page.fill("[name=note]", "forged")
        page.click("button")
        expect(page.locator("body")).to_contain_text('"code":"xsrf_failed"')
